"""How many commits are fetched from a host, who waits in its line, and who has to come again."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from fleet.bundler.errors import HostBusy
from fleet.bundler.hosts import Hosts


async def test_who_finds_the_line_of_a_host_full_is_told_to_come_again() -> None:
    hosts, entered, release = Hosts(places=2, line=1), list[str](), asyncio.Event()

    async def hold(host: str) -> None:
        async with hosts.enter(host):
            entered.append(host)
            await release.wait()

    async with asyncio.TaskGroup() as tasks:
        for _ in range(3):
            tasks.create_task(hold("slow"))
        await asyncio.sleep(0)
        with pytest.raises(HostBusy, match="slow") as busy:
            await hold("slow")
        tasks.create_task(hold("good"))
        await asyncio.sleep(0)
        assert entered == ["slow", "slow", "good"]
        assert busy.value.delay > 0
        release.set()
    assert len(entered) == 4


async def test_those_who_are_sent_away_come_again_one_by_one_and_within_a_minute() -> None:
    hosts, delays = Hosts(places=1, line=0), list[float]()
    async with hosts.enter("slow"):
        for _ in range(5000):
            with pytest.raises(HostBusy) as busy:
                await AsyncExitStack().enter_async_context(hosts.enter("slow"))
            delays.append(busy.value.delay)

    assert delays[0] < 1.0
    assert delays[0] < delays[50] < delays[500]
    assert max(delays) <= 60.0


async def test_a_place_is_free_again_however_its_block_ended() -> None:
    hosts = Hosts(places=1, line=1)
    for _ in range(3):
        with pytest.raises(KeyError):
            async with hosts.enter("host"):
                raise KeyError
    async with hosts.enter("host"):
        waiting = asyncio.create_task(AsyncExitStack().enter_async_context(hosts.enter("host")))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    async with hosts.enter("host"):
        pass
