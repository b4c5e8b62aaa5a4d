"""Equal, although not spelled alike: how the API server writes numbers and quantities down."""

import re
from decimal import Decimal
from typing import Any

_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))([eE][+-]?\d+|[numkKMGTPE]i?)?")
_SUFFIXES: dict[str, Decimal] = {
    "": Decimal(1),
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "k": Decimal("1e3"),
    "M": Decimal("1e6"),
    "G": Decimal("1e9"),
    "T": Decimal("1e12"),
    "P": Decimal("1e15"),
    "E": Decimal("1e18"),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
    "Pi": Decimal(2**50),
    "Ei": Decimal(2**60),
}


def same_scalar(wanted: Any, live: Any) -> bool:
    """Whether two plain values are one: 1 is 1.0, but never true."""
    if isinstance(wanted, bool) or isinstance(live, bool):
        return wanted is live
    return bool(wanted == live)


def same_quantity(wanted: Any, live: Any) -> bool:
    """Whether two resource quantities are equal: `1000m` is 1, `1Gi` is `1024Mi`."""
    first, second = parse_quantity(wanted), parse_quantity(live)
    return first is not None and first == second


def parse_quantity(value: Any) -> Decimal | None:
    """Read a quantity; None when it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    found = _QUANTITY.fullmatch(str(value).strip())
    if found is None:
        return None
    number, suffix = Decimal(found[1]), found[2] or ""
    if suffix in _SUFFIXES:
        return number * _SUFFIXES[suffix]
    if suffix[:1] in "eE" and len(suffix) > 1:
        return number * Decimal(f"1{suffix}")
    return None
