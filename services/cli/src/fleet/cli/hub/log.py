"""The log of a program, bounded: in the file and in the one beside it stand the last bytes, no more."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

MAX_BYTES = 16 << 20
CHECK_SECONDS = 5.0
"""What a program writes between two looks can be more than MAX_BYTES; it is cut at the next."""


@asynccontextmanager
async def bounded(log: Path) -> AsyncIterator[None]:
    """Bound a log at once, and every 5 s while the block runs.

    Whoever writes must have opened it to append: it is emptied under their hands, as `logrotate` does it
    with `copytruncate`. Lines that are written in that moment may be lost.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    _bound(log)
    looking = asyncio.create_task(_look(log))
    try:
        yield
    finally:
        looking.cancel()
        await asyncio.wait([looking])


async def _look(log: Path) -> None:
    while True:
        await asyncio.sleep(CHECK_SECONDS)
        await asyncio.to_thread(_bound, log)


def _bound(log: Path) -> None:
    """A log above MAX_BYTES begins anew; its end goes beside it, in place of what went there before."""
    try:
        size = log.stat().st_size
        if size <= MAX_BYTES:
            return
    except OSError:
        return  # nothing written yet, or removed by hand
    with contextlib.suppress(OSError):  # the disk may be full already: then only emptying helps
        _keep_end(log, log.with_suffix(".log.1"), skip=size - MAX_BYTES)
    with contextlib.suppress(OSError):
        os.truncate(log, 0)


def _keep_end(log: Path, beside: Path, *, skip: int) -> None:
    with log.open("rb") as source, beside.open("wb") as target:
        source.seek(skip)
        target.write(source.read(MAX_BYTES))
