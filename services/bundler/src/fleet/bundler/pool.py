"""A few reading processes, started when there is something to read and ended when there is not."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from fleet.bundler import framing
from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.order import Order
from fleet.bundler.domain.reading import ReadBundle
from fleet.bundler.domain.tree import Mode
from fleet.bundler.errors import ReaderBroken, ReaderDied, ReadingTooLarge, ReadingTooSlow
from fleet.runtime.confined import OUT_OF_MEMORY
from fleet.runtime.workers import Worker, Workers

SIZE = 4
"""How many commits are read at the same time."""

DEADLINE = 120.0
"""Seconds that one reading may take."""

IDLE = 60.0
"""Seconds after which a process without work is ended."""

MEMORY = 512 << 20
"""Bytes of address space that a reading process may have."""

Files = Callable[[Sequence[str]], Awaitable[Mapping[str, bytes]]]
"""Gives the bytes of these paths of the commit."""


class ReaderPool(Workers):
    """Reads commits in processes of their own. Use it as `async with ReaderPool() as pool`.

    A reading that exceeds its deadline, or that is cancelled, costs its process and nobody else's time.
    """

    def __init__(self, *, size: int = SIZE, deadline: float = DEADLINE, idle: float = IDLE) -> None:
        super().__init__(module="fleet.bundler.reader", size=size, idle=idle, memory=MEMORY)
        self._deadline = deadline

    async def read(self, modes: Mapping[str, Mode], files: Files, order: Order) -> list[ReadBundle]:
        """Read a commit: `modes` has all its paths, `files` gives their content.

        Raises:
            BadInput: something in the commit or the order is wrong.
            ReadingTooSlow: it was not done within the deadline.
            ReadingTooLarge: it needed more than MEMORY.
            ReaderDied, ReaderBroken: its process ended in the middle, or met a fault of ours.
        """
        header = {
            "order": order.to_json(),
            "modes": {path: mode.value for path, mode in modes.items()},
            "seconds": self._deadline,
        }
        async with self.lease() as worker:
            try:
                async with asyncio.timeout(self._deadline):
                    answer, blobs = await _ask(worker, header, files)
            except TimeoutError:
                raise ReadingTooSlow(self._deadline) from None
            except (asyncio.IncompleteReadError, ConnectionError):
                code = await worker.ended()
                raise (ReadingTooLarge(MEMORY) if code == OUT_OF_MEMORY else ReaderDied(code)) from None
        if place := answer.get("broken"):
            raise ReaderBroken(place)
        if wrong := answer.get("wrong"):
            raise BadInput(wrong.pop("reason"), **wrong)
        return [
            ReadBundle(manifest=blobs[2 * n], options=blobs[2 * n + 1], **head)
            for n, head in enumerate(answer["bundles"])
        ]


async def _ask(worker: Worker, header: dict[str, Any], files: Files) -> framing.Message:
    """Give a task, hand out the files that are asked for, and return the answer."""
    await worker.send(framing.encode(header))
    while "need" in (message := await framing.read_async(worker.source))[0]:
        paths = message[0]["need"]
        found = await files(paths)
        await worker.send(framing.encode({}, [found[path] for path in paths]))
    return message
