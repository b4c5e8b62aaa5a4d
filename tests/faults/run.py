"""Plant one fault at a time in a copy of the tree and expect the named test to go red.

With names of patches as arguments only those. Exit code 0 only where every named test is green without its
fault and red with it.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FAULTS = Path(__file__).parent
TIMEOUT = 300
TESTS_FAILED = 1


@dataclass(frozen=True, slots=True)
class Fault:
    """A patch and what its head says of it."""

    path: Path
    invariant: str
    test: str

    @classmethod
    def read(cls, path: Path) -> "Fault":
        """Read the head of a patch. Raises ValueError where it does not name invariant and test."""
        head = path.read_text(encoding="utf-8").split("\ndiff --git", 1)[0]
        found = dict(re.findall(r"^(invariant|test): (.+)$", head, re.MULTILINE))
        if found.keys() != {"invariant", "test"}:
            raise ValueError(f"{path.name}: its head must name invariant and test")
        return cls(path, found["invariant"].strip(), found["test"].strip())


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command. Exits where it takes longer than TIMEOUT seconds: a test that hangs is not red."""
    try:
        return subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        raise SystemExit(f"{' '.join(command)} did not end within {TIMEOUT} s") from None


def copy_of_the_tree(folder: Path) -> Path:
    """A clone of what is committed, with an environment of its own, so that the patch is what is imported."""
    clone = folder / "fleet"
    for command in (
        ("git", "clone", "--quiet", str(ROOT), str(clone)),
        ("make", "--quiet", "-C", str(clone), "install"),
    ):
        done = run(folder, *command)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return clone


def failure(clone: Path, test: str) -> str:
    """Run the named test; gives what it printed when red, else nothing. Exits where it came to no verdict."""
    done = run(clone, ".venv/bin/pytest", "-q", "-x", "-p", "no:cacheprovider", test)
    if done.returncode not in (0, TESTS_FAILED):
        raise SystemExit(f"{test} did not run (pytest's exit code {done.returncode}):\n{done.stdout[-3000:]}")
    return done.stdout[-3000:] if done.returncode else ""


def caught(clone: Path, fault: Fault) -> bool:
    """Whether the named test is green without the fault and red with it."""
    if said := failure(clone, fault.test):
        print(f"FAIL {fault.path.name}: {fault.test} is red without the fault:\n{said}")
        return False
    applied = run(clone, "git", "apply", str(fault.path))
    if applied.returncode:
        print(f"FAIL {fault.path.name}: does not apply: {applied.stderr.strip()}")
        return False
    red = bool(failure(clone, fault.test))
    run(clone, "git", "checkout", "--quiet", ".")
    verdict = "ok   caught:" if red else "FAIL unnoticed:"
    print(f"{verdict} invariant {fault.invariant}: {fault.path.name}", flush=True)
    return red


def main(names: Sequence[str]) -> int:
    paths = [FAULTS / f"{name}.patch" for name in names] or sorted(FAULTS.glob("*.patch"))
    faults = [Fault.read(path) for path in paths]
    with tempfile.TemporaryDirectory(prefix="fleet-faults-") as folder:
        clone = copy_of_the_tree(Path(folder))
        results = [caught(clone, fault) for fault in faults]
    print(f"{sum(results)} of {len(results)} faults caught")
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
