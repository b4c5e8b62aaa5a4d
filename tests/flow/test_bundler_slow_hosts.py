"""Hosts that hang, and readings that nobody wants any more, hold up nobody else."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest

from support.bundling import Workshop, bundling, workshop
from support.gitserver import SilentServer, hanging
from support.waiting import eventually

ABSENT = "1" * 40
PLACES = 4


@pytest.fixture
async def silent() -> AsyncIterator[SilentServer]:
    async with hanging() as server:
        yield server


async def deliver_hung(shop: Workshop, silent: SilentServer, numbers: Iterable[int]) -> None:
    """Commits of as many repositories of a host that hangs."""

    async def deliver(number: int) -> None:
        name = f"hung-{number}"
        await shop.declare(name, {"repo": f"http://127.0.0.1:{silent.port}/{number}.git"})
        await shop.detect(name, ABSENT)

    async with asyncio.TaskGroup() as tasks:
        for number in numbers:
            tasks.create_task(deliver(number))


async def test_hundreds_of_commits_of_a_host_that_hangs_delay_no_other(
    tmp_path: Path, silent: SilentServer
) -> None:
    async with workshop(tmp_path) as shop:
        await deliver_hung(shop, silent, range(300))
        async with bundling(shop):
            await eventually(lambda: silent.connections == PLACES)
            repository = shop.repository()
            for number in range(3):
                sha = repository.commit({"cm.yaml": f"a: {number}\n"})
                await shop.read("web", await shop.deliver(repository, "web", sha))
            assert silent.connections == PLACES


async def test_a_commit_that_was_sent_away_is_looked_at_once_its_host_has_a_place(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop, bundling(shop):
        async with hanging() as silent:
            await deliver_hung(shop, silent, range(12))
            await eventually(lambda: silent.connections == PLACES)

        for number in range(12):
            assert f"{silent.port}/{number}.git" in await shop.says(f"hung-{number}", "127.0.0.1")


async def test_a_reading_ends_when_its_gitrepo_is_deleted_or_changed(
    tmp_path: Path, silent: SilentServer
) -> None:
    async with workshop(tmp_path) as shop, bundling(shop):
        await deliver_hung(shop, silent, range(PLACES))
        await eventually(lambda: silent.connections == PLACES)
        repository = shop.repository()
        sha = repository.commit({"cm.yaml": "a: 1\n"})
        await shop.read("hung-0", await shop.deliver(repository, "hung-0", sha))
        await shop.delete("hung-1")
        await deliver_hung(shop, silent, [PLACES, PLACES + 1])
        await eventually(lambda: silent.connections == PLACES + 2)

        assert await shop.view("hung-2") is None, "what is still wanted is still read"
