"""What an idle `fleet up` with three clusters costs: memory of all its processes, and CPU of a core.

    .venv/bin/python benchmarks/idle.py [--seconds 60]

The hub runs as its users start it. RSS counts shared pages once per process and is the number to keep under
500 MiB; PSS shares them out. CPU is user + system time of all processes over the measured seconds.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

FLEET = Path(sys.executable).parent / "fleet"
MIB = 1 << 20
SETTLE_SECONDS = 15


def wait_ready(process: subprocess.Popen[str]) -> None:
    """Read the hub's output up to its line `ready`; raises RuntimeError where it ends before."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("ready"):
            return
    raise RuntimeError(f"fleet up ended with {process.wait()} before it was ready")


def family(pid: int) -> list[psutil.Process]:
    """The process and all below it."""
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def cpu_seconds(processes: list[psutil.Process]) -> float:
    """User and system time of those that still run."""
    times = [process.cpu_times() for process in processes if process.is_running()]
    return sum(found.user + found.system for found in times)


def measure(pid: int, seconds: float) -> dict[str, object]:
    """Sleep for `seconds` and say what the family used."""
    processes = family(pid)
    before = cpu_seconds(processes)
    started = time.monotonic()
    time.sleep(seconds)
    used = cpu_seconds(family(pid)) - before
    memory = {
        " ".join(Path(word).name for word in p.cmdline()[:4]): p.memory_full_info() for p in family(pid)
    }
    return {
        "seconds": round(time.monotonic() - started, 1),
        "cpu_percent_of_a_core": round(100 * used / seconds, 2),
        "rss_mib": round(sum(found.rss for found in memory.values()) / MIB, 1),
        "pss_mib": round(sum(found.pss for found in memory.values()) / MIB, 1),
        "processes": {name: round(found.rss / MIB, 1) for name, found in memory.items()},
    }


def main() -> None:
    """Start a hub in a temporary folder, let it settle, measure, stop it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fleet-idle-") as folder:
        clusters = [word for name in ("alpha", "beta", "gamma") for word in ("--cluster", name)]
        command = [str(FLEET), "--data", folder, "up", *clusters]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                wait_ready(process)
                time.sleep(SETTLE_SECONDS)
                print(json.dumps(measure(process.pid, arguments.seconds), indent=2))
            finally:
                process.terminate()


if __name__ == "__main__":
    main()
