"""Many writes at a time, each to its end."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable


async def side_by_side(jobs: Iterable[Callable[[], Awaitable[None]]], *, at_once: int) -> None:
    """Do all jobs, so many at a time, to their end; then raise what the first of them raised, as it is."""
    slots = asyncio.Semaphore(at_once)

    async def one(job: Callable[[], Awaitable[None]]) -> None:
        async with slots:
            await job()

    for outcome in await asyncio.gather(*(one(job) for job in jobs), return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome
