"""Charts for a reading of the command: what fetches them is imported when the first one is wanted.

That takes longer than reading most folders does, and most folders have their charts with them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from fleet.bundler.domain.chartauth import ChartCredentials
from fleet.bundler.domain.chartneeds import ChartNeed, KeptChart
from fleet.bundler.pool import ReaderPool

if TYPE_CHECKING:
    from fleet.bundler.charts import ChartLoader

_NOBODY = "command"


class LateCharts:
    """The charts of one reading. What is fetched stays until `stack` is closed."""

    def __init__(self, *, stack: AsyncExitStack, pool: ReaderPool, credentials: ChartCredentials) -> None:
        self._stack = stack
        self._pool = pool
        self._credentials = credentials
        self._loader: ChartLoader | None = None

    def ready(self, needs: Sequence[ChartNeed]) -> Sequence[KeptChart] | None:
        """The charts, if all of them were fetched."""
        return self._loader.ready(needs) if self._loader else None

    async def archive(self, digest: str) -> bytes | None:
        """An archive of a chart that is ready; None where it is gone again."""
        return await self._loader.archive(digest) if self._loader else None

    async def fetch(self, needs: Sequence[ChartNeed]) -> None:
        """Fetch charts, so that they are ready. Raises HostBusy."""
        if self._loader is None:
            self._loader = await self._start()
        await self._loader.fetch(needs)

    async def _start(self) -> ChartLoader:
        from fleet.bundler.charts import ChartCache, ChartFetcher, ChartLoader

        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="fleet-charts-")))
        cache = ChartCache(folder / "charts")
        fetcher = ChartFetcher(cache=cache, git=folder / "git", choose=self._pool.choose)
        await self._stack.enter_async_context(fetcher)
        return ChartLoader(fetcher, self._credentials, workspace=_NOBODY)
