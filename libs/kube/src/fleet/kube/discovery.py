"""Which resource answers to an apiVersion and a kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from .connection import Connection
from .errors import NotFound


@dataclass(frozen=True, slots=True)
class Resource:
    """Where the objects of a kind are."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool

    @property
    def root(self) -> str:
        """The path of its group and version."""
        return root(self.api_version)

    def path(self, namespace: str | None, name: str | None = None, subresource: str | None = None) -> str:
        """The path of a collection, an object or a subresource; of all namespaces when none is given."""
        inside = f"/namespaces/{quote(namespace, safe='')}" if self.namespaced and namespace else ""
        parts = [part for part in (name, subresource) if part]
        return f"{self.root}{inside}/{self.plural}" + "".join("/" + quote(part, safe="") for part in parts)


def root(api_version: str) -> str:
    """The path of a group and version, such as `/apis/apps/v1`."""
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


class Discovery:
    """A cache of what a cluster serves; a kind that is not in it is asked for again."""

    def __init__(self, *, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[str, dict[str, Resource]] = {}

    async def resource(self, api_version: str, kind: str) -> Resource:
        """The resource of a kind; raises NotFound when the cluster does not serve it now."""
        found = self._known.get(api_version, {}).get(kind)
        if found is None:
            await self._refresh(api_version)
            found = self._known[api_version].get(kind)
        if found is None:
            said = f"the cluster serves no kind {kind} in {api_version}"
            raise NotFound(self._connection.cluster, "GET", root(api_version), 404, "NoKindMatch", said)
        return found

    async def resources(self) -> list[Resource]:
        """Everything the cluster serves, in each group's preferred version; asks the cluster each time."""
        groups = (await self._connection.request("GET", "/apis")).get("groups") or []
        versions = ["v1", *(group["preferredVersion"]["groupVersion"] for group in groups)]
        for version in versions:
            await self._refresh(version)
        return [resource for version in versions for resource in self._known[version].values()]

    def forget(self, api_version: str) -> None:
        """Ask again the next time; for a kind that answered 404."""
        self._known.pop(api_version, None)

    async def _refresh(self, api_version: str) -> None:
        try:
            answer = await self._connection.request("GET", root(api_version))
        except NotFound:
            self._known[api_version] = {}
            return
        self._known[api_version] = {
            entry["kind"]: _resource(api_version, entry)
            for entry in answer.get("resources") or ()
            if "/" not in entry["name"]
        }


def _resource(api_version: str, entry: Mapping[str, Any]) -> Resource:
    return Resource(
        api_version=api_version,
        kind=entry["kind"],
        plural=entry["name"],
        namespaced=bool(entry.get("namespaced")),
    )
