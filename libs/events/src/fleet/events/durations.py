"""Durations as Fleet's API accepts them: Go's notation, never negative."""

import re
from decimal import Decimal

_UNITS = {
    "ns": Decimal("1e-9"),
    "us": Decimal("1e-6"),
    "µs": Decimal("1e-6"),
    "μs": Decimal("1e-6"),
    "ms": Decimal("1e-3"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3600),
}
_PART = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")
_MAX = 2_562_047 * _UNITS["h"]
_MAX_LENGTH = 32


class InvalidDuration(ValueError):
    """A text that is no duration, with the rule that it breaks."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(
            f'{text!r} is not a duration: write "0" or numbers with the units ns, us, µs, ms, s, m or h'
            ' (such as "15s" or "1h30m") in at most 32 characters, not negative and at most 2562047h'
        )


def parse_duration(text: str) -> float:
    """The seconds that a Go duration such as `1h30m`, `300ms` or `0` stands for.

    Days, weeks and years are no units, a number needs one (but for `0`), a sign is refused except `+`.

    Raises:
        InvalidDuration: everything else, what is longer than 32 characters (fleet.md 1.1), and what is above
            2562047h (where Go's int64 ends).
    """
    bare = text.removeprefix("+")
    if bare == "0":
        return 0.0
    if not bare or len(text) > _MAX_LENGTH or _PART.sub("", bare):
        raise InvalidDuration(text)
    seconds = sum((Decimal(n) * _UNITS[unit] for n, unit in _PART.findall(bare)), Decimal(0))
    if seconds > _MAX:
        raise InvalidDuration(text)
    return float(seconds)
