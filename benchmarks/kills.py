"""Any number of kill trials: `.venv/bin/python benchmarks/kills.py TRIALS [FIRST_SEED]`.

Each trial is a line of JSON: which process died how many seconds after the push, which hop still had work,
whether that hop is the process's own, and whether desired, delivered and reported were equal afterwards.
The last line counts them. The trials are those of the test suite.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PYTEST = Path(sys.executable).parent / "pytest"
TEST = "tests/e2e/test_kills.py::test_after_any_kill_with_work_outstanding_all_three_sources_agree"


def main() -> int:
    """Run the trials; the exit code is pytest's."""
    count = sys.argv[1] if len(sys.argv) > 1 else "100"
    seed = sys.argv[2] if len(sys.argv) > 2 else "1000"
    environment = os.environ | {"FLEET_KILL_TRIALS": count, "FLEET_KILL_SEED": seed}
    command = [str(PYTEST), "-q", "-s", "-p", "no:xdist", TEST]
    trials: list[dict[str, Any]] = []
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if line.startswith('{"seed"'):
                trials.append(json.loads(line))
            print(line, end="", flush=True)
    print(json.dumps(summary(trials)))
    return running.returncode


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """How many there were and ended equal, how many counted at the first kill, and where work was left."""
    return {
        "trials": len(trials),
        "equal": sum(trial["equal"] for trial in trials),
        "first_attempt": sum(trial["attempts"] == 1 for trial in trials),
        "own_hop": sum(trial["own"] for trial in trials),
        "outstanding": Counter(trial["outstanding"] for trial in trials),
    }


if __name__ == "__main__":
    sys.exit(main())
