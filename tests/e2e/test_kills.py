"""Invariant 1: whichever process dies at whichever instant, desired = delivered = reported afterwards.

`FLEET_KILL_TRIALS` sets how many trials run, `FLEET_KILL_SEED` the first seed (see benchmarks/kills.py).
"""

import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fleet.cli.demo.scene import WORKSPACE, Scene
from fleet.cli.demo.steps import CLUSTERS
from support.kills import VICTIMS, KillTrials
from support.scene import a_scene

TRIALS = int(os.environ.get("FLEET_KILL_TRIALS", "20"))
FIRST_SEED = int(os.environ.get("FLEET_KILL_SEED", "1"))
PATHS = ("web", "cache", "report")


@asynccontextmanager
async def delivered_scene(folder: Path) -> AsyncIterator[Scene]:
    """A hub at rest: the demo's first commit is on its three clusters."""
    async with a_scene(folder) as scene:
        commit = await scene.repository.create()
        await scene.declare_gitrepo()
        await scene.delivered(commit)
        yield scene


async def test_after_any_kill_with_work_outstanding_all_three_sources_agree(tmp_path: Path) -> None:
    async with delivered_scene(tmp_path) as scene:
        trials = KillTrials(scene)

        for seed in range(FIRST_SEED, FIRST_SEED + TRIALS):
            trial = await trials.run(seed)
            sys.stdout.write(json.dumps(trial.to_json()) + "\n")
            assert trial.equal, trial
            assert trial.outstanding, trial


async def test_a_trial_that_does_not_end_equal_says_what_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with delivered_scene(tmp_path) as scene:
        agent = scene.hub.processes["agent"]
        os.kill(agent, signal.SIGSTOP)
        try:
            monkeypatch.setattr("fleet.cli.demo.scene.PATIENCE", 8.0)
            trial = await KillTrials(scene).run(VICTIMS.index("gateway"))
        finally:
            os.kill(agent, signal.SIGCONT)

    assert (trial.victim, trial.equal) == ("gateway", False)
    assert trial.outstanding
    assert "not everywhere" in trial.trouble
    differing = {(one["cluster"], one["bundle"]) for one in trial.differences}
    assert differing == {(f"{WORKSPACE}/{cluster}", f"demo-{path}") for cluster in CLUSTERS for path in PATHS}
    assert all(one["desired"] != one["delivered"] == one["reported"] for one in trial.differences)
