"""Who may have a bundle name: the owner that lives and was first (design: ownership of a bundle name)."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from fleet.bundler.domain.rows import Row
from fleet.events import Owner


@dataclass(frozen=True, slots=True)
class Claims:
    """The names that an owner may write, and those that another live owner has."""

    ours: frozenset[str]
    refused: dict[str, Owner]


def claim(names: Iterable[str], *, owner: Owner, rows: Mapping[str, Row], dead: Container[str]) -> Claims:
    """Decide about every name. `rows` has the records that exist, `dead` the uids of owners that are gone.

    A name is free when it has no record, a retired one, or one of a dead owner.
    """
    refused = {
        name: row.owner
        for name in names
        if (row := rows.get(name))
        and row.rendered
        and row.owner.uid != owner.uid
        and row.owner.uid not in dead
    }
    return Claims(frozenset(names) - refused.keys(), dict(sorted(refused.items())))
