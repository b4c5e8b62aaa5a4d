"""The arguments that name objects: `KIND`, `KIND NAME...`, `KIND/NAME...`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from fleet.cli.errors import Usage
from fleet.cli.objects.kinds import Kind, kind_named


@dataclass(frozen=True, slots=True)
class Reference:
    """One object by kind and name, its workspace being the command's."""

    kind: Kind
    name: str


def references(words: Sequence[str]) -> list[Reference]:
    """The objects that arguments name, in their order.

    Raises:
        Usage: the two forms are mixed, or a name is missing.
        UnknownKind: a word names no kind.
    """
    if not words:
        raise Usage("name the object: KIND/NAME, or KIND NAME")
    if any("/" in word for word in words):
        return [_slashed(word) for word in words]
    kind, names = kind_named(words[0]), words[1:]
    if not names:
        raise Usage(f"name the {kind.name}: {words[0]}/NAME, or {words[0]} NAME")
    return [Reference(kind, name) for name in names]


def listed(words: Sequence[str]) -> list[tuple[Kind, list[str]]]:
    """The kinds that arguments of `get` ask for, each with names; no names stand for all its objects.

    Several kinds have commas between them (`gitrepo,cluster`); names behind them are sought in each.

    Raises:
        Usage: as `references`.
        UnknownKind: a word names no kind.
    """
    if any("/" in word for word in words):
        slashed = references(words)
        return [(kind, [one.name for one in group]) for kind, group in groupby(slashed, lambda one: one.kind)]
    kinds = dict.fromkeys(kind_named(word) for word in words[0].split(","))
    return [(kind, list(words[1:])) for kind in kinds]


def split_edits(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Arguments of `label` in two: those that name objects, and the edits (`k=v`, `k-`) behind them."""
    first = next((n for n, word in enumerate(words) if "=" in word or word.endswith("-")), len(words))
    return list(words[:first]), list(words[first:])


def _slashed(word: str) -> Reference:
    kind, slash, name = word.partition("/")
    if not slash or not name or "/" in name:
        raise Usage(f"{word!r} is not of the form KIND/NAME, as the other arguments are")
    return Reference(kind_named(kind), name)
