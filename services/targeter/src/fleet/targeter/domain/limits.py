"""Numbers of a rollout strategy: a count, or a share that is rounded as Fleet does (fleet.md 4.2)."""

import math
import re
from typing import Any

from fleet.targeter.domain.errors import TargetingError

_NUMBER = re.compile(r"[+-]?[0-9]+")
_PERCENT = 100


def limit(where: str, count: int, *values: Any) -> int:
    """How many of `count` are meant: by the first value that is given, or else all.

    A number is kept between 0 and `count`, but a number written as text is not; a share is rounded down,
    and is at least 1. Of none it is 1. Raises TargetingError naming `where` for anything else.
    """
    if count <= 0:
        return 1
    value = next((value for value in values if value is not None), f"{_PERCENT}%")
    if isinstance(value, int) and not isinstance(value, bool):
        return min(max(value, 0), count)
    if not isinstance(value, str):
        raise TargetingError(where, "is neither a number nor a text")
    if _NUMBER.fullmatch(value) and int(value) > 0:
        return int(value)
    if not value.endswith("%"):
        wrong = f"invalid maxUnavailable, must be int or percentage (ending with %): {value}"
        raise TargetingError(where, wrong)
    return _share(where, count, value)


def _share(where: str, count: int, value: str) -> int:
    number = value.removesuffix("%")
    try:
        percent = float(number) if number == number.strip() and "_" not in number else None
    except ValueError:
        percent = None
    if percent is None:
        raise TargetingError(
            where, f'failed to parse {value}: strconv.ParseFloat: parsing "{number}": invalid syntax'
        )
    if not math.isfinite(percent) or percent <= 0:
        return 1
    return min(max(int(count * percent) // _PERCENT, 1), count)
