"""The records of a reading: which events say what changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fleet.bundler.domain.reading import ReadBundle
from fleet.bundler.domain.rows import Row
from fleet.bundler.domain.sets import Change
from fleet.bundler.domain.warnings import ReadWarning
from fleet.events import BundleRendered, BundleRetired, BundleSet, Owner, Stored, event_id

BundleEvent = BundleRendered | BundleRetired


@dataclass(frozen=True, slots=True)
class Reading:
    """What one owner has at one commit; `cause` is the event that all records follow from.

    `uid` is that of the one bundle of a declared Bundle object; a repository's get theirs when they are
    first written. `warnings` is what was passed over, for people.
    """

    workspace: str
    owner: Owner
    commit: str
    commit_sequence: int
    bundles: tuple["Named", ...]
    cause: Stored[Any]
    uid: str = ""
    warnings: tuple[ReadWarning, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """A bundle with the names of its sealed parts, and the digest of all that matters about it.

    `bundle` is None where it was not read, as nothing about it has changed.
    """

    name: str
    content: str
    options: str
    digest: str
    bundle: ReadBundle | None


def events_for(
    reading: Reading, change: Change, named: Mapping[str, Named], rows: Mapping[str, Row]
) -> list[BundleEvent]:
    """The events that make a change; `rows` are the present records by bundle name."""
    rendered = [
        _rendered(reading, one, one.bundle, rows.get(one.name), change.set)
        for one in map(named.__getitem__, change.write)
        if one.bundle is not None
    ]
    retired = [
        retired_event(row, commit=reading.commit, commit_sequence=reading.commit_sequence, whole=change.set)
        for row in change.retire
    ]
    return [*rendered, *retired]


def retired_event(row: Row, *, commit: str, commit_sequence: int, whole: BundleSet) -> BundleRetired:
    """The event that a bundle is gone; `whole` is what its owner has left."""
    return BundleRetired(
        workspace=row.workspace,
        bundle=row.bundle,
        uid=row.uid,
        owner=row.owner,
        commit=commit,
        commit_sequence=commit_sequence,
        set=whole,
    )


def _rendered(
    reading: Reading, one: Named, bundle: ReadBundle, row: Row | None, whole: BundleSet
) -> BundleRendered:
    """A record of ours goes on; any other name starts anew, with a uid of its own."""
    ours = row if row and row.rendered and row.owner.uid == reading.owner.uid else None
    minted = event_id("Bundle", reading.workspace, one.name, reading.owner.uid, reading.commit_sequence)
    return BundleRendered(
        workspace=reading.workspace,
        bundle=one.name,
        uid=ours.uid if ours else reading.uid or minted,
        generation=ours.generation + (ours.spec_digest != one.digest) if ours else 1,
        owner=reading.owner,
        commit=reading.commit,
        commit_sequence=reading.commit_sequence,
        set=whole,
        labels=bundle.labels,
        annotations=bundle.annotations,
        spec=bundle.spec,
        content=one.content,
        options=one.options,
        spec_digest=one.digest,
    )
