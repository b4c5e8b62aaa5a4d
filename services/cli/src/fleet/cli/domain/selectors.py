"""Label selectors as typed behind `-l`: `a=b,c!=d,e in (f,g),h,!i`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fleet.cli.errors import Usage

_PARTS = re.compile(r",(?![^()]*\))")
_SET = re.compile(r"(?P<key>[^\s!=(),]+)\s+(?P<operator>in|notin)\s*\((?P<values>[^()]*)\)")
_EQUAL = re.compile(r"(?P<key>[^\s!=(),]+)\s*(?P<operator>!=|==?)\s*(?P<value>[^\s!=(),]*)")
_THERE = re.compile(r"(?P<no>!?)\s*(?P<key>[^\s!=(),]+)")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One part: the value of `key` is among `values` (None: any value), or with `negated` it is not."""

    key: str
    values: frozenset[str] | None
    negated: bool

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether these labels fulfil it; a missing key fulfils what is negated, as for Kubernetes."""
        there = self.key in labels and (self.values is None or labels[self.key] in self.values)
        return there is not self.negated


@dataclass(frozen=True, slots=True)
class Selector:
    """All requirements of a text; the empty one matches everything."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether these labels fulfil every requirement."""
        return all(requirement.matches(labels) for requirement in self.requirements)


def parse_selector(text: str) -> Selector:
    """Read a selector. Raises Usage naming the part that is none."""
    parts = [part.strip() for part in _PARTS.split(text)]
    return Selector(tuple(_requirement(part) for part in parts if part))


def _requirement(part: str) -> Requirement:
    if found := _SET.fullmatch(part):
        values = frozenset(value.strip() for value in found["values"].split(","))
        return Requirement(found["key"], values, found["operator"] == "notin")
    if found := _EQUAL.fullmatch(part):
        return Requirement(found["key"], frozenset({found["value"]}), found["operator"] == "!=")
    if found := _THERE.fullmatch(part):
        return Requirement(found["key"], None, bool(found["no"]))
    raise Usage(f"{part!r} is no label selector; write key=value, key!=value, key in (a,b), key or !key")
