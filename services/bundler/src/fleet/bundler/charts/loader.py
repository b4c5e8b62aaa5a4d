"""The charts of one reading: fetched a few at a time, within one bound, and handed over one by one."""

import asyncio
from collections.abc import Sequence

from fleet.bundler.charts.fetcher import ChartFetcher
from fleet.bundler.domain.chartauth import ChartCredentials
from fleet.bundler.domain.chartneeds import ChartNeed, KeptChart
from fleet.bundler.errors import HostBusy

FETCHED_BYTES = 64 << 20
"""How much all archives that are fetched for one reading may hold together."""

_AT_ONCE = 4
_TOO_MUCH = KeptChart(
    error=f"more than {FETCHED_BYTES} bytes of charts are fetched for the repository together: split it"
)


class ChartLoader:
    """What was fetched for one reading so far, with its credentials, and the way to more."""

    def __init__(self, fetcher: ChartFetcher, credentials: ChartCredentials, *, workspace: str) -> None:
        self._fetcher = fetcher
        self._cache = fetcher.cache
        self._credentials = credentials
        self._workspace = workspace
        self._kept: dict[ChartNeed, KeptChart] = {}
        self._sizes: dict[str, int] = {}

    def ready(self, needs: Sequence[ChartNeed]) -> list[KeptChart] | None:
        """The charts, if all of them were fetched; None where some are still to be."""
        found = [self._kept[need] for need in needs if need in self._kept]
        there = (one.error or self._cache.size(one.digest) is not None for one in found)
        return found if len(found) == len(needs) and all(there) else None

    async def archive(self, digest: str) -> bytes | None:
        """An archive of a chart that is ready; None where it is gone again."""
        return await asyncio.to_thread(self._cache.read, digest)

    async def fetch(self, needs: Sequence[ChartNeed]) -> None:
        """Fetch these charts; those beyond the bound are refused, in the order in which they are asked for.

        Raises:
            HostBusy: too many wait for one of the hosts already. The others were fetched nevertheless, so
                that what took long is there when it is tried again.
        """
        wanted = list(dict.fromkeys(needs))
        places, arrived = asyncio.Semaphore(_AT_ONCE), dict(self._sizes)

        async def one(need: ChartNeed) -> KeptChart | HostBusy:
            async with places:
                if sum(arrived.values()) > FETCHED_BYTES:
                    return _TOO_MUCH
                try:
                    kept = await self._fetcher.fetch(need, self._credentials, workspace=self._workspace)
                except HostBusy as busy:
                    return busy
                arrived[kept.digest] = self._cache.size(kept.digest) or 0
                return kept

        async with asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(one(need)) for need in wanted]
        for need, task in zip(wanted, asked, strict=True):
            found = task.result()
            if isinstance(found, HostBusy):
                raise found
            self._kept[need] = self._accepted(found, arrived)

    def _accepted(self, kept: KeptChart, arrived: dict[str, int]) -> KeptChart:
        if kept.error or kept.digest in self._sizes:
            return kept
        if sum(self._sizes.values()) + arrived[kept.digest] > FETCHED_BYTES:
            return _TOO_MUCH
        self._sizes[kept.digest] = arrived[kept.digest]
        return kept
