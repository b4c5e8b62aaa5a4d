"""A bus on a server of its own, and small events to send over it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from fleet.bus import Bus, Subscriber
from fleet.events import GitCommitDetected
from support.nats import NatsServer, running_nats

WORKSPACE = "fleet-default"


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


async def until(condition: Callable[[], object], *, seconds: float = 20.0) -> None:
    """Wait for a condition; fails when it does not come true in that time."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


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
