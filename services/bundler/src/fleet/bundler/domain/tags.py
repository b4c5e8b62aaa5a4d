"""The tags of a chart in a registry: versions, spelled without the plus that a tag may not have.

`1.2.3+up1` is tagged `1.2.3_up1`. Build metadata decides between versions that are equal otherwise, so that
the order in which a registry lists its tags never matters.
"""

import re
from collections.abc import Sequence

from fleet.bundler.domain.versions import BadVersion, Version, compare, parse_constraint, parse_version


def choose_tag(tags: Sequence[str], version: str) -> str | None:
    """The newest version among these tags that a constraint allows; None where nothing fits.

    A version with build metadata means only that build. Raises BadConstraint.
    """
    wanted = normalized(version)
    constraint = parse_constraint(wanted or "*")
    metadata = one.metadata if (one := _strict(wanted)) is not None else ""
    best: Version | None = None
    for tag in tags:
        found = _strict(tag.replace("_", "+"))
        if found is None or not constraint.allows(found) or (metadata and found.metadata != metadata):
            continue
        if best is None or _newer(found, best):
            best = found
    return best.text if best else None


def normalized(version: str) -> str:
    """A version with its build metadata behind a plus, where it was written as a tag; others unchanged."""
    if _version(version) is None and _version(version.replace("_", "+")) is not None:
        return version.replace("_", "+")
    return version


def _newer(one: Version, other: Version) -> bool:
    """By precedence, then by build metadata: none first, numbers by their value."""
    by_precedence = compare(one, other)
    return by_precedence > 0 if by_precedence else _builds(one) > _builds(other)


def _builds(version: Version) -> list[tuple[int, int, str]]:
    parts = version.metadata.split(".") if version.metadata else []
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


def _strict(text: str) -> Version | None:
    """A version with all three numbers; a `v` before them is taken."""
    version = _version(text)
    numbers = re.match(r"v?\d+\.\d+\.\d+(?![.\d])", text)
    return version if version is not None and numbers else None


def is_version(text: str) -> bool:
    """Whether a text is one version, and no constraint."""
    return _version(text) is not None


def _version(text: str) -> Version | None:
    try:
        return parse_version(text)
    except BadVersion:
        return None
