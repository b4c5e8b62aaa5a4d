"""How many gits run at once, so that a slow host costs only those who wait for it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

AT_ONCE = 8
"""How many gits may work at the same time."""

PER_HOST = 4
"""How many of them may be busy with one host."""

WAITING = 64
"""How many may wait for slow hosts beside those that work."""

PATIENCE = 2.0
"""Seconds after which a git that has not ended is taken to wait for its host."""


class Gate:
    """Lets a bounded number of gits run, in all and for one host.

    Who runs for longer than `patience` seconds gives its place to the next and goes on as one that waits,
    as long as there are no more than `waiting` of those. So hosts that hang delay the others by no more
    than the patience, and not at all while fewer hang than may work at once.
    """

    def __init__(
        self,
        *,
        at_once: int = AT_ONCE,
        per_host: int = PER_HOST,
        waiting: int = WAITING,
        patience: float = PATIENCE,
    ) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._per_host = per_host
        self._hosts: dict[str, asyncio.Semaphore] = {}
        self._users: Counter[str] = Counter()
        self._waiting = waiting
        self._patience = patience

    @asynccontextmanager
    async def enter(self, host: str) -> AsyncIterator[None]:
        """Wait until a git for this host may run; it ends with the block."""
        async with self._host(host), self._place():
            yield

    @asynccontextmanager
    async def _host(self, host: str) -> AsyncIterator[None]:
        semaphore = self._hosts.setdefault(host, asyncio.Semaphore(self._per_host))
        self._users[host] += 1
        try:
            async with semaphore:
                yield
        finally:
            self._users[host] -= 1
            if not self._users[host]:
                del self._hosts[host], self._users[host]

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        await self._places.acquire()
        gave_up = False

        def give_up() -> None:
            nonlocal gave_up
            if self._waiting:
                self._waiting -= 1
                self._places.release()
                gave_up = True

        timer = asyncio.get_running_loop().call_later(self._patience, give_up)
        try:
            yield
        finally:
            timer.cancel()
            if gave_up:
                self._waiting += 1
            else:
                self._places.release()
