"""The form in which a client wants objects: whole, as metadata only, or as a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from .errors import ApiError
from .reading import Page, in_version
from .resources import Resource
from .store import Entry
from .tables import partial, table

WHOLE, PARTIAL, TABLE = "whole", "partial", "table"
_FORMS = {"Table": TABLE, "PartialObjectMetadata": PARTIAL, "PartialObjectMetadataList": PARTIAL}


@dataclass(frozen=True, slots=True)
class Representation:
    """How to write objects of one resource for one client."""

    resource: Resource
    form: str = WHOLE
    include: str = "Metadata"

    def one(self, body: bytes) -> bytes:
        """An object, from its bytes in the version that was asked for."""
        if self.form == WHOLE:
            return body
        obj = orjson.loads(body)
        if self.form == PARTIAL:
            return orjson.dumps(partial(obj))
        return orjson.dumps(table(self.resource, [obj], self._list_metadata(obj), self.include))

    def entry(self, entry: Entry) -> bytes:
        """A stored object."""
        return self.one(in_version(entry, self.resource))

    def page(self, page: Page) -> bytes:
        """A page of a list."""
        bodies = [in_version(entry, self.resource) for _, entry in page.entries]
        if self.form == TABLE:
            objects = [orjson.loads(body) for body in bodies]
            return orjson.dumps(table(self.resource, objects, page.metadata, self.include))
        kind, api_version = self.resource.list_kind, self.resource.api_version
        if self.form == PARTIAL:
            kind, api_version = "PartialObjectMetadataList", "meta.k8s.io/v1"
            bodies = [orjson.dumps(partial(orjson.loads(body))) for body in bodies]
        head = orjson.dumps({"kind": kind, "apiVersion": api_version, "metadata": page.metadata})
        return head[:-1] + b',"items":[' + b",".join(bodies) + b"]}"

    def bookmark(self, version: int, *, initial_end: bool = False) -> bytes:
        """The object of a BOOKMARK event: nothing but a version."""
        metadata: dict[str, Any] = {"resourceVersion": str(version)}
        if initial_end:
            metadata["annotations"] = {"k8s.io/initial-events-end": "true"}
        if self.form == TABLE:
            return orjson.dumps(table(self.resource, [], metadata, self.include))
        kind, api_version = self.resource.kind, self.resource.api_version
        if self.form == PARTIAL:
            kind, api_version = "PartialObjectMetadata", "meta.k8s.io/v1"
        return orjson.dumps({"kind": kind, "apiVersion": api_version, "metadata": metadata})

    @staticmethod
    def _list_metadata(obj: dict[str, Any]) -> dict[str, Any]:
        return {"resourceVersion": obj["metadata"].get("resourceVersion", "")}


def negotiate(resource: Resource, accept: str, query: Mapping[str, str]) -> Representation:
    """The first form in an Accept header that is spoken here; raises 406 when there is none."""
    for part in accept.split(",") if accept.strip() else ["*/*"]:
        media, *parameters = (text.strip() for text in part.split(";"))
        if media not in ("application/json", "application/*", "*/*"):
            continue
        wanted = next((p.partition("=")[2] for p in parameters if p.startswith("as=")), "")
        if not wanted:
            return Representation(resource)
        if wanted in _FORMS:
            return Representation(resource, _FORMS[wanted], query.get("includeObject", "Metadata"))
    said = "only the following media types are accepted: application/json"
    raise ApiError(406, "NotAcceptable", said)
