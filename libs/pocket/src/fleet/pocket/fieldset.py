"""Sets of fields as server-side apply keeps them: paths whose elements are spelled as in `FieldsV1`.

An element is `f:NAME` (a field), `k:JSON` (the item of a map list with these keys), `v:JSON` (a member of a
set) or `.` (the item itself, as opposed to what is in it).
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import orjson

from .shapes import FREE, KEY_DEFAULTS, ListShape, field_schema, is_atomic, item_schema, list_shape
from .typetable import Schema, resolve

Path = tuple[str, ...]
FieldSet = frozenset[Path]

SELF = "."
OWNED_METADATA = frozenset({"labels", "annotations", "finalizers", "ownerReferences"})
MISSING: Any = object()


def fields_of(obj: dict[str, Any], schema: Schema) -> FieldSet:
    """Every field of an object that a manager can own."""
    found: set[Path] = set()
    for name, value in obj.items():
        if name in ("apiVersion", "kind"):
            continue
        inner = field_schema(schema, name) or FREE
        if name == "metadata":
            value = {k: v for k, v in value.items() if k in OWNED_METADATA}
            if not value:
                continue
        _collect(value, inner, ("f:" + name,), found)
    return frozenset(found)


def _collect(value: Any, schema: Schema, path: Path, found: set[Path]) -> None:
    if isinstance(value, dict) and value and not is_atomic(schema):
        resolved = resolve(schema)
        for name, inner in value.items():
            _collect(inner, field_schema(resolved, name) or FREE, (*path, "f:" + name), found)
    elif isinstance(value, list) and value:
        shape = list_shape(schema)
        if shape.sort == "atomic" or (shape.sort == "map" and not all(isinstance(i, dict) for i in value)):
            found.add(path)
            return
        for item in value:
            inside = (*path, element(item, shape))
            if shape.sort == "set":
                found.add(inside)
            else:
                found.add((*inside, SELF))
                _collect(item, item_schema(schema), inside, found)
    else:
        found.add(path)


def element(item: Any, shape: ListShape) -> str:
    """The path element of a list's item."""
    if shape.sort == "map":
        return "k:" + orjson.dumps(dict(shape.key(item)), option=orjson.OPT_SORT_KEYS).decode()
    return "v:" + orjson.dumps(item, option=orjson.OPT_SORT_KEYS).decode()


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Any:
    return orjson.loads(text[2:])


def _index(items: list[Any], step: str) -> int:
    """Where in the list the item of a path element is; -1 when it is not there."""
    wanted = _parsed(step)
    if step[0] == "v":
        return items.index(wanted) if wanted in items else -1
    for n, item in enumerate(items):
        if isinstance(item, dict) and all(item.get(k, KEY_DEFAULTS.get(k)) == v for k, v in wanted.items()):
            return n
    return -1


def is_key(path: Path) -> bool:
    """Whether a path is one of the fields that tell an item of a map list from the others."""
    return len(path) > 1 and path[-2][0] == "k" and path[-1][2:] in _parsed(path[-2])


def value_at(obj: Any, path: Path) -> Any:
    """What is at a path; `MISSING` when nothing is."""
    for step in path:
        if step == SELF:
            return obj
        if step[0] == "f":
            if not isinstance(obj, dict) or step[2:] not in obj:
                return MISSING
            obj = obj[step[2:]]
        else:
            at = _index(obj, step) if isinstance(obj, list) else -1
            if at < 0:
                return MISSING
            obj = obj[at]
    return obj


def remove_at(obj: Any, path: Path) -> None:
    """Take a path out of an object, and the containers that it leaves empty."""
    if path[-1] == SELF:
        path = path[:-1]
    while len(path) > 1:
        parent, last = value_at(obj, path[:-1]), path[-1]
        if isinstance(parent, dict) and last[0] == "f":
            parent.pop(last[2:], None)
        elif isinstance(parent, list) and (at := _index(parent, last)) >= 0:
            del parent[at]
        if parent is MISSING or parent or path[-2][0] != "f":
            return
        path = path[:-1]
    if path:
        obj.pop(path[0][2:], None)


def encode(paths: FieldSet) -> dict[str, Any]:
    """The `fieldsV1` form of a set."""
    root: dict[str, Any] = {}
    for path in sorted(paths):
        node = root
        for step in path:
            node = node.setdefault(step, {})
    return root


def decode(node: dict[str, Any], path: Path = ()) -> Iterator[Path]:
    """The paths of a `fieldsV1` form."""
    for step, inner in node.items():
        if inner:
            yield from decode(inner, (*path, step))
        else:
            yield (*path, step)


def dotted(path: Path) -> str:
    """A path as error messages show it, such as `.spec.template.containers[name="web"].image`."""
    text = ""
    for step in path:
        if step == SELF:
            continue
        if step[0] == "f":
            text += "." + step[2:]
        elif step[0] == "k":
            keys = (f"{k}={orjson.dumps(v).decode()}" for k, v in _parsed(step).items())
            text += "[" + ",".join(keys) + "]"
        else:
            text += "[=" + step[2:] + "]"
    return text
