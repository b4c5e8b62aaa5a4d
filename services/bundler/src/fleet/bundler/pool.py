"""A few reading processes, started when there is something to read and ended when there is not."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from fleet.bundler import chartpipe, framing
from fleet.bundler.chartpipe import ChartSource
from fleet.bundler.domain.chartneeds import NOBODY_TO_ASK, ChartNeed, KeptChart
from fleet.bundler.domain.index import Choice
from fleet.bundler.domain.listing import written
from fleet.bundler.domain.order import Order
from fleet.bundler.domain.tree import Mode
from fleet.bundler.errors import ChartsLost, ReaderDied, ReadingTooLarge, ReadingTooSlow
from fleet.bundler.exchange import Answer, Task, answer_of, task_message
from fleet.runtime.confined import OUT_OF_MEMORY
from fleet.runtime.workers import Worker, Workers

SIZE = 4
"""How many commits are read at the same time."""

DEADLINE = 120.0
"""Seconds that one reading may take."""

_ROUNDS = 4
"""How often one reading may begin anew because charts had to be fetched: for its own, for what they need."""

_GRACE = 2.0
"""Seconds more until a process that does not stop by itself is killed."""

IDLE = 60.0
"""Seconds after which a process without work is ended."""

MEMORY = 512 << 20
"""Bytes of address space that a reading process may have."""

Files = Callable[[Sequence[str]], Awaitable[Mapping[str, bytes]]]
"""Gives the bytes of these files, named by their paths or by the ids that a listing has for them."""


class ReaderPool(Workers):
    """Reads commits in processes of their own. Use it as `async with ReaderPool() as pool`.

    A reading that exceeds its deadline, or that is cancelled, costs its process and nobody else's time.
    """

    def __init__(self, *, size: int = SIZE, deadline: float = DEADLINE, idle: float = IDLE) -> None:
        super().__init__(module="fleet.bundler.reader", size=size, idle=idle, memory=MEMORY)
        self._deadline = deadline

    async def read(
        self,
        modes: Mapping[str, Mode],
        files: Files,
        order: Order,
        charts: ChartSource | None = None,
    ) -> Answer:
        """Read files that are in no commit: `modes` has all paths, `files` gives the content of some.

        Raises as `carry_out`.
        """
        listing, paths = written(modes)

        async def contents(ids: Sequence[str]) -> Mapping[str, bytes]:
            found = await files([paths[id] for id in ids])
            return {id: found[paths[id]] for id in ids}

        return await self.carry_out(Task(order, listing), contents, charts)

    async def carry_out(self, task: Task, contents: Files, charts: ChartSource | None = None) -> Answer:
        """Read a commit; `contents` gives files by the ids that the listing has, `charts` what is in none.

        While charts are fetched no process is held: the task begins anew when they are there.

        Raises:
            BadInput: something in the commit or the order is wrong.
            NeedsWhole: the task has places, and they need more than its parts.
            ReadingTooSlow: it was not done within the deadline.
            ReadingTooLarge: it needed more than MEMORY.
            ReaderDied, ReaderBroken: its process ended in the middle, or met a fault of ours.
            ChartsLost: charts are gone as soon as they are fetched.
            HostBusy: too many wait for the host of a chart already.
        """
        for _ in range(_ROUNDS):
            message = await self._converse(task_message(task, seconds=self._deadline), contents, charts)
            if charts is None or chartpipe.ASKED not in message[0]:
                return answer_of(message)
            await charts.fetch(chartpipe.needs_of(message[0]))
        raise ChartsLost(_ROUNDS)

    async def choose(self, index: bytes, need: ChartNeed) -> Choice:
        """Look into the index of a chart repository. Raises NoSuchChart, ReadingFailed."""
        task = chartpipe.choice_task(index, need, seconds=self._deadline)
        return chartpipe.choice_of(await self._converse(task, _no_files, None))

    async def _converse(
        self, task: framing.Message, contents: Files, charts: ChartSource | None
    ) -> framing.Message:
        async with self.lease() as worker:
            try:
                async with asyncio.timeout(self._deadline + _GRACE):
                    await worker.send(framing.encode(*task))
                    message = await _hand_out(worker, contents, charts)
            except TimeoutError:
                raise ReadingTooSlow(self._deadline) from None
            except (asyncio.IncompleteReadError, ConnectionError):
                code = await worker.ended()
                raise (ReadingTooLarge(MEMORY) if code == OUT_OF_MEMORY else ReaderDied(code)) from None
            _check_whole(message[0], self._deadline)
        return message


def _check_whole(header: Mapping[str, Any], deadline: float) -> None:
    """Raises ReadingTooSlow or ReadingTooLarge where the process stopped before it was done."""
    if header.get("stopped") == "slow":
        raise ReadingTooSlow(deadline, header["place"])
    if header.get("stopped") == "large":
        raise ReadingTooLarge(MEMORY, header["place"])


async def _hand_out(worker: Worker, contents: Files, charts: ChartSource | None) -> framing.Message:
    """Hand out the files and charts that are asked for, and return the answer.

    Where charts must be fetched first, that is the question for them; the process is free again then.
    """
    while True:
        message = await framing.read_async(worker.source)
        if "need" in message[0]:
            ids = message[0]["need"]
            found = await contents(ids)
            await worker.send(framing.encode({}, [found[id] for id in ids]))
        elif chartpipe.ASKED in message[0]:
            if not await _hand_over(worker, chartpipe.needs_of(message[0]), charts):
                await framing.read_async(worker.source)
                return message
        else:
            return message


async def _hand_over(worker: Worker, needs: Sequence[ChartNeed], charts: ChartSource | None) -> bool:
    """Hand over charts, one archive after the other; False where they must be fetched first."""
    if charts is None:
        nothing = [KeptChart(error=NOBODY_TO_ASK) for _ in needs]
        await worker.send(framing.encode(*chartpipe.announcement(nothing)))
        return True
    ready = charts.ready(needs)
    if ready is not None:
        await worker.send(framing.encode(*chartpipe.announcement(ready)))
        for digest in chartpipe.digests_of(ready):
            if (data := await charts.archive(digest)) is None:
                break
            await worker.send(framing.encode(*chartpipe.archive(data)))
        else:
            return True
    await worker.send(framing.encode(*chartpipe.later()))
    return False


async def _no_files(_ids: Sequence[str]) -> Mapping[str, bytes]:
    return {}
