"""A bus on a server of its own, and small events to send over it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import TypeVar

from fleet.bus import Bus, Subscriber
from fleet.events import GitCommitDetected
from support.nats import NatsServer, running_nats
from support.waiting import DEADLINE

WORKSPACE = "fleet-default"

T = TypeVar("T")


@contextlib.asynccontextmanager
async def running_bus(folder: Path) -> AsyncIterator[tuple[NatsServer, Bus]]:
    """A real server with all streams, and a bus connected to it."""
    async with running_nats(folder) as server, await Bus.connect(server.url, name="test") as bus:
        await bus.ensure_streams()
        yield server, bus


@contextlib.asynccontextmanager
async def running(subscriber: Subscriber, bus: Bus) -> AsyncIterator[None]:
    """The subscriber runs while the block does."""
    task = asyncio.create_task(subscriber.run(bus))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def soon(awaited: Awaitable[T]) -> T:
    """What is awaited, or a failure when it does not come within the usual deadline."""
    async with asyncio.timeout(DEADLINE):
        return await awaited


def a_commit(number: int, *, gitrepo: str = "web", workspace: str = WORKSPACE) -> GitCommitDetected:
    """The commit of this number in a repository."""
    return GitCommitDetected(
        workspace=workspace,
        gitrepo=gitrepo,
        uid="5f0c2c4e-0000-4000-8000-000000000001",
        generation=1,
        repo="https://git.example/web",
        branch="main",
        commit=f"{number:040x}",
    )


def number_of(commit: GitCommitDetected) -> int:
    """The number that `a_commit` was given."""
    return int(commit.commit, 16)
