"""Small forms of the benchmarks of scale: a thousand clusters, compared pair by pair, not timed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
CLUSTERS = 1000


def measured(row: str, *more: str) -> dict[str, Any]:
    """The last line that a row prints; its exit code says the same as its `equal`."""
    command = [sys.executable, "-m", "benchmarks.scale", row, "--clusters", str(CLUSTERS), "--json", *more]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=240)
    assert done.stdout, done.stderr.decode()[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == (0 if found["equal"] else 1)
    return found


@pytest.mark.parametrize("row", ["T1", "T3", "T11"])
def test_what_is_expected_desired_delivered_and_reported_is_equal_for_every_pair(row: str) -> None:
    found = measured(row)

    assert found["equal"], found["differences"]
    assert found["records"] == CLUSTERS


@pytest.mark.parametrize(("row", "altered"), [("T1", 1), ("T3", 3), ("T11", 2)])
def test_a_record_altered_behind_everybodys_back_is_noticed(row: str, altered: int) -> None:
    found = measured(row, "--corrupt", str(altered))

    assert not found["equal"]
    assert found["different"] == altered
