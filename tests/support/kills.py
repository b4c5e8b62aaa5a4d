"""Kill trials: a commit is on its way, a process dies at a seeded instant, all must end equal."""

import asyncio
import contextlib
import os
import random
import signal
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import psutil

from fleet.bus import BusError
from fleet.cli.comparison.__main__ import compare_hub
from fleet.cli.comparison.pairs import Comparison
from fleet.cli.demo.scene import GITREPO, WORKSPACE, Scene, StepFailed
from fleet.kube import KubeError
from support.outstanding import Hop, is_own, outstanding_hop, read_facts

VICTIMS = ("gitjob", "bundler", "targeter", "gateway", "agent", "nats", "pocket")
LATEST_KILL = 0.9
TRIES = 5
FACTS_BACK = 30.0
"""Seconds in which facts can be read again, the broker having been killed or not."""

ONE_READ = 1.0
"""Seconds after which a question is asked anew: a broker that starts may lose it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What one trial did, and how it ended.

    `outstanding` is the hop that still had work when the process died, `own` whether the process was one
    that does that work. `attempts` counts the kills until one came in time. Where it did not end equal,
    `differences` has the pairs and `trouble` what was waited for.
    """

    seed: int
    victim: str
    after_seconds: float
    attempts: int
    outstanding: Hop
    own: bool
    equal: bool
    differences: tuple[dict[str, Any], ...] = ()
    trouble: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class KillTrials:
    """Runs trials on one hub; every trial leaves it at rest and equal, or says so."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._release = 0

    async def run(self, seed: int) -> Trial:
        """One trial that counts: repeated with an earlier instant while nothing was outstanding."""
        chance = random.Random(seed)
        victim = VICTIMS[seed % len(VICTIMS)]
        latest = LATEST_KILL
        for attempt in range(1, TRIES + 1):
            after = chance.uniform(0, latest)
            hop, commit = await self._killed(victim, after)
            trouble, found = await self._settled(commit)
            if hop or trouble:
                return Trial(
                    seed=seed,
                    victim=victim,
                    after_seconds=round(after, 3),
                    attempts=attempt,
                    outstanding=hop,
                    own=is_own(victim, hop),
                    equal=not trouble,
                    differences=tuple(one.to_json() for one in found.differences) if found else (),
                    trouble=trouble,
                )
            latest = after / 2
        raise AssertionError(f"seed {seed}: no instant was found at which work was outstanding")

    async def _killed(self, victim: str, after_seconds: float) -> tuple[Hop, str]:
        """Push a commit and kill; gives the hop that had work left, and the commit."""
        self._release += 1
        commit = await self._scene.repository.commit_release(self._release)
        await asyncio.sleep(after_seconds)
        self._victim = victim, self._scene.hub.processes[victim]
        os.kill(self._victim[1], signal.SIGKILL)
        async with asyncio.timeout(FACTS_BACK):
            while _lives(self._victim[1]):
                await asyncio.sleep(0.001)
            return await self._outstanding(commit, datetime.now(UTC)), commit

    async def _outstanding(self, commit: str, killed: datetime) -> Hop:
        """The hop, read at once, or as soon as a broker that was killed is back."""
        while True:
            with contextlib.suppress(BusError, TimeoutError):
                async with asyncio.timeout(ONE_READ):
                    facts = await read_facts(self._scene.bus, WORKSPACE, GITREPO)
                    return outstanding_hop(facts, commit, killed=killed)
            await asyncio.sleep(0.02)

    async def _settled(self, commit: str) -> tuple[str, Comparison | None]:
        """Wait until the victim runs again and all is equal; gives what did not come, and the comparison.

        It compares as `python -m fleet.cli.comparison` does, but in this process, and once more where the
        commit did not arrive, so that the record tells what differs.
        """
        found: Comparison | None = None

        async def compared() -> bool:
            nonlocal found
            with contextlib.suppress(BusError, KubeError):  # what was killed may not answer yet
                found = await compare_hub(self._scene.hub.layout.folder)
            return found is not None

        async def equal() -> bool:
            return await compared() and found is not None and found.equal

        try:
            await self._scene.until("the process that was killed runs again", self._runs_again)
            await self._scene.delivered(commit)
            await self._scene.until("desired = delivered = reported", equal)
        except StepFailed as error:
            with contextlib.suppress(StepFailed):
                await self._scene.until("a comparison", compared)
            return str(error), found
        return "", found

    async def _runs_again(self) -> bool:
        name, pid = self._victim
        return self._scene.hub.processes[name] != pid


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
