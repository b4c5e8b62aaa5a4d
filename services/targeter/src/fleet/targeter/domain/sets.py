"""Which bundles may be acted on: a repository's bundles are one set, taken whole or not yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from fleet.events import BundleRendered, BundleRetired, BundleSet, Owner, Stored, set_digest

BundleKey = tuple[str, str]
"""Workspace and name of a bundle."""

OwnerKey = tuple[str, str]
"""Workspace and uid of what a bundle belongs to."""

Record = BundleRendered | BundleRetired
Live = Mapping[str, Stored[BundleRendered]]
"""The bundles of one owner by name, each as its stream holds it."""


def bundle_set(live: Live) -> BundleSet:
    """Number and digest of a set."""
    digests = {name: stored.event.spec_digest for name, stored in live.items()}
    return BundleSet(size=len(live), digest=set_digest(digests))


@dataclass(slots=True)
class _Belongings:
    owner: Owner
    names: set[str] = field(default_factory=set)
    acted: BundleSet | None = None


class RepositorySets:
    """The last records of all bundles, by owner.

    Each record carries number and digest of its owner's whole set at that commit. The set is complete
    when the last records of this owner match what the newest of them says: highest commit sequence, and
    of those the one stored last. A set that was acted on before is complete too, whatever came of the
    records that said so: another owner may have taken the name of one that was retired.
    """

    def __init__(self) -> None:
        self._known: dict[BundleKey, Stored[Record]] = {}
        self._owners: dict[OwnerKey, _Belongings] = {}

    def put(self, stored: Stored[Record]) -> set[OwnerKey]:
        """Take over a record; give the owners whose set it touches. One that is known already is ignored."""
        record = stored.event
        key, owner = (record.workspace, record.bundle), (record.workspace, record.owner.uid)
        known = self._known.get(key)
        if known and known.sequence >= stored.sequence:
            return set()
        touched = {owner}
        if known and known.event.owner.uid != record.owner.uid:
            before = (record.workspace, known.event.owner.uid)
            self._owners[before].names.discard(record.bundle)
            touched.add(before)
        self._known[key] = stored
        self._owners.setdefault(owner, _Belongings(record.owner)).names.add(record.bundle)
        return touched

    def complete(self, owner: OwnerKey) -> Live | None:
        """The owner's bundles if its set is complete, else None."""
        known = self.records(owner)
        if not known:
            return None
        newest = max(known.values(), key=lambda stored: (stored.event.commit_sequence, stored.sequence))
        live = {name: s for name, stored in known.items() if (s := _rendered(stored)) is not None}
        return live if bundle_set(live) in (newest.event.set, self.acted(owner)) else None

    def records(self, owner: OwnerKey) -> Mapping[str, Stored[Record]]:
        """The last record of every bundle of this owner, retired ones included."""
        belongings = self._owners.get(owner)
        return {name: self._known[owner[0], name] for name in sorted(belongings.names)} if belongings else {}

    def record(self, key: BundleKey) -> Stored[Record] | None:
        """The last record of a bundle, acted on or not."""
        return self._known.get(key)

    def owners(self) -> list[OwnerKey]:
        """Everyone who has, or had, a bundle."""
        return list(self._owners)

    def named(self, kind: str, workspace: str, name: str) -> list[OwnerKey]:
        """The owners of that kind (in lower case) and name, each with another uid."""
        return [
            key
            for key, found in self._owners.items()
            if (found.owner.kind.lower(), key[0], found.owner.name) == (kind, workspace, name)
        ]

    def owner(self, owner: OwnerKey) -> Owner | None:
        """Who that is."""
        belongings = self._owners.get(owner)
        return belongings.owner if belongings else None

    def acted(self, owner: OwnerKey) -> BundleSet | None:
        """The set that is acted on, if any."""
        belongings = self._owners.get(owner)
        return belongings.acted if belongings else None

    def act(self, owner: OwnerKey, acted: BundleSet) -> None:
        """Remember which set is acted on (also from before a restart)."""
        if belongings := self._owners.get(owner):
            belongings.acted = acted


def _rendered(stored: Stored[Record]) -> Stored[BundleRendered] | None:
    return cast("Stored[BundleRendered]", stored) if isinstance(stored.event, BundleRendered) else None
