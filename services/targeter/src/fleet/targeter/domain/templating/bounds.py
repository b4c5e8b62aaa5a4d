"""What a value template may cost: bounds on what its functions build, and on the time it takes.

A budget of iterations and calls says no only after a function has returned. So the few functions whose
answer may be far larger than what they are given are asked first how large it gets, and every answer is
measured.
"""

import functools
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

SECONDS = 1.0
"""The time that one rendering may take."""

LARGEST = 1_000_000
"""Characters and values that one text, list or map of a template may have, whatever is in it counted."""

ITERATIONS = 100_000
CALLS = 10_000
DEPTH = 100

Function = Callable[..., Any]


class TooMuch(Exception):
    """A template asked for more than its bounds; the text says of what, and how much there may be."""


class Clock:
    """The time that is left to one rendering; `start` begins a new one."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._end = 0.0

    def start(self) -> None:
        """Begin a rendering."""
        self._end = time.monotonic() + self._seconds

    def check(self) -> None:
        """Raise TooMuch when the time is over."""
        if time.monotonic() > self._end:
            raise TooMuch(f"the template took longer than {self._seconds:g} s")


def bounded(functions: Mapping[str, Function], clock: Clock) -> dict[str, Function]:
    """The same functions, which raise TooMuch before they build what is beyond the bounds."""
    return {name: _bounded(function, _FORECASTS.get(name), clock) for name, function in functions.items()}


def check_size(value: object) -> None:
    """Raise TooMuch for a value that is too large once everything in it is written out."""
    left, rest = LARGEST, [value]
    while rest:
        item = rest.pop()
        left -= len(item) + 1 if isinstance(item, str | bytes) else 1
        if isinstance(item, Mapping):
            rest += [*item.keys(), *item.values()]
        elif isinstance(item, list | tuple):
            rest += item
        elif isinstance(item, int) and item.bit_length() > 64:
            raise TooMuch("the template computes numbers of more than 64 bits")
        if left < 0 or len(rest) > left:
            raise TooMuch(f"the template builds a value of more than {LARGEST} characters and values")


def _bounded(function: Function, forecast: Callable[..., int] | None, clock: Clock) -> Function:
    @functools.wraps(function)
    def call(*arguments: Any) -> Any:
        clock.check()
        if forecast is not None and _forecast(forecast, arguments) > LARGEST:
            raise TooMuch(f"the template builds a value of more than {LARGEST} characters and values")
        found = function(*arguments)
        check_size(getattr(found, "value", found))
        return found

    return call


def _forecast(forecast: Callable[..., int], arguments: Sequence[Any]) -> int:
    try:
        return forecast(*arguments)
    except (TypeError, ValueError, AttributeError, ZeroDivisionError):
        return 0  # the function itself says what is wrong with its arguments


def _repeat(count: int, text: str) -> int:
    return int(count) * len(text)


def _indent(spaces: int, text: str) -> int:
    return int(spaces) * (text.count("\n") + 1) + len(text)


def _replace(old: str, new: str, text: str) -> int:
    return len(text) + (text.count(old) if old else len(text) + 1) * len(new)


def _join(separator: str, values: Any) -> int:
    return len(separator) * len(values) if isinstance(values, list | tuple) else 0


def _until(count: int) -> int:
    return abs(int(count))


def _until_step(start: int, stop: int, step: int) -> int:
    return abs((int(stop) - int(start)) // int(step))


def _seq(*parameters: int) -> int:
    numbers = [int(number) for number in parameters]
    first, last = (1, numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[-1])
    return abs(last - first) * (len(str(last)) + 1)


def _wrap_with(width: int, separator: str, text: str) -> int:
    return len(text) + (len(text) // max(1, int(width)) + 1) * len(separator)


def _regex(pattern: str, text: str, *_: Any) -> int:
    return len(pattern) * len(text)  # the steps of a linear matcher


def _regex_replace(pattern: str, text: str, new: str) -> int:
    return max(_regex(pattern, text), (len(text) + 1) * len(new))


def _printf(text: str, *_: Any) -> int:
    widths = [int(number[:9]) for number in re.findall(r"[0-9]+", text)]
    return LARGEST + 1 if "*" in text else sum(widths)


_FORECASTS: dict[str, Callable[..., int]] = {
    "repeat": _repeat,
    "indent": _indent,
    "nindent": _indent,
    "replace": _replace,
    "join": _join,
    "until": _until,
    "untilStep": _until_step,
    "seq": _seq,
    "wrapWith": _wrap_with,
    "printf": _printf,
    **dict.fromkeys(("regexMatch", "regexFind", "regexFindAll", "regexSplit"), _regex),
    **dict.fromkeys(("mustRegexMatch", "mustRegexFind", "mustRegexFindAll", "mustRegexSplit"), _regex),
    **dict.fromkeys(("regexReplaceAll", "regexReplaceAllLiteral"), _regex_replace),
    **dict.fromkeys(("mustRegexReplaceAll", "mustRegexReplaceAllLiteral"), _regex_replace),
}
