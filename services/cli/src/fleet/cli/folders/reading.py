"""A local folder read by the same confined process that reads commits for the bundler."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from fleet.bundler.domain.order import Order
from fleet.bundler.exchange import Answer
from fleet.bundler.pool import ReaderPool
from fleet.cli.folders.listing import LocalFolder


async def read_folder(root: Path, order: Order) -> Answer:
    """The bundles that an order finds in a folder, and what was passed over.

    Raises:
        BadInput: something in the folder is wrong.
        ReadingFailed: it took too long or too much memory.
    """
    with LocalFolder(root) as folder:
        modes = await asyncio.to_thread(folder.modes)

        async def files(paths: Sequence[str]) -> Mapping[str, bytes]:
            return await asyncio.to_thread(folder.read, paths)

        async with ReaderPool(size=1) as pool:
            return await pool.read(modes, files, order)
