"""A few processes that do one task at a time each, started on demand and ended when there is none."""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self

from fleet.runtime.confined import command

BARE: Mapping[str, str] = {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}
"""The environment of a process that needs none."""

_GRACE = 2.0
_AT_ONCE = 1 << 16


class Worker:
    """One process, talked to over its standard input and output."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process = process
        self.since = time.monotonic()
        self.source = process.stdout
        self._sink = process.stdin

    async def send(self, pieces: Sequence[bytes]) -> None:
        """Write these bytes, small pieces together and large ones bit by bit, as the process takes them.

        Raises:
            ConnectionError: the process has ended.
        """
        small: list[bytes | memoryview] = []
        size = 0
        for piece in pieces:
            for bit in _bits(piece):
                small.append(bit)
                size += len(bit)
                if size >= _AT_ONCE:
                    await self._write(small)
                    small, size = [], 0
        await self._write(small)

    async def _write(self, pieces: Sequence[bytes | memoryview]) -> None:
        self._sink.writelines(pieces)
        await self._sink.drain()

    async def ended(self) -> int | None:
        """The exit code of a process that has closed its side, or is killed if it does not end then."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                return await self.process.wait()
        return await self.end()

    async def end(self) -> int | None:
        """Kill the process, which holds nothing that could be lost, and wait for it; gives its exit code."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        return await self.process.wait()


def _bits(piece: bytes) -> Iterator[bytes | memoryview]:
    if len(piece) <= _AT_ONCE:
        yield piece
        return
    whole = memoryview(piece)
    for start in range(0, len(piece), _AT_ONCE):
        yield whole[start : start + _AT_ONCE]


class Workers:
    """At most `size` processes that run `module`. Use it as `async with Workers(...) as workers`."""

    def __init__(
        self,
        *,
        module: str,
        size: int,
        idle: float,
        memory: int,
        env: Mapping[str, str] | None = BARE,
        quiet: bool = False,
    ) -> None:
        """Nothing is started yet.

        Args:
            module: what the processes run; it must end when its standard input does.
            size: how many there are at the same time.
            idle: seconds after which one without work is ended.
            memory: bytes of address space that each may have.
            env: its environment; None for that of this process.
            quiet: whether what it writes to its standard error is nobody's business.
        """
        self._module = module
        self._slots = asyncio.Semaphore(size)
        self._size = size
        self._idle = idle
        self._memory = memory
        self._env = env
        self._stderr = asyncio.subprocess.DEVNULL if quiet else None
        self._free: list[Worker] = []
        self._busy: set[Worker] = set()
        self._starting = asyncio.Lock()
        self._reaper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._reaper = asyncio.create_task(self._end_idle())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reaper is not None:
            self._reaper.cancel()
            await asyncio.gather(self._reaper, return_exceptions=True)
        free, self._free = self._free, []
        await asyncio.gather(*(worker.end() for worker in free))

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that run now."""
        return tuple(worker.process.pid for worker in (*self._free, *self._busy))

    async def warm(self) -> None:
        """Have a process start already while its work is still being prepared."""
        async with self._starting:
            if not self._free and len(self._busy) < self._size:
                self._free.append(await self._start())

    @contextlib.asynccontextmanager
    async def lease(self) -> AsyncIterator[Worker]:
        """A process for one task, waited for where all are busy. One whose task fails is ended."""
        async with self._slots:
            async with self._starting:
                worker = await self._take()
            self._busy.add(worker)
            try:
                yield worker
            except BaseException:
                # In the middle of a conversation: only a new process can be talked to again.
                await worker.end()
                raise
            else:
                worker.since = time.monotonic()
                self._free.append(worker)
            finally:
                self._busy.discard(worker)

    async def _take(self) -> Worker:
        while self._free:
            worker = self._free.pop()
            if worker.process.returncode is None:
                return worker
        return await self._start()

    async def _start(self) -> Worker:
        process = await asyncio.create_subprocess_exec(
            *command(self._module, memory=self._memory),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=self._stderr,
            env=self._env,
            limit=1 << 20,
        )
        return Worker(process)

    async def _end_idle(self) -> None:
        while True:
            await asyncio.sleep(self._idle / 4)
            now = time.monotonic()
            tired = [worker for worker in self._free if now - worker.since >= self._idle]
            self._free = [worker for worker in self._free if worker not in tired]
            await asyncio.gather(*(worker.end() for worker in tired))
