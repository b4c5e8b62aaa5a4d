"""Kill trials: a commit is on its way, a process dies at a seeded instant, all must end equal."""

import asyncio
import contextlib
import os
import random
import signal
from dataclasses import asdict, dataclass
from typing import Any

from fleet.cli.comparison.__main__ import compare_hub
from fleet.cli.demo.scene import GITREPO, WORKSPACE, Scene
from fleet.cli.objects.kinds import KINDS
from fleet.kube import KubeError

VICTIMS = ("gitjob", "bundler", "targeter", "gateway", "agent", "nats", "pocket")
LATEST_KILL = 0.9
TRIES = 5


@dataclass(frozen=True, slots=True)
class Trial:
    """What one trial did; `outstanding` is the hop that still had work when the process died."""

    seed: int
    victim: str
    after_seconds: float
    outstanding: str
    equal: bool
    differences: Any = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


async def outstanding_hop(scene: Scene, commit: str) -> str:
    """Which hop a commit has not passed yet: detect, read, target or deliver; empty when it is everywhere."""
    status = (await scene.objects.get(KINDS["gitrepo"], WORKSPACE, GITREPO)).get("status", {})
    if status.get("commit") != commit:
        return "detect"
    if status.get("reading", {}).get("commit") != commit:
        return "read"
    if status["reading"].get("set") != status.get("rollup", {}).get("set"):
        return "target"
    ready = next((c["status"] for c in status.get("conditions", ()) if c["type"] == "Ready"), "")
    return "" if ready == "True" else "deliver"


class KillTrials:
    """Runs trials on one hub; every trial leaves it at rest and equal, or says so."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._release = 0
        self._killed: dict[str, int] = {}

    async def run(self, seed: int) -> Trial:
        """One trial that counts: repeated with an earlier instant while nothing was outstanding."""
        chance = random.Random(seed)
        victim = VICTIMS[seed % len(VICTIMS)]
        latest = LATEST_KILL
        for _ in range(TRIES):
            trial = await self._attempt(seed, victim, chance.uniform(0, latest))
            if trial.outstanding or not trial.equal:
                return trial
            latest = trial.after_seconds / 2
        raise AssertionError(f"seed {seed}: no instant was found at which work was outstanding")

    async def _attempt(self, seed: int, victim: str, after_seconds: float) -> Trial:
        await self._scene.until(f"{victim} runs again", lambda: self._runs(victim))
        self._release += 1
        commit = await self._scene.repository.commit_release(self._release)
        await asyncio.sleep(after_seconds)
        hop = await outstanding_hop(self._scene, commit)
        self._killed[victim] = self._scene.hub.processes[victim]
        os.kill(self._killed[victim], signal.SIGKILL)
        await self._scene.delivered(commit)
        found = await self._settled()
        return Trial(seed, victim, round(after_seconds, 3), hop, found["equal"], found["differences"])

    async def _runs(self, victim: str) -> bool:
        """Whether it was never killed, or started again since."""
        return self._scene.hub.processes[victim] != self._killed.get(victim)

    async def _settled(self) -> dict[str, Any]:
        """Compare until all is equal, as `python -m fleet.cli.comparison` does, but in this process."""
        found: dict[str, Any] = {}

        async def equal() -> bool:
            nonlocal found
            with contextlib.suppress(KubeError):  # a cluster that was killed may not be back yet
                found = (await compare_hub(self._scene.hub.layout.folder)).to_json()
            return bool(found.get("equal"))

        await self._scene.until("desired = delivered = reported", equal)
        return found
