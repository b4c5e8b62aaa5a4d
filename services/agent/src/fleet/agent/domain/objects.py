"""Kubernetes objects as plain dicts, and the few words by which they are told apart."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

Object = dict[str, Any]
"""A Kubernetes object as JSON has it; treated as frozen by everyone who did not just copy it."""


class Kind(NamedTuple):
    """Which API serves an object."""

    api_version: str
    kind: str

    @property
    def group(self) -> str:
        """The API group; empty for the core group."""
        return self.api_version.rpartition("/")[0]


class Ref(NamedTuple):
    """One object of a cluster; `namespace` is empty for cluster-scoped ones."""

    api_version: str
    kind: str
    namespace: str
    name: str

    @property
    def type(self) -> Kind:
        """The kind that serves this object."""
        return Kind(self.api_version, self.kind)

    def __str__(self) -> str:
        """Fleet's spelling: `service.v1 web/front`, `deployment.apps web/front`, `namespace.v1 web`."""
        where = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind.lower()}.{self.type.group or self.api_version} {where}"


def ref_of(item: Mapping[str, Any], default_namespace: str = "") -> Ref:
    """Name an object; `default_namespace` stands in where it names no namespace itself."""
    metadata = item.get("metadata") or {}
    return Ref(
        str(item.get("apiVersion") or ""),
        str(item.get("kind") or ""),
        str(metadata.get("namespace") or default_namespace),
        str(metadata.get("name") or ""),
    )


def block(item: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A part of an object that should be a map, such as `spec`; empty where it is not there, or no map."""
    found = item.get(name)
    return found if isinstance(found, Mapping) else {}


def labels_of(item: Mapping[str, Any]) -> Mapping[str, str]:
    """The labels of an object, empty where it has none."""
    return (item.get("metadata") or {}).get("labels") or {}


def annotations_of(item: Mapping[str, Any]) -> Mapping[str, str]:
    """The annotations of an object, empty where it has none."""
    return (item.get("metadata") or {}).get("annotations") or {}


def fault_of(item: Any, at: tuple[str | int, ...] = ()) -> tuple[tuple[str | int, ...], str] | None:
    """What keeps a value from being an object, a list's items included: where in it, and why."""
    if not isinstance(item, dict) or not item.get("kind") or not item.get("apiVersion"):
        return at, "a document has no apiVersion and kind" if not at else "an item has no apiVersion and kind"
    if _is_list(item):
        faults = (fault_of(one, (*at, "items", n)) for n, one in enumerate(_items(item)))
        return next((fault for fault in faults if fault), None)
    metadata = item.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        return (*at, "metadata"), "metadata must be a map"
    for name in ("labels", "annotations"):
        if not isinstance((metadata or {}).get(name) or {}, dict):
            return (*at, "metadata", name), f"metadata.{name} must be a map"
    return None


def _is_list(item: Mapping[str, Any]) -> bool:
    return str(item.get("kind", "")).endswith("List") and isinstance(item.get("items"), list)


def _items(listing: Mapping[str, Any]) -> list[Any]:
    """The items of a list; those of a typed one, such as a ConfigMapList, need not repeat their kind."""
    kind = str(listing["kind"]).removesuffix("List")
    own = {"apiVersion": listing["apiVersion"], "kind": kind} if kind else {}
    return [{**own, **one} if isinstance(one, dict) else one for one in listing["items"]]


def flatten(items: Iterable[Mapping[str, Any]]) -> list[Object]:
    """Replace every `List` by its items, as kubectl and Helm do."""
    found: list[Object] = []
    for item in items:
        if _is_list(item):
            found.extend(flatten(_items(item)))
        else:
            found.append(dict(item))
    return found
