"""The real kubectl against a cluster."""

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path

SECONDS = 60.0
PROGRAM = Path(sys.executable).with_name("kubectl")


@dataclass(frozen=True, slots=True)
class Finished:
    """What a run of kubectl came to."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Kubectl:
    """kubectl with a kubeconfig, and a home of its own for its caches."""

    kubeconfig: Path
    home: Path

    async def run(self, *arguments: str, stdin: str = "") -> Finished:
        """Run it to its end."""
        process = await self.start(*arguments)
        async with asyncio.timeout(SECONDS):
            out, err = await process.communicate(stdin.encode())
        return Finished(process.returncode or 0, out.decode(), err.decode())

    async def __call__(self, *arguments: str, stdin: str = "") -> str:
        """Run it, and have it succeed; returns what it printed."""
        done = await self.run(*arguments, stdin=stdin)
        assert done.code == 0, f"kubectl {' '.join(arguments)}: {done.err}"
        return done.out

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        """Start it, for the caller to end."""
        environment = {**os.environ, "HOME": str(self.home), "KUBECONFIG": str(self.kubeconfig)}
        return await asyncio.create_subprocess_exec(
            PROGRAM,
            *arguments,
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
