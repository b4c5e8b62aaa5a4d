"""Quantities in the one form in which a server writes them: `0.5` is `500m` and `1024Mi` is `1Gi`."""

import re
from decimal import ROUND_UP, Decimal

_FORM = re.compile(
    r"(?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+))(?:[eE](?P<power>[+-]?\d+)|(?P<suffix>[a-zA-Z]*))"
)
_DECIMAL = {-9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E"}
_POWERS = {suffix: power for power, suffix in _DECIMAL.items()}
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_SMALLEST = Decimal("1e-9")


def canonical(text: str) -> str:
    """No fraction, and the largest suffix of the same sort. Raises ValueError for what is no quantity."""
    found = _FORM.fullmatch(text)
    suffix = found["suffix"] or "" if found else ""
    if not found or (suffix not in _POWERS and suffix not in _BINARY):
        raise ValueError(f"{text!r} is no quantity")
    if suffix in _BINARY[1:]:
        value = Decimal(found["number"]) * 1024 ** _BINARY.index(suffix)
        if abs(value) >= 1024:
            return _binary(int(value.to_integral_value(ROUND_UP)))
        return _decimal(value, exponent_form=False)
    power = int(found["power"]) if found["power"] else _POWERS[suffix]
    return _decimal(Decimal(found["number"]).scaleb(power), exponent_form=found["power"] is not None)


def _binary(value: int) -> str:
    steps = 0
    while value % 1024 == 0 and steps < len(_BINARY) - 1:
        value //= 1024
        steps += 1
    return f"{value}{_BINARY[steps]}"


def _decimal(value: Decimal, *, exponent_form: bool) -> str:
    if value % _SMALLEST:
        value = value.quantize(_SMALLEST, ROUND_UP)
    if not value:
        return "0"
    power = -9
    while power < 18 and value % Decimal(1).scaleb(power + 3) == 0:
        power += 3
    number = int(value.scaleb(-power))
    if exponent_form:
        return f"{number}e{power}" if power else str(number)
    return f"{number}{_DECIMAL[power]}"
