"""Everything that the streams of a hub say: what they still have of the past, then what comes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

from fleet.bus import Bus, Feed
from fleet.events import (
    BundleRendered,
    BundleRetired,
    ClusterRecord,
    DeadLetter,
    DeploymentReported,
    DeploymentTargeted,
    Event,
    GitCommitDetected,
    Resource,
    RolloutAdvanced,
    Stored,
    ViewPart,
)

TOLD: tuple[tuple[type[Event], ...], ...] = (
    (Resource,),
    (ClusterRecord,),
    (GitCommitDetected,),
    (BundleRendered, BundleRetired),
    (RolloutAdvanced,),
    (DeploymentTargeted,),
    (DeploymentReported,),
    (ViewPart,),
    (DeadLetter,),
)
"""The classes that tell what happens, those of one stream together."""

_ROOM = 10_000


class Journal:
    """Reads several streams at once; use it as a context. The past comes in the order of time."""

    def __init__(self, feeds: Iterable[Feed[Any]]) -> None:
        self._feeds = tuple(feeds)
        self._past: list[Stored[Any]] = []
        self._live: asyncio.Queue[Stored[Any]] = asyncio.Queue(_ROOM)
        self._tasks = asyncio.TaskGroup()
        self._readers: list[asyncio.Task[None]] = []

    @classmethod
    def of(cls, bus: Bus, *, history: bool) -> Self:
        """All of a hub; with `history` every value that its streams still have, else the last ones."""
        return cls(bus.follow(*classes, history=history) for classes in TOLD)

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        self._readers = [self._tasks.create_task(self._read(feed)) for feed in self._feeds]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for reader in self._readers:
            reader.cancel()
        await self._tasks.__aexit__(None, None, None)  # an error of the block is its own

    async def past(self) -> list[Stored[Any]]:
        """What the streams had when they were opened, oldest first."""
        await asyncio.gather(*(feed.caught_up() for feed in self._feeds))
        past, self._past = self._past, []
        return sorted(past, key=lambda stored: stored.time)

    async def next(self) -> Stored[Any]:
        """The next event that is stored from now on."""
        return await self._live.get()

    async def _read(self, feed: Feed[Any]) -> None:
        try:
            async for stored in feed:
                if feed.is_caught_up:
                    await self._live.put(stored)
                else:
                    self._past.append(stored)
        finally:
            await feed.aclose()
