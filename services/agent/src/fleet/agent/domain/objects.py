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


def flatten(items: Iterable[Mapping[str, Any]]) -> list[Object]:
    """Replace every `List` by its items, as kubectl and Helm do."""
    found: list[Object] = []
    for item in items:
        if str(item.get("kind", "")).endswith("List") and isinstance(item.get("items"), list):
            found.extend(flatten(item["items"]))
        else:
            found.append(dict(item))
    return found
