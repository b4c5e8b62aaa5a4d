"""A blocking call that hangs delays no other, and is given up in time."""

import asyncio
import threading

import pytest

from fleet.agent.adapters.calls import Calls, Stuck


async def test_a_call_gives_its_result_or_raises_its_error() -> None:
    calls = Calls()
    assert await calls.run("add", lambda: 1 + 1, deadline=5) == 2
    with pytest.raises(ZeroDivisionError):
        await calls.run("divide", lambda: 1 // 0, deadline=5)


async def test_calls_that_hang_give_their_place_away() -> None:
    calls, release = Calls(at_once=1, patience=0.02), threading.Event()
    async with asyncio.TaskGroup() as group:
        hanging = [group.create_task(calls.run("hang", release.wait, deadline=20)) for _ in range(3)]
        assert await calls.run("quick", lambda: "done", deadline=5) == "done"
        assert not any(task.done() for task in hanging)
        release.set()


async def test_no_more_calls_work_at_once_than_there_are_places() -> None:
    calls, most, now, lock = Calls(at_once=2, patience=5), 0, 0, threading.Lock()
    release = threading.Event()

    def work() -> None:
        nonlocal most, now
        with lock:
            now += 1
            most = max(most, now)
        release.wait(0.01)
        with lock:
            now -= 1

    await asyncio.gather(*(calls.run("work", work, deadline=5) for _ in range(10)))
    assert most == 2


async def test_after_its_deadline_a_call_is_asked_to_end_and_then_given_up() -> None:
    release = threading.Event()
    calls = Calls(patience=0.01)
    assert await calls.run("obedient", release.wait, deadline=0.05, cancel=release.set)


async def test_a_call_that_never_comes_back_is_named() -> None:
    release = threading.Event()
    calls = Calls(patience=0.01)
    with pytest.raises(Stuck, match="helm upgrade web/shop has not come back after 0 s"):
        await calls.run("helm upgrade web/shop", release.wait, deadline=0.05)
    release.set()


async def test_cancelling_the_caller_asks_the_call_to_end() -> None:
    asked = threading.Event()
    calls = Calls()
    task = asyncio.create_task(calls.run("work", asked.wait, deadline=20, cancel=asked.set))
    while not any(thread.name == "work" for thread in threading.enumerate()):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert asked.is_set()
