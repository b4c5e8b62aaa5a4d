"""A whole run of the demo: set the scene, play the steps, clear up."""

import time
from contextlib import AsyncExitStack
from pathlib import Path

from fleet.bus import BusError
from fleet.cli.demo.git import NAME, DemoRepository
from fleet.cli.demo.progress import Progress
from fleet.cli.demo.record import Record, Step
from fleet.cli.demo.scene import Scene, StepFailed
from fleet.cli.demo.steps import CLUSTERS, STEPS, Steps
from fleet.cli.errors import CommandFailed
from fleet.cli.hub import Hub
from fleet.git.serve import serving
from fleet.kube import KubeError

_EXPECTED = (StepFailed, CommandFailed, BusError, KubeError, RuntimeError, OSError)


async def perform(folder: Path, progress: Progress) -> Record:
    """Run every step in a hub in `folder` (which must be empty); the first step that fails is the last."""
    record = Record()
    async with AsyncExitStack() as stack:
        started = time.perf_counter()
        with progress.running("start git, NATS, every service, three clusters"):
            repository = DemoRepository(folder / "git")
            repository.served.mkdir(parents=True)
            server = stack.enter_context(serving(repository.served))
            hub = await stack.enter_async_context(Hub(folder / "hub", clusters=CLUSTERS))
            bus = await stack.enter_async_context(await hub.connect())
        count = f"{len(hub.processes)} processes"
        progress.done(Step("start", True, time.perf_counter() - started, count))
        scene = Scene(hub=hub, bus=bus, repository=repository, url=server.url_of(NAME))
        await _play(Steps(scene=scene, record=record), record, progress)
    return record


async def _play(steps: Steps, record: Record, progress: Progress) -> None:
    for name, step in STEPS.items():
        started = time.perf_counter()
        try:
            with progress.running(name):
                detail, ok = await step(steps), True
        except (*_EXPECTED, ExceptionGroup) as error:
            detail, ok = str(error), False
        done = Step(name, ok, time.perf_counter() - started, detail)
        record.steps.append(done)
        progress.done(done)
        if not ok:
            return
