"""Kustomize, as `kubectl kustomize` has it."""

import asyncio
import os
import re
import shutil
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path, PurePosixPath

from fleet.agent.adapters.scratch import scratch_folder
from fleet.agent.domain.errors import BadContent
from fleet.agent.domain.files import File
from fleet.agent.domain.refusals import refusal
from fleet.agent.domain.style import KUSTOMIZATION
from fleet.agent.domain.yamldocs import check_yaml, read_values, write_values

_SECONDS = 60.0
_INJECTED = "fleet-manifests.yaml"
_BASE = re.compile(r"recursed accumulation of path '([^']*)'")
_MALFORMED = re.compile(r"yaml: line \d+: .* in File: (\S+)$")
_INVALID = "invalid Kustomization: yaml: "


class Kustomize:
    """Builds kustomizations of bundles, each in a folder of its own in `scratch` that is gone afterwards."""

    def __init__(self, *, scratch: Path) -> None:
        self._scratch = scratch

    async def build(self, files: Iterable[File], directory: str, manifests: str = "") -> str:
        """Build the kustomization in `directory` and give the YAML that comes out.

        Args:
            files: all files of the bundle: bases may lie outside of the directory.
            directory: where the kustomization.yaml is, `""` for the root.
            manifests: objects that a chart made, to be added to the kustomization's resources.

        Raises:
            BadContent: Kustomize refuses it, or takes longer than a minute.
        """
        with scratch_folder(self._scratch) as root:
            for file in files:
                _write(root, file)
            if manifests:
                _inject(root / directory, manifests)
            return await self._run(root / directory, root)

    async def _run(self, directory: Path, root: Path) -> str:
        process = await asyncio.create_subprocess_exec(
            _find(),
            "kustomize",
            str(directory),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            # Nothing of ours is any business of a bundle's; without a PATH it finds no git either.
            env={"HOME": str(root), "PATH": ""},
        )
        try:
            async with asyncio.timeout(_SECONDS):
                out, err = await process.communicate()
        except TimeoutError:
            raise BadContent(f"kustomize build took longer than {_SECONDS:.0f} s") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            raise BadContent(f"kustomize build: {_reason(err, root, directory)}")
        return out.decode()


def _find() -> Path:
    """The kubectl that came with this program, else the one on the PATH."""
    beside = Path(sys.executable).with_name("kubectl")
    found = str(beside) if beside.exists() else shutil.which("kubectl")
    if found is None:
        raise BadContent("kubectl is not installed beside this agent: Kustomize needs it")
    return Path(found)


def _write(root: Path, file: File) -> None:
    path = PurePosixPath(file.name)
    if path.is_absolute() or ".." in path.parts:
        raise BadContent(f"{file.name}: the path leaves the bundle")
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(file.data)


def _inject(directory: Path, manifests: str) -> None:
    place = directory / KUSTOMIZATION
    kustomization = read_values(place.read_bytes(), KUSTOMIZATION) or {}
    resources = kustomization.get("resources") or [] if isinstance(kustomization, dict) else None
    if not isinstance(resources, list):
        raise BadContent(f"{KUSTOMIZATION}: must be a map, and its resources a list")
    if _INJECTED not in resources:
        place.write_text(write_values({**kustomization, "resources": [*resources, _INJECTED]}))
    (directory / _INJECTED).write_text(manifests)


def _reason(stderr: bytes, root: Path, directory: Path) -> str:
    """What may be told of it. Raises BadContent where a file of the bundle does not parse."""
    text = stderr.decode(errors="replace")
    if malformed := _MALFORMED.search(text.strip()):
        with suppress(OSError):
            bases = _BASE.findall(text)
            _read_again(root, (root / bases[-1] if bases else directory) / malformed[1])
    elif _INVALID in text:
        _read_again(root, directory / KUSTOMIZATION)
    inside = str(directory.relative_to(root))
    return refusal(text.replace(f"{root}{os.sep}", ""), inside)


def _read_again(root: Path, file: Path) -> None:
    """Raise BadContent with the right line: Kustomize's parser counts from 0 here and from 1 there."""
    place = file.resolve()
    if place.is_relative_to(root.resolve()) and place.is_file():
        check_yaml(place.read_bytes(), f"kustomize build: {place.relative_to(root.resolve())}")
