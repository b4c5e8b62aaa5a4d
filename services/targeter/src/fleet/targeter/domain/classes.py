"""What every cluster runs: one small number per cluster that says which set of entries it has.

Clusters with the same entries share a class, so that a set is kept, named and encoded once. Giving a
bundle to a set of clusters splits the classes that the set touches; nothing else is looked at.
"""

from bisect import insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from fleet.events import manifest_digest
from fleet.targeter.domain.index import NOTHING
from fleet.targeter.domain.sets import BundleKey

Slot = tuple[BundleKey, str]
"""A bundle, and the digest of its entry on some cluster."""


@dataclass(frozen=True, slots=True)
class ManifestClass:
    """A distinct set of entries, ordered by bundle; `digest` is what agents act on."""

    slots: tuple[Slot, ...]
    entries: tuple[str, ...]
    digest: str


def manifest_class(slots: Iterable[Slot]) -> ManifestClass:
    """Order the slots by bundle and name the whole."""
    ordered = tuple(sorted(slots))
    entries = tuple(digest for _, digest in ordered)
    return ManifestClass(ordered, entries, manifest_digest(entries))


_EMPTY = manifest_class(())


class ManifestClasses:
    """The entries of every cluster by ordinal, and the clusters of every bundle by entry."""

    def __init__(self) -> None:
        self._classes: list[ManifestClass | None] = [_EMPTY]
        self._numbers: dict[tuple[Slot, ...], int] = {(): 0}
        self._sizes = [0]
        self._free: list[int] = []
        self._of: NDArray[np.int32] = np.zeros(1024, dtype=np.int32)
        self._holders: dict[BundleKey, dict[str, BitMap]] = {}

    def manifest(self, ordinal: int) -> ManifestClass:
        """What a cluster runs; one that is not known runs nothing."""
        return self._classes[self._number_of(ordinal)] or _EMPTY

    def holders(self, bundle: BundleKey) -> Mapping[str, BitMap]:
        """The clusters that run a bundle, by entry digest; disjoint."""
        return self._holders.get(bundle, {})

    def running(self, bundle: BundleKey) -> BitMap:
        """All clusters that run a bundle."""
        return BitMap.union(NOTHING, *self.holders(bundle).values())

    def bundles(self) -> list[BundleKey]:
        """Every bundle that runs anywhere."""
        return list(self._holders)

    def load(self, ordinal: int, slots: Iterable[Slot]) -> None:
        """Say what a cluster runs, as its last manifest has it."""
        found = manifest_class(slots)
        for bundle, digest in found.slots:
            self._holders.setdefault(bundle, {}).setdefault(digest, BitMap()).add(ordinal)
        self._put(ordinal, self._number(found.slots))

    def assign(self, bundle: BundleKey, digest: str | None, members: BitMap) -> BitMap:
        """Give an entry of a bundle to clusters, or (None) take the bundle away; give those that changed."""
        table = self._holders.setdefault(bundle, {})
        if digest is None:
            changed = members & BitMap.union(NOTHING, *table.values())
        else:
            changed = members - table.get(digest, NOTHING)
        for other in self._others(bundle, table, changed) - {digest}:
            table[other] -= changed
            if not table[other]:
                del table[other]
        if digest is not None and changed:
            table.setdefault(digest, BitMap()).update(changed)
        if not table:
            del self._holders[bundle]
        self._split(bundle, digest, changed)
        return changed

    def forget(self, ordinal: int) -> None:
        """Drop a cluster that is gone."""
        for bundle, digest in self.manifest(ordinal).slots:
            table = self._holders[bundle]
            table[digest].discard(ordinal)
            if not table[digest]:
                del table[digest]
            if not table:
                del self._holders[bundle]
        self._put(ordinal, 0)

    def _others(self, bundle: BundleKey, table: Mapping[str, BitMap], changed: BitMap) -> set[str]:
        """The entries that some of these clusters have; of many entries only theirs are looked at."""
        if len(table) <= len(changed):
            return set(table)
        slots = (slot for ordinal in changed for slot in self.manifest(ordinal).slots)
        return {digest for key, digest in slots if key == bundle and digest in table}

    def _split(self, bundle: BundleKey, digest: str | None, changed: BitMap) -> None:
        """Move clusters class by class: only classes are looked at one by one."""
        if not changed:
            return
        ordinals = np.frombuffer(changed.to_array(), dtype=np.uint32)
        self._make_room(int(ordinals[-1]))
        moves: dict[int, int] = {}
        for old in np.unique(self._of[ordinals]).tolist():
            slots = [slot for slot in (self._classes[old] or _EMPTY).slots if slot[0] != bundle]
            if digest is not None:
                insort(slots, (bundle, digest))
            moves[old] = self._number(tuple(slots))
        self._move(ordinals, moves)

    def _number(self, slots: tuple[Slot, ...]) -> int:
        number = self._numbers.get(slots)
        if number is not None:
            return number
        found = manifest_class(slots)
        if self._free:
            number = self._free.pop()
            self._classes[number], self._sizes[number] = found, 0
        else:
            number = len(self._classes)
            self._classes.append(found)
            self._sizes.append(0)
        self._numbers[slots] = number
        return number

    def _number_of(self, ordinal: int) -> int:
        return int(self._of[ordinal]) if ordinal < len(self._of) else 0

    def _make_room(self, ordinal: int) -> None:
        if ordinal >= len(self._of):
            self._of = np.concatenate((self._of, np.zeros(ordinal + 1, dtype=np.int32)))

    def _put(self, ordinal: int, number: int) -> None:
        self._make_room(ordinal)
        old = int(self._of[ordinal])
        self._of[ordinal] = number
        self._count(old, number, 1)

    def _move(self, ordinals: NDArray[np.integer[Any]], moves: Mapping[int, int]) -> None:
        """Give clusters the classes that `moves` has for those that they are in; all of these occur."""
        of = self._of[ordinals]
        old = np.array(sorted(moves), dtype=np.int32)
        place = np.searchsorted(old, of)
        new = np.array([moves[number] for number in old.tolist()], dtype=np.int32)
        self._of[ordinals] = new[place]
        for before, after, count in zip(
            old.tolist(), new.tolist(), np.bincount(place, minlength=len(old)).tolist(), strict=True
        ):
            self._count(before, after, count)

    def _count(self, before: int, after: int, count: int) -> None:
        self._sizes[before] -= count
        self._sizes[after] += count
        self._drop_if_empty(before)

    def _drop_if_empty(self, number: int) -> None:
        # Classes that nobody has any more would pile up with every commit.
        found = self._classes[number]
        if number and self._sizes[number] == 0 and found is not None:
            del self._numbers[found.slots]
            self._classes[number] = None
            self._free.append(number)
