"""A local folder read by the same confined process that reads commits for the bundler."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from fleet.bundler.charts import ChartCache, ChartCredentials, ChartFetcher
from fleet.bundler.domain.order import Order
from fleet.bundler.exchange import Answer
from fleet.bundler.pool import ReaderPool
from fleet.cli.folders.listing import LocalFolder

_NOBODY = "command"
_PROCESSES = 2
"""One that reads, and one that looks into the index of a chart repository."""


async def read_folder(root: Path, order: Order, credentials: ChartCredentials) -> Answer:
    """The bundles that an order finds in a folder, and what was passed over; charts are fetched for it.

    Raises:
        BadInput: something in the folder is wrong, or a chart cannot be had.
        ReadingFailed: it took too long or too much memory.
        HostBusy: too many charts of one host are asked for.
    """
    with LocalFolder(root) as folder, tempfile.TemporaryDirectory(prefix="fleet-charts-") as scratch:
        modes = await asyncio.to_thread(folder.modes)

        async def files(paths: Sequence[str]) -> Mapping[str, bytes]:
            return await asyncio.to_thread(folder.read, paths)

        cache = ChartCache(Path(scratch, "charts"))
        async with (
            ReaderPool(size=_PROCESSES) as pool,
            ChartFetcher(cache=cache, git=Path(scratch, "git"), choose=pool.choose) as fetcher,
        ):
            charts = fetcher.loader(credentials, workspace=_NOBODY)
            return await pool.read(modes, files, order, charts)
