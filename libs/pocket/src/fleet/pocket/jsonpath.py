"""The part of JSONPath that printer columns use: fields, indices, wildcards and equality filters."""

import re
from typing import Any

_STEP = re.compile(
    r"\.(?P<field>[^.\[\]]+)|\[['\"](?P<quoted>[^'\"]+)['\"]\]|\[(?P<index>-?\d+|\*)\]"
    r"|\[\?\(@\.(?P<key>[\w.\-/]+)\s*==\s*['\"](?P<value>[^'\"]*)['\"]\)\]"
)


def find(obj: Any, path: str) -> list[Any]:
    """Everything at the path, in order; nothing when it leads nowhere or is not understood."""
    path = path.replace("\\.", "\0")
    if not path.startswith((".", "[")):
        path = "." + path
    found, at = [obj], 0
    while at < len(path):
        step = _STEP.match(path, at)
        if not step:
            return []
        found = [inner for value in found for inner in _take(value, step.groupdict())]
        at = step.end()
    return found


def _take(value: Any, step: dict[str, str | None]) -> list[Any]:
    name = step.get("field") or step.get("quoted")
    if name:
        name = name.replace("\0", ".")
        return [value[name]] if isinstance(value, dict) and name in value else []
    if step.get("index") == "*":
        return (
            list(value.values())
            if isinstance(value, dict)
            else list(value)
            if isinstance(value, list)
            else []
        )
    if not isinstance(value, list):
        return []
    if index := step.get("index"):
        return value[int(index) :][:1]
    key, wanted = str(step.get("key")), step.get("value")
    return [item for item in value if find(item, key) == [wanted]]
