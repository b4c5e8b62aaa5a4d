"""Invariant 1: whichever process dies at whichever instant, desired = delivered = reported afterwards.

`FLEET_KILL_TRIALS` sets how many trials run, `FLEET_KILL_SEED` the first seed (see benchmarks/kills.py).
"""

import json
import os
import sys
from pathlib import Path

from support.kills import KillTrials
from support.scene import a_scene

TRIALS = int(os.environ.get("FLEET_KILL_TRIALS", "20"))
FIRST_SEED = int(os.environ.get("FLEET_KILL_SEED", "1"))


async def test_after_any_kill_with_work_outstanding_all_three_sources_agree(tmp_path: Path) -> None:
    async with a_scene(tmp_path) as scene:
        commit = await scene.repository.create()
        await scene.declare_gitrepo()
        await scene.delivered(commit)
        trials = KillTrials(scene)

        for seed in range(FIRST_SEED, FIRST_SEED + TRIALS):
            trial = await trials.run(seed)
            sys.stdout.write(json.dumps(trial.to_json()) + "\n")
            assert trial.equal, trial
            assert trial.outstanding, trial
