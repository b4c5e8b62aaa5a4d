"""How long a commit takes to be Ready on nine pairs, and how long the whole demo takes.

    .venv/bin/python benchmarks/delivery.py [RUNS]

Each run is a whole `fleet demo -o json`; a line of JSON per run has the seconds of every step and the
milliseconds from push to Ready, polling (every 500 ms) included.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

FLEET = Path(sys.executable).parent / "fleet"


def main() -> int:
    """Run the demo as often as asked; the exit code is 1 where one did not hold."""
    held = True
    for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 3):
        load, started = os.getloadavg()[0], time.monotonic()
        done = subprocess.run([FLEET, "demo", "-o", "json"], capture_output=True, check=False)
        found = json.loads(done.stdout)
        held = held and found["ok"]
        steps = {step["name"]: step["seconds"] for step in found["steps"]}
        seconds = round(time.monotonic() - started, 1)
        print(json.dumps({"seconds": seconds, "load_before": load, **found["commit_to_ready_ms"], **steps}))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
