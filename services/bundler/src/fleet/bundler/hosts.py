"""How many commits are fetched from one host at a time, and who has to come again."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fleet.bundler.errors import HostBusy

PLACES = 4
"""How many commits are fetched from one host at a time."""

LINE = 4
"""How many more may wait for one of these places; all others are told when to come again."""

_SOONEST, _LATEST = 0.5, 60.0
_STEP, _STEP_WHILE_STILL = 0.02, 0.5
_STILL = 10.0
"""Seconds: those who are sent away come again one by one, rarely where no place became free for a while."""


@dataclass(slots=True)
class _Host:
    places: asyncio.Semaphore
    inside: int = 0
    freed: float = field(default_factory=time.monotonic)
    next: float = 0.0


class Hosts:
    """Bounds the work for each host: one that hangs keeps no more than its own places and its line busy."""

    def __init__(self, *, places: int = PLACES, line: int = LINE) -> None:
        self._places = places
        self._room = places + line
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def enter(self, name: str) -> AsyncIterator[None]:
        """Wait in the line of a host until one of its places is free; the block has it until it ends.

        Raises:
            HostBusy: the line is full; it says after how many seconds to come again.
        """
        host = self._hosts.setdefault(name, _Host(asyncio.Semaphore(self._places)))
        if host.inside >= self._room:
            raise HostBusy(name, _appointment(host))
        host.inside += 1
        try:
            async with host.places:
                yield
        finally:
            host.inside -= 1
            host.freed = time.monotonic()
            if not host.inside:
                del self._hosts[name]


def _appointment(host: _Host) -> float:
    """Seconds after which the next of those who are sent away is to come."""
    now = time.monotonic()
    step = _STEP if now - host.freed < _STILL else _STEP_WHILE_STILL
    host.next = min(max(host.next + step, now + _SOONEST), now + _LATEST)
    return host.next - now
