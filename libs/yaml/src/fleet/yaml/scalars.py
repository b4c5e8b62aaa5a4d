"""What a scalar means to Kubernetes: YAML 1.1 as sigs.k8s.io/yaml reads it, not as PyYAML does.

`yes` and `on` are booleans, `0o17` and `017` are 15, dates and `12:30:45` stay text (fleet.md, quirk 36). The
reader and the writer both ask this table, so what is written is read back as it was.
"""

import base64
import math
import re
import struct
from decimal import Decimal

Scalar = None | bool | int | float | str

TAG = "tag:yaml.org,2002:"
MERGE = "<<"

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_NUMERIC = frozenset("+-.0123456789")
_DECIMAL = re.compile(r"[-+]?[1-9][0-9]{0,17}")
_BASES = (
    (re.compile(r"0[xX][0-9a-fA-F]+"), 16, 2),
    (re.compile(r"0[oO][0-7]+"), 8, 2),
    (re.compile(r"0[bB][01]+"), 2, 2),
    (re.compile(r"0[0-7]*"), 8, 0),
    (re.compile(r"[1-9][0-9]{0,19}"), 10, 0),
)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_FRACTION = re.compile(r"\.[0-9](_?[0-9])*([eE][-+]?[0-9](_?[0-9])*)?")
_MAX_UNSIGNED = (1 << 64) - 1
_MIN_SIGNED = -(1 << 63)
_TYPES: dict[str, type] = {
    f"{TAG}bool": bool,
    f"{TAG}int": int,
    f"{TAG}float": float,
    f"{TAG}null": type(None),
}


def plain(text: str) -> Scalar:
    """The value of a scalar that is neither quoted nor tagged; a float may be infinite or no number."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC:
        return text
    if _DECIMAL.fullmatch(text):
        return int(text)
    if text[0] == ".":
        return _float(text, text if _FRACTION.fullmatch(text) else "")
    bare = text.replace("_", "")
    whole = _integer(bare)
    return _float(text, bare if _FLOAT.fullmatch(bare) else "") if whole is None else whole


def tagged(tag: str, text: str) -> Scalar:
    """The value of a scalar with a tag; a tag that is not one of YAML's own changes nothing about the text.

    Raises:
        ValueError: the text is none of what the tag says.
    """
    if tag == f"{TAG}binary":
        return _decoded(text)
    wanted = _TYPES.get(tag)
    if wanted is None:
        return text
    value = plain(text)
    if type(value) is wanted:
        return value
    if wanted is float and type(value) is int:
        return float(value)
    raise ValueError(f"is not what its tag !!{tag.removeprefix(TAG)} says")


def json_number(value: float) -> int | float:
    """A float as JSON has it: a whole one has its shortest digits and no fraction, and is an integer then.

    Raises:
        ValueError: it is infinite or no number.
    """
    if not math.isfinite(value):
        raise ValueError("is not a number that JSON has")
    return int(Decimal(repr(value))) if value.is_integer() and abs(value) < 1 << 63 else value


def number_text(value: float) -> str:
    """A float where text is wanted: Go's %g with the digits that a float32 needs, as in `1.5` and `1e+06`."""
    try:
        (rounded,) = struct.unpack("<f", struct.pack("<f", value))
    except OverflowError:
        rounded = math.copysign(math.inf, value)
    if not math.isfinite(rounded):
        return "NaN" if math.isnan(rounded) else "+Inf" if rounded > 0 else "-Inf"
    text = _shortest(rounded)
    digits, _, exponent = text.partition("e")
    power = int(exponent)
    if not -5 < power < 6:
        return text
    places = len(digits.lstrip("-").replace(".", "")) - 1 - power
    return f"{rounded:.{max(0, places)}f}"


def _shortest(rounded: float) -> str:
    """The fewest digits that lead to the same float32, such as `1.5e+00`."""
    for places in range(9):
        text = f"{rounded:.{places}e}"
        if struct.pack("<f", float(text)) == struct.pack("<f", rounded):
            return text
    raise AssertionError("nine digits tell every float32 apart")


def key_text(value: Scalar) -> str | None:
    """A scalar as the key of a map, which JSON has as text; None where it cannot be one."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if value < 1 << 63 else None
    if isinstance(value, float):
        text = number_text(value)
        return {"+Inf": ".inf", "-Inf": "-.inf", "NaN": ".nan"}.get(text, text)
    return None


def _integer(text: str) -> int | None:
    sign = -1 if text.startswith("-") else 1
    digits = text[1:] if text.startswith(("+", "-")) else text
    for pattern, base, skip in _BASES:
        if pattern.fullmatch(digits):
            value = sign * int(digits[skip:], base)
            return value if _MIN_SIGNED <= value <= _MAX_UNSIGNED else None
    return None


def _float(text: str, digits: str) -> float | str:
    """The number that the digits are; the text where they are none, or more than a float can hold."""
    value = float(digits or "inf")
    return text if math.isinf(value) else value


def _decoded(text: str) -> str:
    try:
        data = base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except ValueError:
        raise ValueError("is not the base64 that its tag !!binary says") from None
    return data.decode(errors="replace")
