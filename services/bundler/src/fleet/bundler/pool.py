"""A few reading processes, started when there is something to read and ended when there is not."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from fleet.bundler import framing
from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.order import Order
from fleet.bundler.domain.reading import ReadBundle
from fleet.bundler.domain.tree import Mode
from fleet.bundler.errors import ReaderBroken, ReaderDied, ReadingTooSlow

SIZE = 4
"""How many commits are read at the same time."""

DEADLINE = 120.0
"""Seconds that one reading may take."""

IDLE = 60.0
"""Seconds after which a process without work is ended."""

Files = Callable[[Sequence[str]], Awaitable[Mapping[str, bytes]]]
"""Gives the bytes of these paths of the commit."""


class _Reader:
    """One process; it does one reading at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process = process
        self.since = time.monotonic()
        self._sink = process.stdin
        self._source = process.stdout

    async def ask(self, header: dict[str, Any], files: Files) -> framing.Message:
        """Give a task, hand out the files that are asked for, and return the answer."""
        await self._send(framing.encode(header))
        while "need" in (message := await framing.read_async(self._source))[0]:
            paths = message[0]["need"]
            found = await files(paths)
            await self._send(framing.encode({}, [found[path] for path in paths]))
        return message

    async def _send(self, pieces: Sequence[bytes]) -> None:
        for piece in pieces:
            self._sink.write(piece)
            await self._sink.drain()

    async def end(self) -> int | None:
        """Kill the process, which holds nothing that could be lost, and wait for it."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        return await self.process.wait()


class ReaderPool:
    """Reads commits in processes of their own. Use it as `async with ReaderPool() as pool`.

    A reading that exceeds its deadline, or that is cancelled, costs its process and nobody else's time.
    """

    def __init__(self, *, size: int = SIZE, deadline: float = DEADLINE, idle: float = IDLE) -> None:
        self._slots = asyncio.Semaphore(size)
        self._size = size
        self._deadline = deadline
        self._idle = idle
        self._free: list[_Reader] = []
        self._busy: set[_Reader] = set()
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
        await asyncio.gather(*(reader.end() for reader in free))

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that run now."""
        return tuple(reader.process.pid for reader in (*self._free, *self._busy))

    async def warm(self) -> None:
        """Have a process start already while its work is still being fetched."""
        async with self._starting:
            if not self._free and len(self._busy) < self._size:
                self._free.append(await _start())

    async def read(self, modes: Mapping[str, Mode], files: Files, order: Order) -> list[ReadBundle]:
        """Read a commit: `modes` has all its paths, `files` gives their content.

        Raises:
            BadInput: something in the commit or the order is wrong.
            ReadingTooSlow: it was not done within the deadline.
            ReaderDied, ReaderBroken: its process ended in the middle, or met a fault of ours.
        """
        header = {
            "order": order.to_json(),
            "modes": {path: mode.value for path, mode in modes.items()},
        }
        async with self._slots, self._reader() as reader:
            try:
                async with asyncio.timeout(self._deadline):
                    answer, blobs = await reader.ask(header, files)
            except TimeoutError:
                raise ReadingTooSlow(self._deadline) from None
            except (asyncio.IncompleteReadError, ConnectionError):
                raise ReaderDied(await reader.end()) from None
        if place := answer.get("broken"):
            raise ReaderBroken(place)
        if wrong := answer.get("wrong"):
            raise BadInput(wrong.pop("reason"), **wrong)
        return [
            ReadBundle(manifest=blobs[2 * n], options=blobs[2 * n + 1], **head)
            for n, head in enumerate(answer["bundles"])
        ]

    @contextlib.asynccontextmanager
    async def _reader(self) -> AsyncIterator[_Reader]:
        async with self._starting:
            reader = self._free.pop() if self._free else await _start()
        self._busy.add(reader)
        try:
            yield reader
        except BaseException:
            # In the middle of a conversation: only a new process can be talked to again.
            await reader.end()
            raise
        else:
            reader.since = time.monotonic()
            self._free.append(reader)
        finally:
            self._busy.discard(reader)

    async def _end_idle(self) -> None:
        while True:
            await asyncio.sleep(self._idle / 4)
            now = time.monotonic()
            tired = [reader for reader in self._free if now - reader.since >= self._idle]
            self._free = [reader for reader in self._free if reader not in tired]
            await asyncio.gather(*(reader.end() for reader in tired))


async def _start() -> _Reader:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "fleet.bundler.reader",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        limit=1 << 20,
    )
    return _Reader(process)
