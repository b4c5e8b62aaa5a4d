"""Any number of kill trials: `.venv/bin/python benchmarks/kills.py TRIALS [FIRST_SEED]`.

Each trial is a line of JSON: which process died how many seconds after the push, which hop still had work,
and whether desired, delivered and reported were equal afterwards. The trials are those of the test suite.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTEST = Path(sys.executable).parent / "pytest"


def main() -> int:
    """Run the trials; the exit code is pytest's."""
    trials = sys.argv[1] if len(sys.argv) > 1 else "100"
    seed = sys.argv[2] if len(sys.argv) > 2 else "1000"
    environment = os.environ | {"FLEET_KILL_TRIALS": trials, "FLEET_KILL_SEED": seed}
    command = [str(PYTEST), "-q", "-s", "-p", "no:xdist", "tests/e2e/test_kills.py"]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
