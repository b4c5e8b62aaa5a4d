"""Taking turns in one loop: bells that wake a worker, and long work in steps that let others in."""

import asyncio
import time
from collections.abc import Iterator

_TURN_SECONDS = 0.02


class Bells:
    """Wakes workers that wait; ringing often before one looks wakes it once."""

    def __init__(self) -> None:
        self.writer = asyncio.Event()
        self.views = asyncio.Event()

    def ring(self) -> None:
        """Something was taken in."""
        self.writer.set()
        self.views.set()


async def rung(bell: asyncio.Event, *, within: float | None = None) -> None:
    """Wait for the bell, or until so many seconds are over, and take it back."""
    try:
        async with asyncio.timeout(within):
            await bell.wait()
    except TimeoutError:
        pass
    bell.clear()


async def in_steps(work: Iterator[None]) -> None:
    """Do work that is done while it is iterated, and let others have their turn every 20 ms.

    A lease that is not renewed in time because its holder decides for long would be lost.
    """
    began = time.monotonic()
    for _ in work:
        if time.monotonic() - began >= _TURN_SECONDS:
            await asyncio.sleep(0)
            began = time.monotonic()
