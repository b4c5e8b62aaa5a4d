"""A repository's bundles as one set: what to write so that readers see the whole of it, and no more."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fleet.bundler.domain.rows import Row
from fleet.events import BundleSet, set_digest

EMPTY = BundleSet(size=0, digest=set_digest({}))
"""The set of an owner that has nothing left."""


class OlderThanStored(Exception):
    """A record of this owner comes from a later commit: this reading is out of date and must be dropped."""


@dataclass(frozen=True, slots=True)
class Change:
    """What takes a set from the present to the wanted one; equal sets give an empty change.

    `set` stands on every record that is written. `write` has names of wanted bundles, `retire` the rows
    of those that are gone.
    """

    set: BundleSet
    write: tuple[str, ...]
    retire: tuple[Row, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not self.write and not self.retire


def plan_change(wanted: Mapping[str, str], present: Iterable[Row], *, commit_sequence: int) -> Change:
    """Compare the wanted bundles (name to spec digest) with all records of their owner.

    The youngest record says which set is the owner's. Where no bundle changed and it names another set,
    as after a kill in the middle of a commit that the next one took back, one record is written again
    for its sake: readers would wait for that set for ever.

    Raises:
        OlderThanStored: a record was written for a later commit.
    """
    rows = {row.bundle: row for row in present}
    if any(row.commit_sequence > commit_sequence for row in rows.values()):
        raise OlderThanStored
    whole = BundleSet(size=len(wanted), digest=set_digest(wanted))
    write = sorted(name for name, digest in wanted.items() if _differs(rows.get(name), digest))
    retire = [row for _, row in sorted(rows.items()) if row.rendered and row.bundle not in wanted]
    youngest = youngest_of(rows.values())
    if not write and not retire and wanted and youngest is not None and youngest.set != whole:
        write = [min(wanted)]
    return Change(whole, tuple(write), tuple(retire))


def retire_all(present: Iterable[Row]) -> Change:
    """What is to be written when the owner of these records is gone."""
    return Change(EMPTY, (), tuple(sorted((row for row in present if row.rendered), key=lambda r: r.bundle)))


def heir_of(losing: Row, present: Iterable[Row]) -> Row | None:
    """Which record must be written again before another owner takes this one's name.

    `present` are the records of the owner that loses it. The record that says what its set is must not
    disappear: then another one has to say it. None where that is not needed.
    """
    rows = list(present)
    if youngest_of(rows) != losing:
        return None
    return next((row for row in sorted(rows, key=lambda r: r.bundle) if row.rendered), None)


def youngest_of(rows: Iterable[Row]) -> Row | None:
    """The record that says what an owner's set is, or None where there are no records."""
    return max(rows, key=lambda row: row.age, default=None)


def _differs(row: Row | None, digest: str) -> bool:
    return row is None or not row.rendered or row.spec_digest != digest
