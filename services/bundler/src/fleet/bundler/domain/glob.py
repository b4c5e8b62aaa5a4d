"""Patterns as Go's `filepath.Match` and `filepath.Glob` read them: no `**`, a backslash escapes."""

import re
from functools import lru_cache

_MAGIC = re.compile(r"[*?\[\\]")


class BadPattern(ValueError):
    """A pattern with an open bracket, an empty or reversed range, or nothing after its last backslash."""


def is_magic(pattern: str) -> bool:
    """Whether a text is a pattern, rather than just a name."""
    return _MAGIC.search(pattern) is not None


def matches(pattern: str, name: str) -> bool:
    """Whether the whole name fits; `*` and `?` stop at a slash. Raises BadPattern."""
    return _compiled(pattern).fullmatch(name) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    out: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "*":
            out.append("[^/]*")
            at += 1
        elif char == "?":
            out.append("[^/]")
            at += 1
        elif char == "[":
            ranges, at = _bracket(pattern, at + 1)
            out.append(ranges)
        else:
            literal, at = _character(pattern, at)
            out.append(re.escape(literal))
    return re.compile("".join(out), re.DOTALL)


def _bracket(pattern: str, at: int) -> tuple[str, int]:
    negated = pattern[at : at + 1] == "^"
    at += negated
    ranges: list[str] = []
    while pattern[at : at + 1] != "]" or not ranges:
        low, at = _bracket_character(pattern, at)
        high = low
        if pattern[at : at + 1] == "-":
            high, at = _bracket_character(pattern, at + 1)
        if high < low:
            # Go accepts a reversed range, which then matches nothing.
            ranges.append("(?!)")
            continue
        ranges.append(f"[{re.escape(low)}-{re.escape(high)}]")
    inside = "|".join(ranges)
    return (f"(?!{inside})[^/]" if negated else f"(?:{inside})"), at + 1


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
