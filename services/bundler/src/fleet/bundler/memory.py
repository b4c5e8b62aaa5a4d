"""Remembers the last readings of repositories, as many as there is room for."""

from collections import OrderedDict

from fleet.bundler.domain.order import Order
from fleet.bundler.domain.remembered import Remembered

ROOM = 40_000
"""How many looks and warnings are remembered in all; a bundle takes one or a few, some 1.5 KB each."""


class Memory:
    """The last reading of each repository, by the uid of its GitRepo; what was not used for long goes first.

    Nothing depends on it but speed.
    """

    def __init__(self, *, room: int = ROOM) -> None:
        self._room = room
        self._left = room
        self._found: OrderedDict[str, Remembered] = OrderedDict()

    def of(self, uid: str, order: Order) -> Remembered | None:
        """What was read for this order, if that is the last one that was read for."""
        found = self._found.get(uid)
        if found is None or found.order != order:
            return None
        self._found.move_to_end(uid)
        return found

    def keep(self, uid: str, reading: Remembered) -> None:
        """Remember a reading in the place of the one before."""
        self.forget(uid)
        self._found[uid] = reading
        self._left -= reading.size
        while self._left < 0:
            self.forget(next(iter(self._found)))

    def forget(self, uid: str) -> None:
        """Have the next reading of a repository be a whole one."""
        if (before := self._found.pop(uid, None)) is not None:
            self._left += before.size
