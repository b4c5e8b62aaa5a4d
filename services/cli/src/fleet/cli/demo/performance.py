"""A whole run of the demo: set the scene, play the steps, clear up."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from fleet.bus import BusError
from fleet.cli.demo.git import NAME, DemoRepository
from fleet.cli.demo.progress import Progress
from fleet.cli.demo.record import Record, Step
from fleet.cli.demo.scene import Scene, StepFailed
from fleet.cli.demo.steps import CLUSTERS, STEPS, Steps
from fleet.cli.errors import CommandFailed, reason_of
from fleet.cli.hub import Hub
from fleet.git.serve import serving
from fleet.kube import KubeError

_EXPECTED = (StepFailed, CommandFailed, BusError, KubeError, RuntimeError, OSError, ExceptionGroup)


async def perform(folder: Path, progress: Progress) -> Record:
    """Run every step in a hub in `folder` (which must be empty); the first step that fails is the last.

    Starting the hub and keeping it alive are steps of the record only where they fail.
    """
    record, began, part = Record(), time.perf_counter(), "start"
    try:
        async with _scene(folder, progress) as scene:
            part = "keep the hub alive"
            await _play(Steps(scene=scene, record=record), record, progress)
    except _EXPECTED as error:
        _note(Step(part, False, time.perf_counter() - began, reason_of(error)), record, progress)
    return record


@asynccontextmanager
async def _scene(folder: Path, progress: Progress) -> AsyncIterator[Scene]:
    """Start everything, and end it with the block."""
    async with AsyncExitStack() as stack:
        began = time.perf_counter()
        with progress.running("start git, NATS, every service, three clusters"):
            repository = DemoRepository(folder / "git")
            repository.served.mkdir(parents=True)
            server = stack.enter_context(serving(repository.served))
            hub = await stack.enter_async_context(Hub(folder / "hub", clusters=CLUSTERS))
            bus = await stack.enter_async_context(await hub.connect())
        count = f"{len(hub.processes)} processes"
        progress.done(Step("start", True, time.perf_counter() - began, count))
        yield Scene(hub=hub, bus=bus, repository=repository, url=server.url_of(NAME))


async def _play(steps: Steps, record: Record, progress: Progress) -> None:
    for name, step in STEPS.items():
        began = time.perf_counter()
        try:
            with progress.running(name):
                detail, ok = await step(steps), True
        except _EXPECTED as error:
            detail, ok = reason_of(error), False
        _note(Step(name, ok, time.perf_counter() - began, detail), record, progress)
        if not ok:
            return


def _note(step: Step, record: Record, progress: Progress) -> None:
    record.steps.append(step)
    progress.done(step)
