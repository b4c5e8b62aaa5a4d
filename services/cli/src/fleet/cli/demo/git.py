"""The demo's own repository: real commits, pushed to a bare repository that a real git server serves."""

import asyncio
import os
import shutil
from collections.abc import Mapping
from importlib.resources import as_file, files
from pathlib import Path

BRANCH = "main"
NAME = "demo.git"
_IDENTITY = {
    "GIT_AUTHOR_NAME": "Fleet demo",
    "GIT_AUTHOR_EMAIL": "demo@fleet.invalid",
    "GIT_COMMITTER_NAME": "Fleet demo",
    "GIT_COMMITTER_EMAIL": "demo@fleet.invalid",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


class DemoRepository:
    """A work tree and the bare repository it is pushed to, `<folder>/served/demo.git`."""

    def __init__(self, folder: Path) -> None:
        self._work = folder / "work"
        self.served = folder / "served"

    async def create(self) -> str:
        """Make both repositories with the demo's three bundles; gives the first commit."""
        self.served.mkdir(parents=True, exist_ok=True)
        with as_file(files("fleet.cli.demo") / "repository") as source:
            await asyncio.to_thread(shutil.copytree, source, self._work)
        bare = self.served / NAME
        await _git(self.served, "init", "--quiet", "--bare", f"--initial-branch={BRANCH}", str(bare))
        await _git(self._work, "init", "--quiet", f"--initial-branch={BRANCH}")
        await _git(self._work, "remote", "add", "origin", str(bare))
        return await self._push("Three bundles: plain YAML, a chart, an overlay")

    async def commit_release(self, release: int) -> str:
        """Change all three bundles in one commit; gives the commit."""
        new = f'release: "{release}"'
        for path in ("web/shop.yaml", "cache/values.yaml", "report/base/report.yaml"):
            self._replace(path, {f'release: "{release - 1}"': new})
        return await self._push(f"Release {release}")

    async def remove(self, path: str) -> str:
        """Remove a folder, and so a bundle; gives the commit."""
        await _git(self._work, "rm", "-r", "--quiet", path)
        return await self._push(f"Remove {path}")

    def _replace(self, path: str, replacements: Mapping[str, str]) -> None:
        target = self._work / path
        text = target.read_text(encoding="utf-8")
        for old, new in replacements.items():
            if old not in text:
                raise ValueError(f"{path} has no {old!r}")
            text = text.replace(old, new)
        target.write_text(text, encoding="utf-8")

    async def _push(self, message: str) -> str:
        await _git(self._work, "add", "--all")
        await _git(self._work, "commit", "--quiet", f"--message={message}")
        await _git(self._work, "push", "--quiet", "origin", BRANCH)
        return (await _git(self._work, "rev-parse", "HEAD")).strip()


async def _git(folder: Path, *arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        "git",
        *arguments,
        cwd=folder,
        env=os.environ | _IDENTITY,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"git {arguments[0]} failed: {err.decode(errors='replace').strip()}")
    return out.decode()
