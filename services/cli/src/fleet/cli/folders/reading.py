"""A local folder read by the same confined process that reads commits for the bundler."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from fleet.bundler.domain.chartauth import ChartCredentials
from fleet.bundler.domain.order import Order
from fleet.bundler.exchange import Answer
from fleet.bundler.pool import ReaderPool
from fleet.cli.folders.charts import LateCharts
from fleet.cli.folders.listing import LocalFolder

_PROCESSES = 2
"""One that reads, and one that looks into the index of a chart repository."""


async def read_folder(root: Path, order: Order, credentials: ChartCredentials) -> Answer:
    """The bundles that an order finds in a folder, and what was passed over; charts are fetched for it.

    Raises:
        BadInput: something in the folder is wrong, or a chart cannot be had.
        ReadingFailed: it took too long or too much memory.
        HostBusy: too many charts of one host are asked for.
    """
    async with ReaderPool(size=_PROCESSES) as pool, AsyncExitStack() as stack:
        starting = asyncio.create_task(pool.warm())
        folder = stack.enter_context(LocalFolder(root))
        modes = await asyncio.to_thread(folder.modes)
        await starting

        async def files(paths: Sequence[str]) -> Mapping[str, bytes]:
            return await asyncio.to_thread(folder.read, paths)

        charts = LateCharts(stack=stack, pool=pool, credentials=credentials)
        return await pool.read(modes, files, order, charts)
