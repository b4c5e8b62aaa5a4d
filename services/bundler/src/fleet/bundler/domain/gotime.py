"""Times and durations as the API's types of Go read and write them."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from fleet.bundler.domain.yamltext import Document, Path

_UNITS = {
    "ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000,
    "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000,
}  # fmt: skip
_PART = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")
_PARTS = re.compile(rf"({_PART.pattern})+")
_MAX = 1 << 63
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})([.,][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
)


@dataclass(frozen=True, slots=True)
class DurationText:
    """A duration such as `5m`, written again as Go does (`5m0s`); it is there even when the file has none."""

    def read(self, doc: Document, at: Path, value: Any, *, lenient: bool) -> Any:
        """The duration in Go's own spelling; a null is none, which Go refuses."""
        nanoseconds = _parsed(value) if isinstance(value, str) else None
        if nanoseconds is None:
            raise doc.wrong(at, 'must be a duration with the units ns, us, ms, s, m or h, such as "1h30m"')
        return _written(nanoseconds)

    def absent(self, value: Any) -> bool:
        """Nothing is left out: Go writes `0s`."""
        return value is None


@dataclass(frozen=True, slots=True)
class TimeText:
    """A point in time as RFC 3339 has it, which is only checked."""

    def read(self, doc: Document, at: Path, value: Any, *, lenient: bool) -> Any:
        """The text."""
        if value is None or (isinstance(value, str) and _is_time(value)):
            return value
        raise doc.wrong(at, 'must be a time such as "2006-01-02T15:04:05Z"')

    def absent(self, value: Any) -> bool:
        """What is not there is left out."""
        return value is None


def _is_time(text: str) -> bool:
    match = _TIME.fullmatch(text)
    if match is None:
        return False
    try:
        datetime.fromisoformat(f"{match[1]}{match[3]}")
    except ValueError:
        return False
    return True


def _parsed(text: str) -> int | None:
    """The nanoseconds of a duration; None where Go finds it wrong."""
    bare = text.removeprefix("-") if text.startswith("-") else text.removeprefix("+")
    if bare == "0":
        return 0
    if not _PARTS.fullmatch(bare):
        return None
    found = sum(int(Decimal(number) * _UNITS[unit]) for number, unit in _PART.findall(bare))
    sign = -1 if text.startswith("-") else 1
    return sign * found if -_MAX <= sign * found < _MAX else None


def _written(nanoseconds: int) -> str:
    sign, left = ("-" if nanoseconds < 0 else ""), abs(nanoseconds)
    if left == 0:
        return "0s"
    for unit, least in (("ns", 1), ("µs", 1_000), ("ms", 1_000_000)):
        if left < min(1_000 * least, _UNITS["s"]):
            return f"{sign}{_shortest(left, least)}{unit}"
    minutes, left = divmod(left, _UNITS["m"])
    seconds = f"{_shortest(left, _UNITS['s'])}s"
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{sign}{hours}h{minutes}m{seconds}"
    return f"{sign}{minutes}m{seconds}" if minutes else f"{sign}{seconds}"


def _shortest(count: int, unit: int) -> str:
    """A count of a unit with as few decimals as it needs."""
    whole, rest = divmod(count, unit)
    digits = len(str(unit)) - 1
    return f"{whole}.{rest:0{digits}}".rstrip("0").rstrip(".") if rest else str(whole)
