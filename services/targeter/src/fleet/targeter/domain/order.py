"""Clusters in the order of their names, for sets that know them by their numbers.

Fleet lets a new version out by name (fleet.md 4.3). A rank per cluster is kept beside the bitmaps, so that
"the first ten" of a million is array arithmetic and no loop.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

Named = tuple[str, str]
"""A cluster's name and, for those that share it, its workspace."""

_SHARE = 8
"""One new cluster to so many known ones: more new ones are sorted together with all."""


class NameOrder:
    """Who comes before whom. `named` gives a cluster's name; changes are taken up when somebody asks."""

    def __init__(self, named: Callable[[int], Named]) -> None:
        self._named = named
        self._ordinals: NDArray[np.uint32] = np.empty(0, np.uint32)
        self._ranks: NDArray[np.int32] = np.empty(0, np.int32)
        self._new: set[int] = set()
        self._gone: set[int] = set()

    def add(self, ordinal: int) -> None:
        """A cluster is there that was not."""
        if ordinal in self._gone:
            self._gone.discard(ordinal)
        else:
            self._new.add(ordinal)

    def remove(self, ordinal: int) -> None:
        """A cluster is gone."""
        if ordinal in self._new:
            self._new.discard(ordinal)
        else:
            self._gone.add(ordinal)

    def first(self, members: BitMap, count: int) -> BitMap:
        """The first so many of some clusters; none for a count below one."""
        if count <= 0:
            return BitMap()
        if count >= len(members):
            return members
        self._settle()
        found = np.frombuffer(members.to_array(), np.uint32)
        return _bitmap(found[np.argpartition(self._ranks[found], count - 1)[:count]])

    def cut(self, members: BitMap, size: int) -> list[BitMap]:
        """Some clusters in parts of that size (at least one), one after the other; the last may be less."""
        self._settle()
        marked = np.zeros(len(self._ordinals), bool)
        marked[self._ranks[np.frombuffer(members.to_array(), np.uint32)]] = True
        ordered = self._ordinals[marked]
        return [_bitmap(ordered[start : start + size]) for start in range(0, len(ordered), size)]

    def _settle(self) -> None:
        if not self._new and not self._gone:
            return
        if self._gone:
            places = self._ranks[np.fromiter(self._gone, np.uint32, len(self._gone))]
            self._ordinals = np.delete(self._ordinals, places)
            self._gone.clear()
        self._insert(sorted(self._new, key=self._named))
        self._new.clear()
        if not len(self._ordinals):
            return
        top = int(self._ordinals.max())
        if top >= len(self._ranks):
            self._ranks = np.empty(2 * (top + 1), np.int32)
        self._ranks[self._ordinals] = np.arange(len(self._ordinals), dtype=np.int32)

    def _insert(self, new: list[int]) -> None:
        known = len(self._ordinals)
        if len(new) * _SHARE > known:
            every = sorted([*self._ordinals.tolist(), *new], key=self._named)
            self._ordinals = np.fromiter(every, np.uint32, len(every))
            return
        found = [bisect_left(range(known), self._named(number), key=self._named_at) for number in new]
        self._ordinals = np.insert(self._ordinals, found, new)

    def _named_at(self, place: int) -> Named:
        return self._named(int(self._ordinals[place]))


def _bitmap(ordinals: NDArray[np.uint32]) -> BitMap:
    return BitMap(array("I", np.sort(ordinals).tobytes()))
