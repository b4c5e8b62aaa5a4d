"""A task that waits for the broker can be cancelled at any moment."""

import asyncio
import random
from pathlib import Path

from support.bus import a_commit, running_bus

TRIALS = 400


async def test_a_cancellation_is_never_lost_to_an_answer_that_comes_at_the_same_moment(
    tmp_path: Path,
) -> None:
    moments = random.Random(1)
    async with running_bus(tmp_path) as (_, bus):

        async def work() -> None:
            await bus.publish(a_commit(1), source="test")
            await asyncio.Event().wait()

        seconds = await _time(bus.publish(a_commit(0), source="test"))
        for trial in range(TRIALS):
            task = asyncio.create_task(work())
            await _spin(moments.uniform(0, 2 * seconds))
            task.cancel()
            done, _ = await asyncio.wait([task], timeout=5)
            task.cancel()
            assert done, f"the cancellation of trial {trial} was lost"


async def _time(work) -> float:
    clock = asyncio.get_running_loop().time
    started = clock()
    await work
    return clock() - started


async def _spin(seconds: float) -> None:
    """Let the loop turn for so long; a timer's tick would be too coarse."""
    clock = asyncio.get_running_loop().time
    end = clock() + seconds
    while clock() < end:
        await asyncio.sleep(0)
