"""`fleet up` as its users start it, in a process of its own."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

FLEET = Path(sys.executable).parent / "fleet"
_READY = 60.0
_STOPPED = 10.0


class RunningHub:
    """A `fleet up`; `lines` has what it printed so far."""

    def __init__(self, folder: Path, process: asyncio.subprocess.Process) -> None:
        self.folder = folder
        self.process = process
        self.lines: list[str] = []
        self._ready = asyncio.Event()

    @property
    def known(self) -> dict[str, Any]:
        """What the hub tells others: url, pid, ports, processes."""
        found: dict[str, Any] = json.loads((self.folder / "hub.json").read_bytes())
        return found

    def has_said(self, text: str) -> bool:
        """Whether one of its lines has this in it."""
        return any(text in line for line in self.lines)

    async def ready(self) -> None:
        """Wait for the line `ready`; fails with all that was printed when the hub ends before."""
        async with asyncio.timeout(_READY):
            await self._ready.wait()
        assert self.process.returncode is None, "\n".join(self.lines)

    async def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send a signal and give the exit code."""
        self.process.send_signal(number)
        return await self.ended()

    async def ended(self) -> int:
        """Wait for the end and give the exit code."""
        async with asyncio.timeout(_STOPPED):
            return await self.process.wait()

    async def read(self) -> None:
        """Keep reading what it prints."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode().rstrip("\n"))
            if self.lines[-1].startswith("ready"):
                self._ready.set()
        await self.process.wait()
        self._ready.set()


@contextlib.asynccontextmanager
async def a_hub_in(folder: Path, *arguments: str) -> AsyncIterator[RunningHub]:
    """Start `fleet up --data folder` with these arguments; it is killed at the end if it still runs."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("FLEET_")}
    process = await asyncio.create_subprocess_exec(
        str(FLEET),
        "up",
        "--data",
        str(folder),
        *arguments,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    hub = RunningHub(folder, process)
    reading = asyncio.create_task(hub.read())
    try:
        yield hub
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await reading


def pids_of(folder: Path) -> dict[int, str]:
    """The processes that run for a hub in this folder, by what stands in their environment or arguments."""
    mark = str(folder).encode()
    found = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                command = (entry / "cmdline").read_bytes()
                if mark in command or mark in (entry / "environ").read_bytes():
                    found[int(entry.name)] = command.replace(b"\0", b" ").decode()
    return found
