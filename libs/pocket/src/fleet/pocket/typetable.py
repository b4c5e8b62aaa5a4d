"""The types of the built-in kinds, as OpenAPI schemas made on demand from `data/types.json`.

One string describes a field there: `s` string, `i` integer, `n` number, `b` boolean, `y` base64 bytes,
`t` time, `q` quantity, `x` integer or string, `o` free object, `.Name` another type; `[` before it makes
a list, `{` a map. Behind it stand the merge semantics `map=KEYS`, `merge=KEY` (the strategic patch's key
where it is not the first of KEYS), `set`, `atomic` and `retain`, then `empty` for a field that is left
out when it is, and with `#` its number in protobuf. A `!` after the field's name means required,
`@atomic` a struct of one piece.
"""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import orjson

Schema = Mapping[str, Any]

REF = "#/components/schemas/"
OMIT_EMPTY = "x-omit-empty"
"""A field that Go leaves out when it is empty, so that a server never shows `hostNetwork: false`."""

_SCALARS: dict[str, Schema] = {
    "s": {"type": "string"},
    "i": {"type": "integer"},
    "n": {"type": "number"},
    "b": {"type": "boolean"},
    "y": {"type": "string", "format": "byte"},
    "t": {"type": "string", "format": "date-time"},
    "q": {"x-quantity": True},
    "x": {"x-kubernetes-int-or-string": True},
    "o": {"x-kubernetes-preserve-unknown-fields": True},
}


@cache
def _table() -> dict[str, dict[str, str]]:
    text = resources.files("fleet.pocket").joinpath("data/types.json").read_bytes()
    table: dict[str, dict[str, str]] = orjson.loads(text)
    return table


def codes(name: str) -> dict[str, str]:
    """The notation of each field of a type such as `core.v1.Container`; nothing for a type that is not
    known.
    """
    return _table().get(name, {})


def reference(name: str) -> Schema:
    """A schema that stands for the named type."""
    return {"$ref": REF + name}


def resolve(schema: Schema) -> Schema:
    """Follow a `$ref` to a built-in type; any other schema is returned as it is."""
    target = schema.get("$ref")
    return struct(target.removeprefix(REF)) if target else schema


@cache
def struct(name: str) -> Schema:
    """The OpenAPI schema of a type; its fields refer to others by `$ref`. KeyError when there is none."""
    fields = _table()[name]
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {f.removesuffix("!"): _field(code) for f, code in fields.items() if f != "@atomic"},
        "x-go-type": name.rsplit(".", 1)[-1],
    }
    required = [f.removesuffix("!") for f in fields if f.endswith("!")]
    if required:
        schema["required"] = required
    if "@atomic" in fields:
        schema["x-kubernetes-map-type"] = "atomic"
    return schema


@cache
def _field(code: str) -> Schema:
    shape, *marks = code.split(" ")
    semantics = _semantics(marks, listed=shape.startswith("["))
    if shape[0] == "[":
        return {"type": "array", "items": _field(shape[1:]), **semantics}
    if shape[0] == "{":
        return {"type": "object", "additionalProperties": _field(shape[1:]), **semantics}
    if shape[0] == ".":
        return {"$ref": REF + shape[1:], **semantics}
    return {**_SCALARS[shape], **semantics} if semantics else _SCALARS[shape]


def _semantics(marks: list[str], *, listed: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for mark in marks:
        name, _, value = mark.partition("=")
        if name.startswith("#"):
            continue
        if name == "empty":
            found[OMIT_EMPTY] = True
        elif name == "map":
            found["x-kubernetes-list-type"] = "map"
            found["x-kubernetes-list-map-keys"] = value.split(",")
        elif name == "merge":
            found["x-kubernetes-patch-merge-key"] = value
        elif name == "set":
            found["x-kubernetes-list-type"] = "set"
        elif name == "atomic":
            found["x-kubernetes-list-type" if listed else "x-kubernetes-map-type"] = "atomic"
        else:
            found["x-kubernetes-patch-strategy"] = "retainKeys"
    return found
