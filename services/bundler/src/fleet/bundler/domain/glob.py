"""Patterns as Go's `filepath.Match` and `filepath.Glob` read them: no `**`, a backslash escapes."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

_MAGIC = re.compile(r"[*?\[\\]")


class BadPattern(ValueError):
    """A pattern with an open bracket, an empty or reversed range, or nothing after its last backslash."""


def is_magic(pattern: str) -> bool:
    """Whether a text is a pattern, rather than just a name."""
    return _MAGIC.search(pattern) is not None


def matches(pattern: str, name: str) -> bool:
    """Whether the whole name fits; `*` and `?` stop at a slash. Raises BadPattern.

    All ways to match are followed at once, one character of the name after the other, so that no pattern
    takes longer than its length times that of the name, whatever stars are in it.
    """
    return _compiled(pattern).fits(name)


@dataclass(frozen=True, slots=True)
class _Class:
    """What one character of a name may be: one in a range, or, if negated, one in none (nor a slash)."""

    ranges: tuple[tuple[str, str], ...]
    negated: bool = False

    def has(self, char: str) -> bool:
        inside = any(low <= char <= high for low, high in self.ranges)
        return char != "/" and not inside if self.negated else inside


_ANY = _Class((), negated=True)


@dataclass(frozen=True, slots=True)
class _Pattern:
    """One class for each character to match; bit n of `stars` says that a `*` stands before the nth."""

    classes: tuple[_Class, ...]
    stars: int

    def fits(self, name: str) -> bool:
        if len(self.classes) > len(name):
            return False
        accepted = {char: self._accepting(char) for char in set(name)}
        reached = 1  # bit n: what was read so far fits the first n classes
        for char in name:
            stayed = reached & self.stars if char != "/" else 0
            reached = (reached & accepted[char]) << 1 | stayed
            if not reached:
                return False
        return bool(reached >> len(self.classes) & 1)

    def _accepting(self, char: str) -> int:
        return _mask(one.has(char) for one in self.classes)


def _mask(flags: Iterable[bool]) -> int:
    """A number whose nth bit is the nth flag."""
    return int("".join("01"[flag] for flag in flags)[::-1] or "0", 2)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> _Pattern:
    classes: list[_Class] = []
    stars: set[int] = set()
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "*":
            stars.add(len(classes))
            at += 1
        elif char == "?":
            classes.append(_ANY)
            at += 1
        elif char == "[":
            found, at = _bracket(pattern, at + 1)
            classes.append(found)
        else:
            literal, at = _character(pattern, at)
            classes.append(_Class(((literal, literal),)))
    return _Pattern(tuple(classes), _mask(n in stars for n in range(len(classes) + 1)))


def _bracket(pattern: str, at: int) -> tuple[_Class, int]:
    negated = pattern[at : at + 1] == "^"
    at += negated
    ranges: list[tuple[str, str]] = []
    while pattern[at : at + 1] != "]" or not ranges:
        low, at = _bracket_character(pattern, at)
        high = low
        if pattern[at : at + 1] == "-":
            high, at = _bracket_character(pattern, at + 1)
        ranges.append((low, high))  # Go accepts a reversed range, which then matches nothing
    return _Class(tuple(ranges), negated), at + 1


def _bracket_character(pattern: str, at: int) -> tuple[str, int]:
    if pattern[at : at + 1] in ("", "-", "]"):
        raise BadPattern(pattern)
    char, at = _character(pattern, at)
    if at >= len(pattern):
        raise BadPattern(pattern)
    return char, at


def _character(pattern: str, at: int) -> tuple[str, int]:
    if pattern[at] != "\\":
        return pattern[at], at + 1
    if at + 1 >= len(pattern):
        raise BadPattern(pattern)
    return pattern[at + 1], at + 2
