"""The OpenAPI documents: schemas for `kubectl explain` and validation, and the sign that the server
validates.
"""

from typing import Any

from .registry import Registry
from .resources import Resource
from .typetable import OMIT_EMPTY, REF, Schema, reference, resolve

Object = dict[str, Any]

_WRITE_PARAMETERS = ("dryRun", "fieldManager", "fieldValidation", "force")


def index(registry: Registry) -> Object:
    """`/openapi/v3`: one document for each group and version."""
    versions = {(resource.group, resource.version) for resource in registry}
    paths = (f"apis/{group}/{version}" if group else f"api/{version}" for group, version in sorted(versions))
    return {"paths": {path: {"serverRelativeURL": f"/openapi/v3/{path}"} for path in paths}}


def document(registry: Registry, group: str, version: str) -> Object:
    """One group and version in OpenAPI v3; raises 404."""
    resources = registry.of_group(group, version)
    schemas: Object = {}
    paths: Object = {}
    for resource in resources:
        name = _component(resource)
        schemas[name] = _with_kind(resource)
        _collect(schemas[name], schemas)
        _paths(resource, name, paths)
    info = {"title": "Kubernetes", "version": "v1.36.0+pocket"}
    return {"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": schemas}}


def swagger() -> Object:
    """`/openapi/v2`: no definitions; clients of today read version 3."""
    info = {"title": "Kubernetes", "version": "v1.36.0+pocket"}
    return {"swagger": "2.0", "info": info, "paths": {}, "definitions": {}}


def _component(resource: Resource) -> str:
    if "$ref" in resource.schema:
        return str(resource.schema["$ref"]).removeprefix(REF)
    return ".".join([*reversed(resource.group.split(".")), resource.version, resource.kind])


def _gvk(resource: Resource) -> Object:
    return {"group": resource.group, "version": resource.version, "kind": resource.kind}


def _with_kind(resource: Resource) -> Object:
    return {**_plain(resolve(resource.schema)), "x-kubernetes-group-version-kind": [_gvk(resource)]}


def _plain(schema: Schema) -> Object:
    """A schema without the marks that only this package knows."""
    result: Object = {}
    for name, value in schema.items():
        if name in ("x-quantity", "x-go-type", OMIT_EMPTY):
            continue
        if name == "properties":
            result[name] = {k: _plain(v) for k, v in value.items()}
        elif name in ("items", "additionalProperties") and isinstance(value, dict):
            result[name] = _plain(value)
        else:
            result[name] = value
    if "$ref" in schema and len(result) > 1:
        return {**{k: v for k, v in result.items() if k != "$ref"}, "allOf": [{"$ref": schema["$ref"]}]}
    if schema.get("x-quantity"):
        result["type"] = "string"
    return result


def _collect(schema: Any, schemas: Object) -> None:
    """Add every type that a schema refers to."""
    if isinstance(schema, dict):
        target = schema.get("$ref")
        if isinstance(target, str) and (name := target.removeprefix(REF)) not in schemas:
            schemas[name] = _plain(resolve(reference(name)))
            _collect(schemas[name], schemas)
        for value in schema.values():
            _collect(value, schemas)
    elif isinstance(schema, list):
        for value in schema:
            _collect(value, schemas)


def _paths(resource: Resource, component: str, paths: Object) -> None:
    root = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
    scope = "/namespaces/{namespace}" if resource.namespaced else ""
    body = {"content": {"application/json": {"schema": {"$ref": REF + component}}}}
    answer = {"responses": {"200": {"description": "OK", **body}}}
    parameters = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in _WRITE_PARAMETERS]

    def operation(action: str, **more: Any) -> Object:
        return {
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": _gvk(resource),
            **more,
            **answer,
        }

    written = {"requestBody": body, "parameters": parameters}
    paths[f"{root}{scope}/{resource.plural}"] = {
        "get": operation("list"),
        "post": operation("post", **written),
    }
    paths[f"{root}{scope}/{resource.plural}/{{name}}"] = {
        "get": operation("get"),
        "put": operation("put", **written),
        "patch": operation("patch", parameters=parameters),
        "delete": operation("delete"),
    }
