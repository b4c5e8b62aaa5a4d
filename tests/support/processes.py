"""A program of ours as a process of its own: started, waited for, told to end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

_DEADLINE = 20.0


class Program:
    """A running Python program whose stderr is JSON log lines."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self.process = process
        self._log = log

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The log lines so far."""
        return [json.loads(line) for line in self._log.read_text().splitlines() if line.startswith("{")]

    async def said(self, event: str) -> dict[str, Any]:
        """Wait for a log line and return it."""
        async with asyncio.timeout(_DEADLINE):
            while True:
                for line in self.lines:
                    if line["event"] == event:
                        return line
                assert self.process.returncode is None, self._log.read_text()
                await asyncio.sleep(0.02)

    async def ends(self, *, within: float) -> int:
        """Wait for the end and return the exit code."""
        async with asyncio.timeout(within):
            return await self.process.wait()

    def tell(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)


@contextlib.asynccontextmanager
async def running_program(
    folder: Path, *arguments: str, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Program]:
    """Run `python ARGUMENTS` with these environment variables while the block runs; then kill it."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "stderr.log"
    with log.open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            cwd=folder,
            env={**os.environ, **(settings or {})},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=stderr,
        )
    try:
        yield Program(process, log)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
