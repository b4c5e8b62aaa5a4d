"""The checker of imports passes what is here, and fails for each kind of import that must not be."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHECK = "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])"
SECONDS = 120.0

PLANTS = {
    "a service imports another": ("services/gitjob/src/fleet/gitjob/planted.py", "fleet.bundler"),
    "a service imports the command line": ("services/agent/src/fleet/agent/planted.py", "fleet.cli"),
    "a library imports a service": ("libs/runtime/src/fleet/runtime/planted.py", "fleet.targeter"),
    "a library imports one beside it": ("libs/git/src/fleet/git/planted.py", "fleet.bus"),
    "events import something above them": ("libs/events/src/fleet/events/planted.py", "fleet.vault"),
    "something but the bus imports nats": ("libs/runtime/src/fleet/runtime/planted.py", "nats"),
    "something but kube imports its client": (
        "libs/pocket/src/fleet/pocket/planted.py",
        "kubernetes_asyncio",
    ),
    "a domain imports asyncio": ("services/gitjob/src/fleet/gitjob/domain/planted.py", "asyncio"),
    "a domain imports nats": ("services/targeter/src/fleet/targeter/domain/planted.py", "nats"),
    "a domain imports aiohttp": ("services/agent/src/fleet/agent/domain/planted.py", "aiohttp"),
    "a domain imports kubernetes": (
        "services/bundler/src/fleet/bundler/domain/planted.py",
        "kubernetes_asyncio",
    ),
    "a domain reaches the bus": (
        "services/gateway/src/fleet/gateway/domain/planted.py",
        "fleet.gateway.service",
    ),
    "a member that no layer names": ("libs/events/src/fleet/planted/__init__.py", "json"),
}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A copy of what the checker reads."""
    without = shutil.ignore_patterns("__pycache__", "data")
    for folder in ("libs", "services"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=without)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def check(workspace: Path) -> subprocess.CompletedProcess[str]:
    """Run the checker on a copy; `-S` keeps the installed members out of the namespace."""
    sources = [str(path) for path in sorted(workspace.glob("*/*/src"))]
    path = os.pathsep.join([*sources, sysconfig.get_paths()["purelib"]])
    return subprocess.run(
        [sys.executable, "-S", "-c", CHECK],
        cwd=workspace,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_the_imports_of_this_workspace_are_as_they_must_be(workspace: Path) -> None:
    done = check(workspace)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 kept, 0 broken" in done.stdout


@pytest.mark.parametrize("plant", PLANTS, ids=lambda name: name.replace(" ", "-"))
def test_the_checker_fails_when(plant: str, workspace: Path) -> None:
    path, imported = PLANTS[plant]
    (workspace / path).parent.mkdir(parents=True, exist_ok=True)
    (workspace / path).write_text(f'"""Planted."""\n\nimport {imported}\n')
    done = check(workspace)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "planted" in done.stdout
