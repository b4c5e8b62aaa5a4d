"""Label and field selectors as they stand in a query string."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import bad_request

Labels = Mapping[str, str]

_COMMA = re.compile(r",(?![^()]*\))")
_SET = re.compile(r"^(?P<key>[^\s!=(),]+)\s+(?P<verb>in|notin)\s*\((?P<values>[^()]*)\)$")
_EQUALITY = re.compile(r"^(?P<key>[^\s!=(),]+)\s*(?P<verb>!=|==?)\s*(?P<value>[^\s!=(),]*)$")
_EXISTS = re.compile(r"^(?P<no>!?)\s*(?P<key>[^\s!=(),]+)$")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One part of a label selector."""

    key: str
    verb: str
    values: frozenset[str] = frozenset()

    def matches(self, labels: Labels) -> bool:
        """Whether these labels fulfil it."""
        if self.verb == "exists":
            return self.key in labels
        if self.verb == "absent":
            return self.key not in labels
        return (labels.get(self.key) in self.values) == (self.verb == "in")


def label_selector(text: str) -> Callable[[Labels], bool]:
    """A predicate over labels; raises 400 when the text is no selector."""
    requirements = [_requirement(part.strip()) for part in _COMMA.split(text) if part.strip()]
    return lambda labels: all(requirement.matches(labels) for requirement in requirements)


def _requirement(part: str) -> Requirement:
    if found := _SET.match(part):
        values = frozenset(value.strip() for value in found["values"].split(","))
        return Requirement(found["key"], found["verb"], values)
    if found := _EQUALITY.match(part):
        verb = "notin" if found["verb"] == "!=" else "in"
        return Requirement(found["key"], verb, frozenset({found["value"]}))
    if found := _EXISTS.match(part):
        return Requirement(found["key"], "absent" if found["no"] else "exists")
    raise bad_request(f"unable to parse requirement: {part!r} is no label selector")


def field_selector(text: str) -> Callable[[dict[str, Any]], bool]:
    """A predicate over objects by dotted paths; raises 400 when the text is no selector."""
    requirements: list[tuple[list[str], str, bool]] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        path, found, value = re.split(r"(!=|==?)", part, maxsplit=1) if "=" in part else (part, "", "")
        if not found:
            raise bad_request(f"invalid field selector: {part!r} has no = in it")
        requirements.append((path.strip().split("."), value.strip(), found != "!="))
    return lambda obj: all((_at(obj, path) == value) == equal for path, value, equal in requirements)


def _at(obj: Any, path: list[str]) -> str:
    for step in path:
        obj = obj.get(step) if isinstance(obj, dict) else None
    if obj is None:
        return ""
    return str(obj).lower() if isinstance(obj, bool) else str(obj)
