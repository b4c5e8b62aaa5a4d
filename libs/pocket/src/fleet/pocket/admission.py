"""The checks and completions between a decoded object and the store."""

import base64
from collections.abc import Iterable
from typing import Any

from . import rules
from .conform import Mismatch, Walk
from .defaults import set_defaults
from .errors import ApiError, Cause, bad_request, invalid
from .naming import metadata_causes
from .resources import Resource
from .typetable import resolve

Object = dict[str, Any]


def check_identity(resource: Resource, obj: Any, namespace: str, name: str) -> Object:
    """Make sure that an object is what its path says; fills in what it leaves out. Raises 400."""
    if not isinstance(obj, dict):
        raise bad_request(f"the body is no object but {type(obj).__name__}")
    kind, api_version = obj.get("kind"), obj.get("apiVersion")
    if kind not in (None, "", resource.kind) or api_version not in (None, "", resource.api_version):
        raise bad_request(
            f"the object provided is unrecognized (must be of type {resource.kind}): "
            f"{kind} in {api_version} was sent to {resource.plural} in {resource.api_version}"
        )
    metadata = obj.get("metadata")
    if metadata is None:
        metadata = {}
    if not isinstance(metadata, dict):
        raise bad_request("metadata is no object")
    if resource.namespaced:
        if metadata.get("namespace") not in (None, "", namespace):
            raise bad_request(
                "the namespace of the provided object does not match the namespace sent on the request"
            )
        metadata["namespace"] = namespace
    else:
        metadata.pop("namespace", None)
    if name and metadata.get("name") not in (None, "", name):
        raise bad_request(
            f"the name of the object ({metadata['name']}) does not match the name on the URL ({name})"
        )
    if name:
        metadata["name"] = name
    rest = {k: v for k, v in obj.items() if k not in ("apiVersion", "kind", "metadata")}
    return {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata, **rest}


def check_fields(resource: Resource, obj: Object, validation: str) -> list[str]:
    """Drop unknown fields, default and type-check a whole object; returns warnings for the client.

    `validation` is the `fieldValidation` parameter: Strict makes an unknown field a 400, Warn a warning,
    Ignore nothing. A value of a wrong type is 400 for built-in kinds and 422 for custom ones.
    """
    walk = Walk(drop_nulls=not resource.custom)
    if _has_spec(resource):
        obj.setdefault("spec", {})
    walk.conform(obj, resource.schema)
    if walk.unknown and validation == "Strict":
        said = ", ".join(f'unknown field "{path}"' for path in walk.unknown)
        raise bad_request(f"{resource.kind} in version \"{resource.version}\" cannot be handled as a {resource.kind}: strict decoding error: {said}")  # fmt: skip  # noqa: E501
    if walk.mismatches:
        raise _mismatch(resource, obj, walk.mismatches)
    causes = [cause for cause in walk.causes if resource.custom or not cause.field.startswith("status")]
    if causes:
        raise invalid(resource.kind, resource.group, obj["metadata"].get("name") or "", causes)
    return [f'unknown field "{path}"' for path in walk.unknown] if validation == "Warn" else []


def check_apply(resource: Resource, config: Object) -> None:
    """The checks of a partial object that a manager applies.

    An unknown or ill-typed field is a 400. (Real servers answer 500 with the same text, a known flaw of
    theirs.)
    """
    walk = Walk(drop_nulls=True, whole=False)
    walk.conform(config, resource.schema)
    faults = [f".{path}: field not declared in schema" for path in walk.unknown]
    faults += [f".{m.path}: expected {m.wanted}, got {_go_type(m.value)}" for m in walk.mismatches]
    if faults:
        metadata = config["metadata"]
        named = f"{metadata.get('namespace', '')}/{metadata.get('name', '')}"
        where = f"{named}; {resource.api_version}, Kind={resource.kind}"
        raise bad_request(f"failed to create typed patch object ({where}): {faults[0]}")


def complete(resource: Resource, obj: Object, before: Object | None) -> None:
    """Set the defaults of a built-in kind, and check names and rules; raises 422 with everything that is
    wrong.
    """
    causes = list(metadata_causes(resource.kind, obj["metadata"]))
    if not resource.custom:
        if resource.kind == "Secret" and isinstance(plain := obj.pop("stringData", None), dict):
            coded = {k: base64.b64encode(v.encode()).decode() for k, v in plain.items()}
            obj["data"] = {**(obj.get("data") or {}), **coded}
        set_defaults(resource.kind, obj)
        causes += rules.causes(resource.kind, obj, before)
        if _has_spec(resource) and not obj["spec"]:
            del obj["spec"]
    if causes:
        raise invalid(resource.kind, resource.group, obj["metadata"]["name"], causes)


def _has_spec(resource: Resource) -> bool:
    return not resource.custom and "spec" in resolve(resource.schema)["properties"]


def _mismatch(resource: Resource, obj: Object, mismatches: Iterable[Mismatch]) -> ApiError:
    if resource.custom:
        causes = [
            Cause(m.path, "FieldValueTypeInvalid", f"Invalid value: {_type_said(m)}") for m in mismatches
        ]
        return invalid(resource.kind, resource.group, obj["metadata"].get("name") or "", causes)
    first = next(iter(mismatches))
    where = f"{resource.kind}.{first.path} of type {first.wanted}"
    return bad_request(
        f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: json: '
        f"cannot unmarshal {_go_type(first.value)} into field {where}"
    )


def _type_said(mismatch: Mismatch) -> str:
    found = f'"{_go_type(mismatch.value)}"'
    return f"{found}: {mismatch.path} in body must be of type {mismatch.wanted}: {found}"


def _go_type(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    names = {str: "string", int: "number", float: "number", dict: "object", list: "array"}
    return names.get(type(value), "null")
