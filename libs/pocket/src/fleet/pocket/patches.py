"""The three patches that are not an apply: JSON patch, JSON merge patch, strategic merge patch."""

from copy import deepcopy
from typing import Any

from .errors import ApiError, bad_request
from .shapes import FREE, field_schema, item_schema, list_shape, merge_key
from .typetable import Schema, resolve


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7396; `target` is changed where it can be."""
    if not isinstance(patch, dict):
        return patch
    if not isinstance(target, dict):
        target = {}
    for name, value in patch.items():
        if value is None:
            target.pop(name, None)
        else:
            target[name] = merge_patch(target.get(name), value)
    return target


def strategic_patch(target: Any, patch: Any, schema: Schema) -> Any:
    """Kubernetes' strategic merge patch for a value of a built-in type."""
    if isinstance(patch, dict):
        return _strategic_object(target, patch, schema)
    if isinstance(patch, list) and isinstance(target, list):
        return _strategic_list(target, patch, schema)
    return patch


def _strategic_object(target: Any, patch: dict[str, Any], schema: Schema) -> Any:
    directive = patch.get("$patch")
    if directive == "replace":
        return {k: v for k, v in patch.items() if k != "$patch"}
    if directive == "delete":
        return {}
    if not isinstance(target, dict):
        target = {}
    resolved = resolve(schema)
    if (kept := patch.get("$retainKeys")) is not None:
        target = {k: v for k, v in target.items() if k in kept}
    for name, value in patch.items():
        if name.startswith("$deleteFromPrimitiveList/"):
            field = name.partition("/")[2]
            target[field] = [item for item in target.get(field) or [] if item not in value]
        elif name.startswith("$"):
            continue
        elif value is None:
            target.pop(name, None)
        else:
            inner = field_schema(resolved, name) or FREE
            base = target.get(name, [] if isinstance(value, list) else None)
            target[name] = strategic_patch(base, value, inner)
    return target


def _strategic_list(target: list[Any], patch: list[Any], schema: Schema) -> list[Any]:
    key = merge_key(schema)
    if any(isinstance(item, dict) and item.get("$patch") == "replace" for item in patch):
        return [item for item in patch if "$patch" not in item]
    if key is None:
        if list_shape(schema).sort == "set":
            return target + [item for item in patch if item not in target]
        return patch
    for item in patch:
        if key not in item:
            raise bad_request(f"map: {item!r} does not contain declared merge key: {key}")
        at = next((n for n, old in enumerate(target) if old.get(key) == item[key]), None)
        if item.get("$patch") == "delete":
            target = [old for old in target if old.get(key) != item[key]]
        elif at is None:
            target.append(strategic_patch({}, item, item_schema(schema)))
        else:
            target[at] = strategic_patch(target[at], item, item_schema(schema))
    return target


def json_patch(target: Any, operations: Any) -> Any:
    """RFC 6902; raises 422 when an operation does not fit, 400 when it is no operation."""
    if not isinstance(operations, list):
        raise bad_request("a JSON patch is a list of operations")
    for operation in operations:
        try:
            target = _operate(target, operation)
        except (KeyError, IndexError, ValueError, TypeError) as error:
            said = f"the server rejected our request due to an error in our request: {operation}: {error}"
            raise ApiError(422, "Invalid", said) from error
    return target


def _operate(target: Any, operation: dict[str, Any]) -> Any:
    verb, path = operation["op"], _pointer(operation["path"])
    if verb == "test":
        if _look(target, path) != operation["value"]:
            raise ValueError("the test failed")
        return target
    if verb == "remove":
        _take(target, path)
        return target
    if verb == "replace":
        _look(target, path)
        return _put(target, path, operation["value"], replace=True)
    if verb == "add":
        return _put(target, path, operation["value"])
    if verb == "copy":
        return _put(target, path, deepcopy(_look(target, _pointer(operation["from"]))))
    if verb == "move":
        return _put(target, path, _take(target, _pointer(operation["from"])))
    raise ValueError(f"no such operation: {verb}")


def _pointer(text: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def _look(target: Any, path: list[str]) -> Any:
    for step in path:
        target = target[int(step)] if isinstance(target, list) else target[step]
    return target


def _take(target: Any, path: list[str]) -> Any:
    parent = _look(target, path[:-1])
    return parent.pop(int(path[-1]) if isinstance(parent, list) else path[-1])


def _put(target: Any, path: list[str], value: Any, *, replace: bool = False) -> Any:
    if not path:
        return value
    parent, last = _look(target, path[:-1]), path[-1]
    if not isinstance(parent, list):
        parent[last] = value
    elif replace:
        parent[int(last)] = value
    elif last == "-":
        parent.append(value)
    elif 0 <= int(last) <= len(parent):
        parent.insert(int(last), value)
    else:
        raise IndexError(f"{last} is past the end of the list")
    return target
