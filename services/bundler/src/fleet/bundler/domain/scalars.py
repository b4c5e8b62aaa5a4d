"""What a plain YAML scalar means to Kubernetes' parser: YAML 1.1 as go-yaml reads it, not as PyYAML does.

`yes` and `on` are booleans, `0o17` and `017` are 15, dates and `12:30:45` stay text (quirks 36 and 37).
"""

import math
import re

Scalar = None | bool | int | float | str

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_BASES = (
    (re.compile(r"0[xX][0-9a-fA-F]+"), 16, 2),
    (re.compile(r"0[oO][0-7]+"), 8, 2),
    (re.compile(r"0[bB][01]+"), 2, 2),
    (re.compile(r"0[0-7]*"), 8, 0),
    (re.compile(r"[1-9][0-9]*"), 10, 0),
)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_MAX_UNSIGNED = (1 << 64) - 1
_MIN_SIGNED = -(1 << 63)


def plain(text: str) -> Scalar:
    """The value of a scalar that is neither quoted nor tagged."""
    if text in _WORDS:
        return _WORDS[text]
    if not text or text[0] not in "+-.0123456789":
        return text
    bare = text if text[0] == "." else text.replace("_", "")
    whole = _integer(bare)
    if whole is not None:
        return whole
    return float(bare) if _FLOAT.fullmatch(bare) else text


def number_text(value: float) -> str:
    """A float in Go's shortest form (`%g` with as many digits as needed), as keys and labels show it."""
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return repr(value)


def json_number(value: int | float) -> int | float:
    """A number after a way through Go's float64, which is what free-form values take (quirk 37)."""
    if isinstance(value, int):
        return value if abs(value) <= 1 << 53 else json_number(float(value))
    return int(value) if value.is_integer() and abs(value) < 1e18 else value


def _integer(text: str) -> int | None:
    sign = -1 if text[0] == "-" else 1
    digits = text[1:] if text[0] in "+-" else text
    for pattern, base, skip in _BASES:
        if pattern.fullmatch(digits):
            value = sign * int(digits[skip:] or "0", base)
            return value if _MIN_SIGNED <= value <= _MAX_UNSIGNED else None
    return None
