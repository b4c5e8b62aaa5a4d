"""Versions and constraints as Helm reads them: the rules of Masterminds/semver 3.5, which Helm is built with.

They are looser than semver.org (`1.2`, `v1`) and have operators that no library of Python's has (`~>`, `=<`,
`1 - 2`, `1.x`), so they are written out here. The expressions are run by RE2, as in Go: it reads them the
same way, and in time that grows with the text only.
"""

from dataclasses import dataclass
from functools import cmp_to_key, lru_cache

import re2

_MAX_VERSION = 256
_MAX_CONSTRAINT = 512
_MAX_GROUPS = 32
_MAX_NUMBER = 2**64 - 1
_IDENTIFIERS = r"(?:[0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*)"
_VERSION = re2.compile(
    rf"v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-({_IDENTIFIERS}))?(?:\+({_IDENTIFIERS}))?"
)

_OPERATORS = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^"
_PART = r"[0-9|x|X|\*]+"
_WANTED = rf"v?({_PART})(\.{_PART})?(\.{_PART})?(-{_IDENTIFIERS})?(?:\+{_IDENTIFIERS})?"
_LOOSE = rf"v?{_PART}(?:\.{_PART})?(?:\.{_PART})?(?:-{_IDENTIFIERS})?(?:\+{_IDENTIFIERS})?"
_ONE = re2.compile(rf"\s*({_OPERATORS})\s*{_WANTED}\s*")
_EACH = re2.compile(rf"(?:{_OPERATORS})\s*{_LOOSE}")
_ALL = re2.compile(rf"\s*(?:{_OPERATORS})\s*{_LOOSE}\s*(?:(?:\s+|,\s*)(?:{_OPERATORS})\s*{_LOOSE}\s*)*")
_RANGE = re2.compile(rf"\s*({_LOOSE})\s+-\s+({_LOOSE})\s*")
_ANY = ("x", "X", "*")


class BadVersion(ValueError):
    """A text that is no version; it says why."""


class BadConstraint(ValueError):
    """A text that is no version constraint; it says why, in Helm's words."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version. `text` is how it was written; build metadata counts in no comparison."""

    major: int
    minor: int
    patch: int
    pre: str
    metadata: str
    text: str

    @property
    def numbers(self) -> tuple[int, int, int]:
        """Major, minor and patch."""
        return (self.major, self.minor, self.patch)


def parse_version(text: str) -> Version:
    """Read a version; what is missing of the three numbers is 0. Raises BadVersion."""
    found = _VERSION.fullmatch(text) if len(text.encode(errors="replace")) <= _MAX_VERSION else None
    if found is None:
        raise BadVersion("invalid semantic version")
    major, minor, patch = (int(part or 0) for part in found.groups()[:3])
    pre, metadata = found.group(4) or "", found.group(5) or ""
    if max(major, minor, patch) > _MAX_NUMBER:
        raise BadVersion("a number of the version is too large")
    if any(_is_number(part) and len(part) > 1 and part[0] == "0" for part in pre.split(".")):
        raise BadVersion("a number of the pre-release starts with 0")
    return Version(major, minor, patch, pre=pre, metadata=metadata, text=text)


def parse_strict(text: str) -> Version:
    """Read a version that has all three numbers, without leading zeros or a `v`. Raises BadVersion."""
    version = parse_version(text)
    numbers = text.split("+")[0].split("-")[0].split(".")
    if len(numbers) != 3 or any(
        not _is_number(part) or (len(part) > 1 and part[0] == "0") for part in numbers
    ):
        raise BadVersion("invalid semantic version")
    return version


def compare(one: Version, other: Version) -> int:
    """-1, 0 or 1 as one version is before, equal to or after the other."""
    if one.numbers != other.numbers:
        return -1 if one.numbers < other.numbers else 1
    if one.pre == other.pre:
        return 0
    if not one.pre or not other.pre:
        return 1 if not one.pre else -1
    return _compare_pre(one.pre, other.pre)


def newest_first(versions: list[str]) -> list[int]:
    """The positions of these versions, newest first, what is no version last; equals keep their order."""
    parsed = {n: version for n, text in enumerate(versions) if (version := _parsed(text)) is not None}
    newest = cmp_to_key(_newest)
    good = sorted(parsed, key=lambda n: newest(parsed[n]))
    return good + [n for n in range(len(versions)) if n not in parsed]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One operator with its version; `given` counts the numbers that are no wildcards (3: all are given)."""

    operator: str
    version: Version
    given: int


@dataclass(frozen=True, slots=True)
class Constraint:
    """Versions that are wanted: one of the groups must hold, with all that stands in it."""

    groups: tuple[tuple[_Wanted, ...], ...]

    def allows(self, version: Version) -> bool:
        """Whether the version is wanted; pre-releases only by a group that names one."""
        return any(
            (not version.pre or any(wanted.version.pre for wanted in group))
            and all(_CHECKS[wanted.operator](version, wanted) for wanted in group)
            for group in self.groups
        )


@lru_cache(maxsize=256)
def parse_constraint(text: str) -> Constraint:
    """Read a constraint such as `>= 1.2, < 2 || ~3`. Raises BadConstraint."""
    if len(text.encode(errors="replace")) > _MAX_CONSTRAINT:
        raise BadConstraint(f"constraint string is too long (max {_MAX_CONSTRAINT} bytes)")
    groups = _without_ranges(text).split("||")
    if len(groups) > _MAX_GROUPS:
        raise BadConstraint(f"too many constraint groups (max {_MAX_GROUPS})")
    return Constraint(tuple(_group(group) for group in groups))


def _group(text: str) -> tuple[_Wanted, ...]:
    if not _ALL.fullmatch(text):
        raise BadConstraint(f'improper constraint: "{text}"')
    return tuple(_one(part.group()) for part in _EACH.finditer(text))


def _one(text: str) -> _Wanted:
    found = _ONE.fullmatch(text)
    if found is None:
        raise BadConstraint(f'improper constraint: "{text}"')
    parts = [(found.group(n) or "").lstrip(".") for n in (2, 3, 4)]
    given = next((n for n, part in enumerate(parts) if not part or part in _ANY), 3)
    pre = found.group(5) or ""
    whole = text[found.start(2) : found.end()].strip() if given == 3 else ""
    try:
        version = parse_version(whole or ".".join([*parts[:given], *["0"] * (3 - given)]) + pre)
    except BadVersion:
        raise BadConstraint("constraint parser error") from None
    return _Wanted(found.group(1), version, given)


def _without_ranges(text: str) -> str:
    """`1 - 2` is `>= 1, <= 2`."""
    rewritten = text
    for found in _RANGE.finditer(text):
        rewritten = rewritten.replace(found.group(), f">= {found.group(1)}, <= {found.group(2)} ", 1)
    return rewritten


def _equal(version: Version, wanted: _Wanted) -> bool:
    return _tilde(version, wanted) if wanted.given < 3 else compare(version, wanted.version) == 0


def _not_equal(version: Version, wanted: _Wanted) -> bool:
    want = wanted.version
    if wanted.given < 3:
        if want.major != version.major or (want.minor != version.minor and wanted.given != 1):
            return True
        if wanted.given == 1:
            return False
        if wanted.given == 2:
            return bool(version.pre or want.pre) and _compare_pre(version.pre, want.pre) != 0
        if want.patch != version.patch:
            return True
    return compare(version, want) != 0


def _greater(version: Version, wanted: _Wanted) -> bool:
    want = wanted.version
    if wanted.given < 3 and version.major != want.major:
        return version.major > want.major
    if wanted.given == 1:
        return False
    if wanted.given == 2:
        return version.minor > want.minor
    return compare(version, want) == 1


def _less(version: Version, wanted: _Wanted) -> bool:
    return compare(version, wanted.version) < 0


def _at_least(version: Version, wanted: _Wanted) -> bool:
    return compare(version, wanted.version) >= 0


def _at_most(version: Version, wanted: _Wanted) -> bool:
    want = wanted.version
    if wanted.given == 3:
        return compare(version, want) <= 0
    if version.major > want.major:
        return False
    return not (version.major == want.major and version.minor > want.minor and wanted.given != 1)


def _tilde(version: Version, wanted: _Wanted) -> bool:
    want = wanted.version
    if compare(version, want) < 0:
        return False
    if want.numbers == (0, 0, 0) and wanted.given in (0, 3):
        return True  # `~0.0.0` and `~*` take everything
    return version.major == want.major and (version.minor == want.minor or wanted.given == 1)


def _caret(version: Version, wanted: _Wanted) -> bool:
    want = wanted.version
    if compare(version, want) < 0:
        return False
    if want.major > 0 or wanted.given == 1:
        return version.major == want.major
    if version.major > 0:
        return False
    if want.minor > 0 or wanted.given == 2:
        return version.minor == want.minor
    return version.minor == 0 and want.patch == version.patch


_CHECKS = {
    "": _equal,
    "=": _equal,
    "!=": _not_equal,
    ">": _greater,
    "<": _less,
    ">=": _at_least,
    "=>": _at_least,
    "<=": _at_most,
    "=<": _at_most,
    "~": _tilde,
    "~>": _tilde,
    "^": _caret,
}


def _compare_pre(one: str, other: str) -> int:
    ones, others = one.split("."), other.split(".")
    for n in range(max(len(ones), len(others))):
        mine, theirs = (parts[n] if n < len(parts) else "" for parts in (ones, others))
        if mine != theirs:
            return 1 if _rank(mine) > _rank(theirs) else -1
    return 0


def _rank(part: str) -> tuple[int, int, str]:
    """Nothing is before numbers, and those are before words."""
    if not part:
        return (0, 0, "")
    if _is_number(part) and int(part) <= _MAX_NUMBER:
        return (1, int(part), part)
    return (2, 0, part)


def _newest(one: Version, other: Version) -> int:
    return compare(other, one)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _parsed(text: str) -> Version | None:
    try:
        return parse_version(text)
    except BadVersion:
        return None
