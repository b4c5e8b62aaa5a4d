"""The install steps of every container file, run in a clean environment (no container engine is needed)."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTAINERFILES = sorted(ROOT.glob("services/*/Containerfile"))
SERVICES = sorted(path.parent.name for path in ROOT.glob("services/*/pyproject.toml"))
SECONDS = 240.0
PASSED_ON = ("HOME", "PIP_", "SSL_", "REQUESTS_CA_BUNDLE", "HTTP", "http", "NO_PROXY", "no_proxy")
FOREIGN = """
import importlib.util, sys
found = [name for name in sys.argv[1:] if importlib.util.find_spec(f"fleet.{name}")]
sys.exit(f"installed as well: {found}" if found else 0)
"""


class Builder:
    """Carries out the building stages in folders; equal beginnings are built once, as an engine's layers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._layers: dict[tuple[str, ...], Path] = {}

    def build(self, instructions: tuple[str, ...]) -> Path:
        """The folder in which these instructions have been carried out."""
        if instructions not in self._layers:
            before = self.build(instructions[:-1]) if len(instructions) > 1 else None
            folder = self._folder / f"layer-{len(self._layers)}"
            if before:
                shutil.copytree(before, folder, symlinks=True, copy_function=os.link)
            else:
                folder.mkdir()
            carry_out(instructions[-1], folder)
            self._layers[instructions] = folder
        return self._layers[instructions]


def carry_out(instruction: str, folder: Path) -> None:
    """Do what COPY or RUN says, with this folder for the working directory."""
    word, _, rest = instruction.partition(" ")
    if word == "RUN":
        run(["sh", "-ec", rest], folder)
        return
    for source in map(Path, rest.split()[:-1]):
        if (ROOT / source).is_dir():
            without = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / source, folder / source, ignore=without, dirs_exist_ok=True)
        else:
            shutil.copy(ROOT / source, folder / source)


def run(arguments: list[str], folder: Path) -> None:
    """Run as on a fresh machine: of the environment only the way to the package registry is passed on."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(PASSED_ON)}
    python = Path(sys.executable)
    done = subprocess.run(
        arguments,
        cwd=folder,
        env=kept | {"PATH": f"{python.parent}:/usr/bin:/bin", "UV_PYTHON": str(python)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"


def building_stage(containerfile: Path) -> tuple[str, ...]:
    """What the first stage copies and runs, but for Debian's packages; lines that go on are put together."""
    text = containerfile.read_text().replace("\\\n", " ")
    stage = re.split(r"^FROM .*\n", text, flags=re.MULTILINE)[1]
    return tuple(line for line in stage.splitlines() if re.match(r"COPY |RUN (?!apt-get)", line))


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    return Builder(tmp_path_factory.mktemp("layers"))


def test_every_service_but_the_command_line_has_a_container_file() -> None:
    assert [path.parent.name for path in CONTAINERFILES] == [name for name in SERVICES if name != "cli"]


@pytest.mark.parametrize("containerfile", CONTAINERFILES, ids=lambda path: path.parent.name)
def test_a_service_installs_alone_from_its_container_file(containerfile: Path, builder: Builder) -> None:
    service = containerfile.parent.name
    folder = builder.build(building_stage(containerfile))
    python = str(folder / ".venv" / "bin" / "python")
    run([python, "-I", "-c", f"import fleet.{service}.main"], folder)
    run([python, "-I", "-c", FOREIGN, *(name for name in SERVICES if name != service)], folder)
    assert (folder / ".venv" / "bin" / f"fleet-{service}").exists()
