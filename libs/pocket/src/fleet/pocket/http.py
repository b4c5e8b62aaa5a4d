"""The HTTP face of one cluster."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import orjson
from aiohttp import web

from . import bodies, discovery, openapi, scale
from .cluster import Cluster, timestamp
from .deletion import read_options
from .errors import ApiError, bad_request, method_not_allowed, no_such_path, success, unsupported_media_type
from .patches import json_patch, merge_patch, strategic_patch
from .representation import Representation, negotiate
from .routes import Target, review, target
from .watching import Watch, is_true, read_request
from .writes import Options, Written

log = logging.getLogger(__name__)

Object = dict[str, Any]
PATCHES = (bodies.JSON_PATCH, bodies.MERGE_PATCH, bodies.STRATEGIC_PATCH, bodies.APPLY_PATCH)


def answer(value: Any, code: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON response from bytes or a value."""
    body = value if isinstance(value, bytes) else orjson.dumps(value)
    return web.Response(body=body, status=code, content_type=bodies.JSON, headers=headers)


def failure(error: ApiError) -> web.Response:
    """The Status of an error."""
    return answer(error.status(), error.code)


class ClusterApi:
    """Answers the requests to one cluster."""

    def __init__(self, *, cluster: Cluster) -> None:
        self._cluster = cluster
        self._watches: set[Watch] = set()

    def close(self) -> None:
        """End every watch."""
        for watch in list(self._watches):
            watch.close()

    async def handle(self, request: web.Request, path: str) -> web.StreamResponse:
        """Answer a request for a path below the cluster's root; refusals become Status objects."""
        try:
            return await self._route(request, path)
        except ApiError as error:
            return failure(error)
        except web.HTTPRequestEntityTooLarge:
            said = "Request entity too large: limit is 3145728"
            return failure(ApiError(413, "RequestEntityTooLarge", said))
        except (asyncio.CancelledError, ConnectionError):
            raise
        except Exception:
            log.exception("request failed", extra={"method": request.method, "path": path})
            return failure(ApiError(500, "InternalError", "the pocket cluster failed; its log says why"))

    async def _route(self, request: web.Request, path: str) -> web.StreamResponse:
        if request.method == "GET" and (found := self._document(path)) is not None:
            return found
        if request.method == "POST" and (asked := review(path)):
            return answer(await self._review(request, *asked), 201)
        where = target(self._cluster.registry, path)
        if where.subresource:
            return await self._subresource(request, where)
        if where.name:
            return await self._object(request, where)
        return await self._collection(request, where)

    def _document(self, path: str) -> web.Response | None:
        if path in ("/healthz", "/livez", "/readyz"):
            return web.Response(text="ok")
        if path == "/openapi/v2":
            return answer(openapi.swagger())
        if path == "/openapi/v3":
            return answer(openapi.index(self._cluster.registry))
        if path.startswith("/openapi/v3/"):
            match path.split("/")[3:]:
                case ["api", version]:
                    return answer(openapi.document(self._cluster.registry, "", version))
                case ["apis", group, version]:
                    return answer(openapi.document(self._cluster.registry, group, version))
            raise no_such_path()
        found = discovery.answer(self._cluster.registry, path)
        return None if found is None else answer(found)

    async def _review(self, request: web.Request, api_version: str, kind: str) -> Object:
        body = bodies.read_object(await request.read(), request.content_type)
        spec = body.get("spec", {}) if isinstance(body, dict) else {}
        user = {"username": "pocket", "groups": ["system:masters", "system:authenticated"]}
        status: Object = {"allowed": True, "reason": "a pocket cluster refuses nobody"}
        if kind == "SelfSubjectReview":
            status = {"userInfo": user}
        elif kind == "TokenReview":
            status = {"authenticated": True, "user": user}
        elif kind == "SelfSubjectRulesReview":
            rule = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
            status = {"resourceRules": [rule], "nonResourceRules": [], "incomplete": False}
        return {"kind": kind, "apiVersion": api_version, "metadata": {}, "spec": spec, "status": status}

    async def _collection(self, request: web.Request, where: Target) -> web.StreamResponse:
        resource = where.resource
        representation = negotiate(resource, request.headers.get("Accept", ""), request.query)
        if request.method == "GET":
            if is_true(request.query.get("watch")):
                return await self._watch(request, where, representation)
            return answer(representation.page(self._cluster.page(resource, where.namespace, request.query)))
        body = await request.read()
        if request.method == "POST":
            obj = bodies.read_object(body, request.content_type)
            self._need_namespace(where)
            written = self._cluster.create(resource, where.namespace, obj, self._options(request))
            return self._written(representation, written)
        if request.method == "DELETE":
            options = read_options(self._optional(request, body), dict(request.query))
            chosen = self._cluster.delete_collection(resource, where.namespace, request.query, options)
            return answer(representation.page(chosen))
        raise method_not_allowed(request.method)

    async def _object(self, request: web.Request, where: Target) -> web.StreamResponse:
        resource, namespace, name = where.resource, where.namespace, where.name
        representation = negotiate(resource, request.headers.get("Accept", ""), request.query)
        if request.method == "GET":
            if is_true(request.query.get("watch")):
                return await self._watch(request, where, representation)
            return answer(representation.entry(self._cluster.entry(resource, namespace, name)))
        body = await request.read()
        if request.method == "PUT":
            obj = bodies.read_object(body, request.content_type)
            written = self._cluster.replace(resource, namespace, name, obj, self._options(request))
            return self._written(representation, written)
        if request.method == "PATCH":
            return self._written(representation, self._patch(request, body, where))
        if request.method == "DELETE":
            uid = self._cluster.entry(resource, namespace, name).uid
            options = read_options(self._optional(request, body), dict(request.query))
            left = self._cluster.delete(resource, namespace, name, options)
            if left is not None:
                return answer(representation.entry(left))
            details = {"name": name, "group": resource.group, "kind": resource.plural, "uid": uid}
            return answer(success(details))
        raise method_not_allowed(request.method)

    async def _subresource(self, request: web.Request, where: Target) -> web.StreamResponse:
        resource, name = where.resource, where.subresource
        body = await request.read()
        if name == "token" and resource.table == "serviceaccounts" and request.method == "POST":
            self._cluster.entry(resource, where.namespace, where.name)
            token = {"token": f"pocket.{where.namespace}.{where.name}", "expirationTimestamp": timestamp()}
            return answer(
                {"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "status": token}, 201
            )
        if name == "scale" and resource.scale:
            return self._scale(request, body, where)
        if not (name == "status" and resource.status) and not (
            name == "finalize" and resource.table == "namespaces"
        ):
            raise no_such_path()
        representation = negotiate(resource, request.headers.get("Accept", ""), request.query)
        if request.method == "GET":
            return answer(representation.entry(self._cluster.entry(resource, where.namespace, where.name)))
        if request.method == "PUT":
            obj = bodies.read_object(body, request.content_type)
            options = self._options(request, name if name == "status" else "")
            return self._written(
                representation, self._cluster.replace(resource, where.namespace, where.name, obj, options)
            )
        if request.method == "PATCH":
            return self._written(representation, self._patch(request, body, where))
        raise method_not_allowed(request.method)

    def _scale(self, request: web.Request, body: bytes, where: Target) -> web.Response:
        resource = where.resource
        if request.method == "GET":
            present = self._cluster.entry(resource, where.namespace, where.name).object()
            return answer(scale.read(resource, present))
        if request.method == "PUT":
            wanted = bodies.read_object(body, request.content_type)

            def change(obj: Object) -> Object:
                return scale.write(resource, obj, wanted)
        elif request.method == "PATCH":
            patch = bodies.read_json(body)

            def change(obj: Object) -> Object:
                return scale.write(resource, obj, merge_patch(scale.read(resource, obj), patch))
        else:
            raise method_not_allowed(request.method)
        written = self._cluster.patch(resource, where.namespace, where.name, change, self._options(request))
        return answer(scale.read(resource, orjson.loads(written.body)))

    def _patch(self, request: web.Request, body: bytes, where: Target) -> Written:
        options = self._options(request, where.subresource)
        cluster, place = self._cluster, (where.resource, where.namespace, where.name)
        if request.content_type == bodies.APPLY_PATCH:
            if not request.query.get("fieldManager"):
                raise bad_request("PatchOptions.meta.k8s.io is invalid: fieldManager: Required value: is required for apply patch")  # fmt: skip  # noqa: E501
            self._need_namespace(where)
            return cluster.apply(*place, bodies.read_yaml(body), options)
        return cluster.patch(*place, self._change(request.content_type, body, where), options)

    @staticmethod
    def _change(content_type: str, body: bytes, where: Target) -> Callable[[Object], Any]:
        if content_type == bodies.STRATEGIC_PATCH and where.resource.custom:
            raise unsupported_media_type(content_type, [p for p in PATCHES if p != bodies.STRATEGIC_PATCH])
        if content_type not in PATCHES:
            raise unsupported_media_type(content_type, PATCHES)
        patch = bodies.read_json(body)
        if content_type == bodies.JSON_PATCH:
            return lambda obj: json_patch(obj, patch)
        if not isinstance(patch, dict):
            raise bad_request("the patch is no object")
        if content_type == bodies.MERGE_PATCH:
            return lambda obj: merge_patch(obj, patch)
        return lambda obj: strategic_patch(obj, patch, where.resource.schema)

    async def _watch(
        self, request: web.Request, where: Target, representation: Representation
    ) -> web.StreamResponse:
        query = dict(request.query)
        if where.name:
            query["fieldSelector"] = f"metadata.name={where.name}"
        watch = Watch(store=self._cluster.store, request=read_request(representation, where.namespace, query))
        response = web.StreamResponse(headers={"Content-Type": bodies.JSON})
        self._watches.add(watch)
        try:
            await response.prepare(request)
            async for piece in watch.lines():
                await response.write(piece)
        except ConnectionError:
            pass  # the client went away, which is how most watches end
        finally:
            self._watches.discard(watch)
            watch.close()
        return response

    @staticmethod
    def _options(request: web.Request, subresource: str = "") -> Options:
        query = request.query
        validation = query.get("fieldValidation") or "Warn"
        if validation not in ("Strict", "Warn", "Ignore"):
            raise bad_request(f'fieldValidation: Unsupported value: "{validation}"')
        agent = request.headers.get("User-Agent", "unknown").split("/")[0]
        return Options(
            manager=query.get("fieldManager") or agent,
            dry_run=query.get("dryRun") == "All",
            validation=validation,
            force=is_true(query.get("force")),
            subresource=subresource,
        )

    @staticmethod
    def _optional(request: web.Request, body: bytes) -> Any:
        return bodies.read_object(body, request.content_type) if body else None

    @staticmethod
    def _need_namespace(where: Target) -> None:
        if where.resource.namespaced and not where.namespace:
            raise method_not_allowed("writing without a namespace")

    @staticmethod
    def _written(representation: Representation, written: Written) -> web.Response:
        headers = None
        if written.warnings:
            texts = (text.replace('"', '\\"') for text in written.warnings)
            headers = {"Warning": ", ".join(f'299 - "{text}"' for text in texts)}
        return answer(representation.one(written.body), 201 if written.created else 200, headers)
