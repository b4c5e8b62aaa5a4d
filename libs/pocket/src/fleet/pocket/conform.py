"""Bring a value into the form its schema asks for: unknown fields dropped, defaults set, types checked.

The checks are those of a structural schema: type, required, enum, pattern, lengths, bounds. Rules in CEL
are not evaluated.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from .errors import Cause
from .quantity import canonical
from .shapes import is_free
from .typetable import OMIT_EMPTY, Schema, resolve

_EMPTY: tuple[Any, ...] = ("", 0, [], {})
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A value of another type than the schema's; nothing below it was looked at."""

    path: str
    wanted: str
    value: Any


@dataclass(slots=True)
class Walk:
    """One walk over one value, and what it came upon."""

    drop_nulls: bool = False
    """Null means absent, as it does for typed kinds."""
    whole: bool = True
    """A whole object, in which defaults are set and empty fields left out; not the opinion of a manager."""
    mismatches: list[Mismatch] = field(default_factory=list)
    causes: list[Cause] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def conform(self, value: Any, schema: Schema, path: str = "") -> Any:
        """Return the value in its schema's form; objects and lists are changed in place where they can be."""
        schema = resolve(schema)
        if value is None:
            return None
        if schema.get("x-kubernetes-int-or-string"):
            if isinstance(value, bool) or not isinstance(value, int | str):
                self.mismatches.append(Mismatch(path, "integer or string", value))
            return value
        if schema.get("x-quantity"):
            return self._quantity(value, path)
        wanted = schema.get("type") or ("object" if "properties" in schema else None)
        if wanted is None:
            return value
        if not isinstance(value, _TYPES[wanted]) or (isinstance(value, bool) and wanted != "boolean"):
            if wanted == "integer" and isinstance(value, float) and value.is_integer():
                return int(value)
            self.mismatches.append(Mismatch(path, wanted, value))
            return value
        if wanted == "object":
            return self._object(value, schema, path)
        if wanted == "array":
            return self._array(value, schema, path)
        self._scalar(value, schema, path)
        return value

    def _object(self, value: Any, schema: Schema, path: str) -> Any:
        properties: dict[str, Schema] = schema.get("properties") or {}
        more = schema.get("additionalProperties")
        for name in list(value):
            inner = properties.get(name, more if isinstance(more, dict) else None)
            if inner is None:
                if not is_free(schema):
                    self.unknown.append(_inside(path, name))
                    del value[name]
            elif value[name] is None:
                if self.drop_nulls or (name in properties and not inner.get("nullable")):
                    del value[name]
            else:
                value[name] = self.conform(value[name], inner, _inside(path, name))
                if self.whole and inner.get(OMIT_EMPTY) and value[name] in _EMPTY:
                    del value[name]
        if self.whole:
            for name, inner in properties.items():
                if "default" in inner and name not in value:
                    value[name] = self.conform(deepcopy(inner["default"]), inner, _inside(path, name))
        for name in schema.get("required") or ():
            if name not in value:
                self.causes.append(Cause(_inside(path, name), "FieldValueRequired", "Required value"))
        self._bound(len(value), schema, "Properties", path)
        return value

    def _array(self, value: Any, schema: Schema, path: str) -> Any:
        items = schema.get("items") or {}
        value = [self.conform(item, items, f"{path}[{n}]") for n, item in enumerate(value)]
        self._bound(len(value), schema, "Items", path)
        if schema.get("x-kubernetes-list-type") == "map":
            self._unique(value, schema.get("x-kubernetes-list-map-keys") or (), path)
        return value

    def _unique(self, items: list[Any], keys: Sequence[str], path: str) -> None:
        seen: list[Any] = []
        for n, item in enumerate(items):
            key = {k: item.get(k) for k in keys} if isinstance(item, dict) else item
            whole = isinstance(key, dict) and None not in key.values()
            if whole and key in seen:
                self.causes.append(Cause(f"{path}[{n}]", "FieldValueDuplicate", f"Duplicate value: {key}"))
            seen.append(key)

    def _scalar(self, value: Any, schema: Schema, path: str) -> None:
        if "enum" in schema and value not in schema["enum"]:
            allowed = ", ".join(f'"{v}"' if isinstance(v, str) else str(v) for v in schema["enum"])
            said = f'Unsupported value: "{value}": supported values: {allowed}'
            self.causes.append(Cause(path, "FieldValueNotSupported", said))
        if isinstance(value, str):
            self._bound(len(value), schema, "Length", path)
            if "pattern" in schema and not _pattern(schema["pattern"]).search(value):
                self._invalid(path, f"\"{value}\": {path} in body should match '{schema['pattern']}'")
            if schema.get("format") == "byte" and not _is_base64(value):
                self.mismatches.append(Mismatch(path, "base64 bytes", value))
        elif not isinstance(value, bool):
            low, high = schema.get("minimum"), schema.get("maximum")
            if low is not None and value < low:
                self._invalid(path, f"{value}: {path} in body should be greater than or equal to {low}")
            if high is not None and value > high:
                self._invalid(path, f"{value}: {path} in body should be less than or equal to {high}")

    def _quantity(self, value: Any, path: str) -> Any:
        try:
            if isinstance(value, bool) or not isinstance(value, int | float | str):
                raise ValueError("neither text nor a number")
            return canonical(str(value))
        except ValueError:
            self.mismatches.append(Mismatch(path, "quantity", value))
            return value

    def _bound(self, size: int, schema: Schema, what: str, path: str) -> None:
        low, high = schema.get("min" + what, 0), schema.get("max" + what)
        if size < low:
            self._invalid(path, f"{size}: must have at least {low} {what.lower()}")
        elif high is not None and size > high:
            self.causes.append(Cause(path, "FieldValueTooLong", f"Too long: may not be more than {high}"))

    def _invalid(self, path: str, said: str) -> None:
        self.causes.append(Cause(path, "FieldValueInvalid", f"Invalid value: {said}"))


def _inside(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _is_base64(value: str) -> bool:
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


@lru_cache(maxsize=512)
def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error:
        # A pattern of another dialect (RE2) is not held against the object.
        return re.compile("")
