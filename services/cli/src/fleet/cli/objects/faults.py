"""What is wrong with a declared object, for people: file, document, line, field, what to write instead."""

from __future__ import annotations

import difflib
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from fleet.yaml import Path


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong; `path` is the field, such as `spec.targets[0].clusterName`."""

    source: str
    number: int
    line: int
    message: str
    path: str = ""

    def __str__(self) -> str:
        where = f"{self.source}: document {self.number}, line {self.line}"
        return f"{where}: {self.path}: {self.message}" if self.path else f"{where}: {self.message}"


class InvalidObjects(Exception):
    """Objects that were refused, with everything that is wrong with them; nothing was changed."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


def message_of(error: Mapping[str, Any], model: type[BaseModel]) -> str:
    """The sentence for one of pydantic's errors about `model`; an unknown name comes with the nearest one."""
    context = error.get("ctx", {})
    if wanted := _WANTED.get(error["type"]):
        return f"must be {wanted}, not {_shown(error['input'])}"
    match error["type"]:
        case "extra_forbidden":
            return _unknown_field(str(error["loc"][-1]), fields_at(model, tuple(error["loc"][:-1])))
        case "missing":
            return "required, but not there"
        case "literal_error":
            return f"must be {context['expected']}, not {error['input']!r}"
        case "value_error":
            return str(context["error"])
        case "string_too_short":
            return "must not be empty"
        case "string_too_long":
            return f"must have at most {context['max_length']} characters, has {len(error['input'])}"
        case "string_pattern_mismatch":
            return f"{error['input']!r} does not match {context['pattern']}"
    return str(error["msg"])


_WANTED = {
    "string_type": "a string (in quotes, where it looks like something else)",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "list_type": "a list",
    "dict_type": "a map",
    "model_type": "a map",
}


def _shown(value: Any) -> str:
    """The type of a value and not the value: it may be a secret in the wrong place."""
    return _TYPES.get(type(value), "something else")


_TYPES = {
    dict: "a map",
    list: "a list",
    bool: "a boolean",
    str: "a string",
    int: "a number",
    float: "a number",
    type(None): "null",
}


def _unknown_field(name: str, known: Sequence[str]) -> str:
    nearest = difflib.get_close_matches(name.lower(), [field.lower() for field in known], n=1, cutoff=0.6)
    if not nearest:
        return f"unknown field; the fields here are {', '.join(sorted(known))}"
    spelling = next(field for field in known if field.lower() == nearest[0])
    return f'unknown field, did you mean "{spelling}"?'


def fields_at(model: type[BaseModel], path: Path) -> list[str]:
    """The names of the fields that the schema has at a path, as they are written in a file."""
    found: Any = model
    for part in path:
        found = _step(_bare(found), part)
    found = _bare(found)
    if not (isinstance(found, type) and issubclass(found, BaseModel)):
        return []
    return [field.alias or name for name, field in found.model_fields.items()]


def _step(annotation: Any, part: str | int) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = annotation.model_fields.items()
        return next((f.annotation for name, f in fields if part in (name, f.alias)), None)
    inner = get_args(annotation)
    return inner[-1] if inner else None


def _bare(annotation: Any) -> Any:
    """An annotation without `Annotated` and without `| None`."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, types.UnionType):
            annotation = next(a for a in get_args(annotation) if a is not type(None))
        else:
            return annotation
