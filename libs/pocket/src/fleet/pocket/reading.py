"""Lists: which objects a query selects, in pages."""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from .errors import bad_request, expired
from .resources import Resource
from .selectors import field_selector, label_selector
from .store import Entry, Key, Store

Match = Callable[[Key, Entry], bool]


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list, with the metadata of the whole."""

    metadata: dict[str, Any]
    entries: list[tuple[Key, Entry]]


def in_version(entry: Entry, resource: Resource) -> bytes:
    """The object's bytes in the version that was asked for; fields are the same in all versions of a kind."""
    if resource.stored_as in ("", resource.api_version):
        return entry.body
    return orjson.dumps({**entry.object(), "apiVersion": resource.api_version})


def matcher(namespace: str, query: Mapping[str, str]) -> Match:
    """A predicate for the namespace (empty for all), `labelSelector` and `fieldSelector`. Raises 400."""
    tests: list[Match] = []
    if namespace:
        tests.append(lambda key, entry: key.namespace == namespace)
    if text := query.get("labelSelector"):
        by_label = label_selector(text)
        tests.append(lambda key, entry: by_label(entry.labels))
    if text := query.get("fieldSelector"):
        by_field = field_selector(text)
        tests.append(lambda key, entry: by_field(entry.object()))
    return lambda key, entry: all(test(key, entry) for test in tests)


def page(store: Store, resource: Resource, namespace: str, query: Mapping[str, str]) -> Page:
    """One page of a list, ordered by namespace and name; `limit` and `continue` as in the API. Raises 400,
    410.
    """
    match = matcher(namespace, query)
    chosen = [item for item in store.table(resource.table).entries.items() if match(*item)]
    chosen.sort(key=lambda item: item[0])
    metadata: dict[str, Any] = {"resourceVersion": str(store.version)}
    if token := query.get("continue"):
        version, last = _read_token(token)
        metadata["resourceVersion"] = version
        chosen = [item for item in chosen if item[0] > last]
    limit = _limit(query.get("limit"))
    if limit and len(chosen) > limit:
        metadata["remainingItemCount"] = len(chosen) - limit
        chosen = chosen[:limit]
        metadata["continue"] = _token(metadata["resourceVersion"], chosen[-1][0])
    return Page(metadata, chosen)


def _limit(text: str | None) -> int:
    if not text:
        return 0
    if not text.isdigit():
        raise bad_request(f"limit: {text!r} is not a number")
    return int(text)


def _token(version: str, last: Key) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([version, *last])).decode()


def _read_token(text: str) -> tuple[str, Key]:
    try:
        version, namespace, name = orjson.loads(base64.urlsafe_b64decode(text))
    except (binascii.Error, ValueError) as error:
        raise expired("the provided continue parameter is not valid") from error
    return version, Key(namespace, name)
