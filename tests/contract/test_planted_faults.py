"""Every invariant, and the promises of a service, have planted faults that fit and name tests that exist."""

import ast
import subprocess
from pathlib import Path

import pytest

from faults.run import FAULTS, ROOT, Fault

PATCHES = sorted(FAULTS.glob("*.patch"))
INVARIANTS = {str(number) for number in range(1, 9)}
ON_A_REAL_SERVER = INVARIANTS - {"6"}
"""Those that only show between processes; work in proportion to a change is a matter of decisions."""


def by_name(path: Path) -> str:
    return path.stem


def test_every_invariant_has_a_planted_fault() -> None:
    promised = {Fault.read(path).invariant for path in PATCHES} - INVARIANTS

    assert {Fault.read(path).invariant for path in PATCHES} >= INVARIANTS
    assert promised == {"bundler", "targeter"}
    for service in promised:
        assert "\n## Promises\n" in (ROOT / "services" / service / "README.md").read_text()


@pytest.mark.parametrize("path", PATCHES, ids=by_name)
def test_a_planted_fault_fits_the_sources(path: Path) -> None:
    command = ["git", "apply", "--check", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", PATCHES, ids=by_name)
def test_a_planted_fault_names_a_test_that_exists(path: Path) -> None:
    fault = Fault.read(path)
    file, _, test = fault.test.partition("::")
    source = ROOT / file
    assert source.is_file(), fault.test
    if fault.invariant in ON_A_REAL_SERVER:
        assert source.parent.name in ("flow", "e2e"), fault.test
    defined = {node.name for node in ast.parse(source.read_text()).body if hasattr(node, "name")}
    assert not test or test.partition("[")[0] in defined, fault.test
