"""How many gits run at once, and who waits for whom."""

import asyncio

import pytest

from fleet.gitjob.gate import Gate

LONG = 60.0


async def hold(gate: Gate, host: str, entered: list[str], release: asyncio.Event) -> None:
    async with gate.enter(host):
        entered.append(host)
        await release.wait()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_no_more_run_than_may_work_at_once() -> None:
    gate, entered, release = Gate(at_once=2, patience=LONG), list[str](), asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for n in range(5):
            tasks.create_task(hold(gate, f"host-{n}", entered, release))
        await settle()
        assert len(entered) == 2
        release.set()
    assert len(entered) == 5


async def test_one_host_cannot_take_all_places() -> None:
    gate, entered, release = Gate(at_once=4, per_host=2, patience=LONG), list[str](), asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for host in ["slow"] * 5 + ["quick"]:
            tasks.create_task(hold(gate, host, entered, release))
        await settle()
        assert sorted(entered) == ["quick", "slow", "slow"]
        release.set()


async def test_who_takes_long_gives_its_place_to_the_next() -> None:
    gate, entered, release = Gate(at_once=1, patience=0.01), list[str](), asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for n in range(3):
            tasks.create_task(hold(gate, f"host-{n}", entered, release))
        async with asyncio.timeout(10):
            while len(entered) < 3:
                await asyncio.sleep(0.001)
        release.set()


async def test_only_so_many_may_wait_beside_those_that_work() -> None:
    gate, entered, release = Gate(at_once=1, waiting=1, patience=0.0), list[str](), asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for n in range(5):
            tasks.create_task(hold(gate, f"host-{n}", entered, release))
        async with asyncio.timeout(10):
            while len(entered) < 2:
                await asyncio.sleep(0.001)
        for _ in range(5):
            await asyncio.sleep(0.001)
        assert len(entered) == 2
        release.set()
    assert len(entered) == 5


async def test_a_place_is_given_back_when_its_work_fails_or_is_cancelled() -> None:
    gate = Gate(at_once=1, per_host=1, patience=LONG)
    for error in (ValueError, asyncio.CancelledError):
        with pytest.raises(error):
            async with gate.enter("host"):
                raise error
    async with asyncio.timeout(10), gate.enter("host"):
        pass
