"""Who is to look again: one bell per worker, rung by whatever took something in."""

import asyncio


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
