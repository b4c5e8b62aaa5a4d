"""Changes of labels, as people type them: `key=value` sets, `key-` removes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fleet.cli.errors import CommandFailed, Usage
from fleet.cli.objects.names import label_key, label_value

Edits = Mapping[str, str | None]
"""What becomes of each key: a value, or None to remove it."""


def parse_edits(words: Sequence[str]) -> dict[str, str | None]:
    """The edits that arguments ask for.

    Raises:
        Usage: there is none, a word is no edit, a key is given twice, or a key or value is no label's.
    """
    if not words:
        raise Usage("at least one label is required: KEY=VALUE, or KEY- to remove it")
    found: dict[str, str | None] = {}
    for word in words:
        key, equals, value = word.partition("=")
        key = key if equals else word.removesuffix("-")
        if not equals and not word.endswith("-"):
            raise Usage(f"{word!r} is neither KEY=VALUE nor KEY-")
        if key in found:
            raise Usage(f"{key!r} is given twice")
        found[_checked(label_key, key)] = _checked(label_value, value) if equals else None
    return found


def _checked(rule: object, text: str) -> str:
    try:
        return str(rule(text))  # type: ignore[operator]
    except ValueError as error:
        raise Usage(str(error)) from None


def edited(labels: Mapping[str, str], edits: Edits, *, overwrite: bool) -> dict[str, str]:
    """The labels after the edits.

    Raises:
        CommandFailed: a key has another value already and `overwrite` is false.
    """
    taken = {key: labels[key] for key, value in edits.items() if value is not None and key in labels}
    clashes = [key for key, value in taken.items() if value != edits[key]]
    if clashes and not overwrite:
        raise CommandFailed(
            "error: " + ", ".join(f"'{key}' already has a value ({taken[key]})" for key in clashes)
            + ", and --overwrite is false"
        )  # fmt: skip
    kept = {key: value for key, value in labels.items() if key not in edits}
    return kept | {key: value for key, value in edits.items() if value is not None}


def outcome(before: Mapping[str, str], after: Mapping[str, str], edits: Edits) -> str:
    """The word that kubectl prints: `labeled`, `unlabeled` or `not labeled`."""
    if before == after:
        return "not labeled"
    return "labeled" if any(value is not None for value in edits.values()) else "unlabeled"


def missing_keys(labels: Iterable[str], edits: Edits) -> list[str]:
    """The keys that are to be removed but are not there."""
    return [key for key, value in edits.items() if value is None and key not in set(labels)]
