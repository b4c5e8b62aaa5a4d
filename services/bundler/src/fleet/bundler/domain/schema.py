"""The JSON Schema of fleet.yaml, made of the types of the model and the words of the table of fields."""

from collections.abc import Iterator
from typing import Any

from fleet.bundler.domain.fields import field_at
from fleet.bundler.domain.model import FLEET_YAML, HELM, SELECTOR
from fleet.bundler.domain.typed import Flag, FreeMap, Kind, ListOf, MapOf, Struct, Text, Whole, WholeOrText
from fleet.names import MAX_RELEASE_NAME

_DRAFT = "http://json-schema.org/draft-07/schema#"
_NAME = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
_SHAPES: dict[str, dict[str, Any]] = {
    "name": {"pattern": _NAME, "maxLength": 253},
    "helm.releaseName": {"pattern": _NAME, "maxLength": MAX_RELEASE_NAME},
}
# Read as the Bundle's metadata too, which takes text only.
_METADATA: dict[str, Kind] = {"name": Text(), "labels": MapOf(Text()), "annotations": MapOf(Text())}
_FILE = Struct(
    {**FLEET_YAML.fields, **_METADATA}, direct=(FLEET_YAML.direct or frozenset()) - _METADATA.keys()
)
_SHARED = ((HELM, "helm"), (SELECTOR, "selector"))
_SIMPLE: dict[type, str] = {Flag: "boolean", Whole: "integer", FreeMap: "object"}


def json_schema() -> dict[str, Any]:
    """The schema (draft 7, which editors take). Unknown fields are errors, though a reading only warns."""
    return {
        "$schema": _DRAFT,
        "title": "fleet.yaml",
        "description": "How one folder of a repository becomes a bundle, and what differs where it goes.",
        "definitions": {
            _shared(kind, lenient=lenient): _struct(kind, name, lenient=lenient)
            for kind, name in _SHARED
            for lenient in (False, True)
        },
        **_schema(_FILE, "", lenient=True),
    }


def paths(kind: Kind = _FILE, at: str = "") -> Iterator[str]:
    """Every path of the model, in its order, such as `helm.valuesFrom[].secretKeyRef.name`."""
    if isinstance(kind, ListOf):
        yield from paths(kind.of, f"{at}[]")
    elif isinstance(kind, Struct):
        for name, below in kind.fields.items():
            path = f"{at}.{name}" if at else name
            yield path
            yield from paths(below, path)


def _schema(kind: Kind, path: str, *, lenient: bool) -> dict[str, Any]:
    found = _typed(kind, path, lenient=lenient) | _SHAPES.get(path, {})
    field = field_at(path)
    if field is None:
        return found
    if field.values:
        found["enum"] = list(field.values)
    if field.text and not path.endswith("[]"):
        found["description"] = describe(path)
    return found


def describe(path: str) -> str:
    """What a field means, in one paragraph."""
    field = field_at(path)
    if field is None:
        return ""
    parts = [field.text]
    parts += [f"Default: {field.default}."] if field.default else []
    parts += [f"{text[0].upper()}{text[1:]}." for text in (field.wins, field.fleet) if text]
    return " ".join(parts)


def _typed(kind: Kind, path: str, *, lenient: bool) -> dict[str, Any]:
    """A value may also be null, which is as if it were not there."""
    if isinstance(kind, Struct):
        name = _shared(kind, lenient=lenient)
        return {"$ref": f"#/definitions/{name}"} if name else _struct(kind, path, lenient=lenient)
    if isinstance(kind, ListOf):
        return {"type": ["array", "null"], "items": _schema(kind.of, f"{path}[]", lenient=lenient)}
    if isinstance(kind, MapOf):
        values = _typed(kind.of, path, lenient=lenient)
        return {"type": ["object", "null"], "additionalProperties": values}
    if isinstance(kind, Text):
        return {"type": ["string", "number", "boolean", "null"] if lenient else ["string", "null"]}
    if isinstance(kind, WholeOrText):
        return {"type": ["integer", "string", "null"]}
    return {"type": [_SIMPLE.get(type(kind), "string"), "null"]}


def _struct(kind: Struct, path: str, *, lenient: bool) -> dict[str, Any]:
    fields = {
        name: _schema(below, f"{path}.{name}" if path else name, lenient=_gentle(kind, name, lenient))
        for name, below in kind.fields.items()
    }
    return {"type": ["object", "null"], "additionalProperties": False, "properties": fields}


def _shared(kind: Struct, *, lenient: bool) -> str:
    """The name of a struct that stands in many places; empty for all others."""
    return next((name + "Lenient" * lenient for shared, name in _SHARED if shared is kind), "")


def _gentle(kind: Struct, name: str, lenient: bool) -> bool:
    """Whether numbers and booleans are taken for text there, as when the file is read."""
    return lenient and (kind.direct is None or name in kind.direct)
