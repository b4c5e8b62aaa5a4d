"""One process of a hub, kept alive."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from fleet.cli.hub.log import bounded
from fleet.cli.hub.programs import Program

_SHIM = Path(__file__).with_name("shim.py")
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0
_LIVED = 10.0


class Process:
    """Runs a program until it is told to stop, and starts it again whenever it ends before.

    The pause before a new start doubles from 0.1 s up to 5 s, as long as the program does not live for 10 s.
    `on_start` gets name and pid at every start, `on_end` the name and in words how it ended.
    """

    def __init__(
        self, program: Program, *, on_start: Callable[[str, int], None], on_end: Callable[[str, str], None]
    ) -> None:
        self.program = program
        self.pid = 0
        self._on_start = on_start
        self._on_end = on_end
        self._running: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Keep it alive; returns after `stop`. Cancelling kills it."""
        pause = _FIRST_PAUSE
        try:
            while not self._stopping.is_set():
                began = time.monotonic()
                how = await self._live()
                if self._stopping.is_set():
                    return
                pause = _FIRST_PAUSE if time.monotonic() - began > _LIVED else pause
                self._on_end(self.program.name, how)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._stopping.wait()
                pause = min(2 * pause, _LONGEST_PAUSE)
        finally:
            self._signal(signal.SIGKILL)

    async def stop(self, grace: float) -> None:
        """Ask it to end, and kill it when it has not after `grace` seconds."""
        self._stopping.set()
        self._signal(signal.SIGTERM)
        if self._running is None:
            return
        try:
            async with asyncio.timeout(grace):
                await self._running.wait()
        except TimeoutError:
            self._signal(signal.SIGKILL)
            await self._running.wait()

    def hang_up(self) -> None:
        """Have it read its lists again; nothing where it does not run, as it reads them when it starts."""
        if self.program.hangup:
            self._signal(signal.SIGHUP)

    async def _live(self) -> str:
        """One life of the program; gives in words how it ended."""
        async with bounded(self.program.log):
            self._running = await self._start()
            self.pid = self._running.pid
            self._on_start(self.program.name, self.pid)
            code = await self._running.wait()
        return f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"

    async def _start(self) -> asyncio.subprocess.Process:
        supervisor = str(os.getpid())
        with self.program.log.open("ab") as log, _hang_up_blocked:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", str(_SHIM), supervisor, *self.program.arguments),
                env=dict(self.program.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _signal(self, number: signal.Signals) -> None:
        if self._running is not None and self._running.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._running.send_signal(number)


class _HangUpBlocked:
    """SIGHUP is blocked as long as any child is being started: these starts overlap.

    A child begins with it blocked, as it must not be killed before it can say that it ignores it.
    """

    def __init__(self) -> None:
        self._starts = 0
        self._before: set[signal.Signals | int] = set()

    def __enter__(self) -> None:
        if not self._starts:
            self._before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
        self._starts += 1

    def __exit__(self, *_: object) -> None:
        self._starts -= 1
        if not self._starts:
            signal.pthread_sigmask(signal.SIG_SETMASK, self._before)


_hang_up_blocked = _HangUpBlocked()
