"""The client: objects are dicts, every call is one request, and every failure is a KubeError."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from . import access
from .connection import JSON, Connection
from .discovery import Discovery, Resource
from .errors import Expired, NotFound
from .watch import Watch, WatchEvent

Object = dict[str, Any]
Objects = list[Object]
Patch = Literal["merge", "json", "strategic"]
Propagation = Literal["Background", "Foreground", "Orphan"]

PAGE = 500
_PATCH_TYPES = {
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
    "strategic": "application/strategic-merge-patch+json",
}
_APPLY = "application/apply-patch+yaml"
_PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
_PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"


@dataclass(frozen=True, slots=True)
class Listing:
    """Objects as they were at one version, from which a watch can go on."""

    items: Objects
    version: str


@dataclass(frozen=True, slots=True)
class _Query:
    resource: Resource
    namespace: str | None
    labels: str | None
    fields: str | None
    metadata_only: bool
    size: int


class KubeClient:
    """One cluster. Close it, or use it as an async context manager.

    Methods raise NotFound, Conflict, Invalid, Forbidden, Expired or Unavailable (see `errors`). `namespace`
    is ignored for kinds that have none; without it, a list or watch is of all namespaces.
    """

    def __init__(self, *, reached: access.Access) -> None:
        self._connection = Connection(access=reached)
        self._discovery = Discovery(connection=self._connection)

    @classmethod
    async def from_kubeconfig(cls, source: str | Path, context: str | None = None) -> Self:
        """From a kubeconfig's path or text; raises AccessError when it cannot be used."""
        return cls(reached=await access.from_kubeconfig(source, context))

    @classmethod
    async def in_cluster(cls) -> Self:
        """From the pod's own service account; raises AccessError outside of a pod."""
        return cls(reached=access.in_cluster())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._connection.aclose()

    @property
    def cluster(self) -> str:
        """The name of the kubeconfig's context, as it stands in errors."""
        return self._connection.cluster

    async def version(self) -> Object:
        """What the server says that it is; `gitVersion` is the version."""
        return await self._connection.request("GET", "/version")

    async def resource(self, api_version: str, kind: str) -> Resource:
        """How the kind is served; NotFound when it is not."""
        return await self._discovery.resource(api_version, kind)

    async def resources(self) -> list[Resource]:
        """Every kind that is served, in each group's preferred version."""
        return await self._discovery.resources()

    # reading

    async def get(
        self,
        api_version: str,
        kind: str,
        name: str,
        *,
        namespace: str | None = None,
        metadata_only: bool = False,
    ) -> Object:
        """One object, or its PartialObjectMetadata."""
        path = (await self.resource(api_version, kind)).path(namespace, name)
        return await self._connection.request("GET", path, accept=_PARTIAL if metadata_only else JSON)

    async def list(
        self,
        api_version: str,
        kind: str,
        *,
        namespace: str | None = None,
        labels: str | None = None,
        fields: str | None = None,
        metadata_only: bool = False,
    ) -> Listing:
        """All objects that the selectors choose; read in pages, and once more when they expire."""
        resource = await self.resource(api_version, kind)
        first = _Query(resource, namespace, labels, fields, metadata_only, PAGE)
        try:
            return await _gather(self._pages(first))
        except Expired:
            return await _gather(self._pages(replace(first, size=0)))

    async def iter_pages(
        self,
        api_version: str,
        kind: str,
        *,
        namespace: str | None = None,
        labels: str | None = None,
        fields: str | None = None,
        metadata_only: bool = False,
        size: int = PAGE,
    ) -> AsyncIterator[Listing]:
        """The same in pages of `size` objects (0: all in one); raises Expired when reading takes too long."""
        resource = await self.resource(api_version, kind)
        async for page in self._pages(_Query(resource, namespace, labels, fields, metadata_only, size)):
            yield page

    async def _pages(self, query: "_Query") -> AsyncIterator[Listing]:
        resource = query.resource
        parameters = _selection(query.labels, query.fields)
        if query.size:
            parameters["limit"] = str(query.size)
        # Items of built-in kinds come without the two fields that make them objects of their own.
        identity = {"apiVersion": resource.api_version, "kind": resource.kind}
        if query.metadata_only:
            identity = {"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata"}
        accept = _PARTIAL_LIST if query.metadata_only else JSON
        path = resource.path(query.namespace)
        while True:
            answer = await self._connection.request("GET", path, parameters=parameters, accept=accept)
            metadata = answer.get("metadata") or {}
            items = [{**identity, **item} for item in answer.get("items") or ()]
            yield Listing(items, metadata.get("resourceVersion", ""))
            if not metadata.get("continue"):
                return
            parameters["continue"] = metadata["continue"]

    async def watch(
        self,
        api_version: str,
        kind: str,
        *,
        version: str,
        namespace: str | None = None,
        labels: str | None = None,
        fields: str | None = None,
        metadata_only: bool = False,
    ) -> AsyncGenerator[WatchEvent, None]:
        """Every change after `version`, resumed after every disconnect and for as long as it takes.

        Close the generator to end the watch at once (`contextlib.aclosing`).

        Raises Expired when the version is not kept any more: list again and watch from there. Raises NotFound
        when the kind is not served any more.
        """
        path = (await self.resource(api_version, kind)).path(namespace)
        watch = Watch(
            connection=self._connection,
            path=path,
            parameters=_selection(labels, fields),
            accept=_PARTIAL if metadata_only else JSON,
            version=version,
        )
        async with aclosing(watch.events()) as events:
            async for event in events:
                yield event

    # writing

    async def apply(
        self,
        obj: Object,
        *,
        field_manager: str,
        force: bool = False,
        dry_run: bool = False,
        subresource: str | None = None,
    ) -> Object:
        """Server-side apply; Conflict when another manager owns a field, unless `force`."""
        parameters = _write(field_manager, dry_run) | ({"force": "true"} if force else {})
        path = await self._path_of(obj, subresource)
        return await self._connection.request(
            "PATCH", path, parameters=parameters, body=obj, content_type=_APPLY
        )

    async def create(self, obj: Object, *, field_manager: str, dry_run: bool = False) -> Object:
        """Make an object; Conflict with `exists` when it is there."""
        resource = await self.resource(obj["apiVersion"], obj["kind"])
        path = resource.path(obj["metadata"].get("namespace"))
        return await self._connection.request(
            "POST", path, parameters=_write(field_manager, dry_run), body=obj
        )

    async def replace(
        self, obj: Object, *, field_manager: str, dry_run: bool = False, subresource: str | None = None
    ) -> Object:
        """Put an object in the place of its present state; Conflict when its resourceVersion is not the
        present.
        """
        path = await self._path_of(obj, subresource)
        return await self._connection.request(
            "PUT", path, parameters=_write(field_manager, dry_run), body=obj
        )

    async def patch(
        self,
        api_version: str,
        kind: str,
        name: str,
        patch: Object | Objects,
        *,
        field_manager: str,
        namespace: str | None = None,
        sort: Patch = "merge",
        subresource: str | None = None,
        dry_run: bool = False,
    ) -> Object:
        """Change parts of an object; a strategic patch is for built-in kinds only."""
        path = (await self.resource(api_version, kind)).path(namespace, name, subresource)
        return await self._connection.request(
            "PATCH",
            path,
            parameters=_write(field_manager, dry_run),
            body=patch,
            content_type=_PATCH_TYPES[sort],
        )

    async def delete(
        self,
        api_version: str,
        kind: str,
        name: str,
        *,
        namespace: str | None = None,
        propagation: Propagation = "Background",
        uid: str | None = None,
    ) -> bool:
        """Delete an object; False when there was none. Conflict when it is not the one with this uid."""
        body: Object = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        if uid:
            body["preconditions"] = {"uid": uid}
        try:
            path = (await self.resource(api_version, kind)).path(namespace, name)
            await self._connection.request("DELETE", path, body=body)
        except NotFound:
            return False
        return True

    async def _path_of(self, obj: Object, subresource: str | None) -> str:
        resource = await self.resource(obj["apiVersion"], obj["kind"])
        metadata = obj["metadata"]
        return resource.path(metadata.get("namespace"), metadata["name"], subresource)


async def _gather(pages: AsyncIterator[Listing]) -> Listing:
    items: Objects = []
    version = ""
    async for page in pages:
        items += page.items
        version = version or page.version
    return Listing(items, version)


def _selection(labels: str | None, fields: str | None) -> dict[str, str]:
    return ({"labelSelector": labels} if labels else {}) | ({"fieldSelector": fields} if fields else {})


def _write(field_manager: str, dry_run: bool) -> dict[str, str]:
    return {"fieldManager": field_manager} | ({"dryRun": "All"} if dry_run else {})
