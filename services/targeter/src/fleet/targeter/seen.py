"""Keeps SEEN: when clusters were heard of last, for the next leader; once a minute, in chunks."""

import asyncio
from collections.abc import Iterator

from fleet.bus import Bus
from fleet.events import LastSeen
from fleet.targeter.bells import in_steps
from fleet.targeter.domain.estate import Estate
from fleet.targeter.views import SOURCE

PERIOD = 60.0
"""Seconds between two looks at what changed."""

CHUNK = 4096
"""Ordinals that share one message."""

_SHARD = "all"


class SeenTimes:
    """Last-seen times by cluster uid, in chunks of neighbouring ordinals."""

    def __init__(self, *, bus: Bus, estate: Estate) -> None:
        self._bus = bus
        self._estate = estate
        self._present: dict[int, dict[str, int]] = {}

    async def load(self) -> None:
        """Take over the times that an earlier leader kept."""
        async for stored in self._bus.present(LastSeen, shard=_SHARD):
            self._present[stored.event.n] = stored.event.seen
            self._estate.ledger.seen_before(stored.event.seen)

    async def run(self) -> None:
        """Write what changed once a minute until cancelled. Raises BusError."""
        while True:
            await asyncio.sleep(PERIOD)
            await self.write()

    async def write(self) -> None:
        """Write every chunk that has news."""
        chunks: dict[int, dict[str, int]] = {}
        await in_steps(self._gather(chunks))
        for n, seen in sorted(chunks.items()):
            if seen != self._present.get(n):
                await self._bus.publish(LastSeen(shard=_SHARD, n=n, seen=seen), source=SOURCE)
                self._present[n] = seen

    def _gather(self, chunks: dict[int, dict[str, int]]) -> Iterator[None]:
        for cluster in list(self._estate.clusters):
            if at := self._estate.ledger.last_seen(cluster.key, cluster.uid):
                chunks.setdefault(cluster.ordinal // CHUNK, {})[cluster.uid] = at
            yield
