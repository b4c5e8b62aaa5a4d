"""What is looked at again: after a pause, or at once where something came up."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from fleet.bundler import retries
from fleet.bundler.retries import ObjectKey, Retries

KEY = ObjectKey("gitrepo", "fleet-default", "web")


@pytest.fixture(autouse=True)
def long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look in the time of a test is one that was asked for."""
    monkeypatch.setattr(retries, "FIRST", 100.0)


@contextlib.asynccontextmanager
async def running(table: Retries, look: Callable[[ObjectKey], Awaitable[None]]) -> AsyncIterator[None]:
    task = asyncio.create_task(table.run(look))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_what_comes_up_while_an_object_is_read_has_it_read_again_at_once() -> None:
    table, looks, done = Retries(), [], asyncio.Event()

    async def look(key: ObjectKey) -> None:
        looks.append(key)
        if len(looks) == 1:
            table.soon(key)
            table.later(key)
        else:
            done.set()

    async with running(table, look):
        table.soon(KEY)
        async with asyncio.timeout(10):
            await done.wait()
    assert looks == [KEY, KEY]


async def test_a_name_that_becomes_free_has_only_those_read_who_wait_for_it() -> None:
    table, looks, done = Retries(), [], asyncio.Event()

    async def look(key: ObjectKey) -> None:
        looks.append(key.name)
        done.set()

    async with running(table, look):
        table.later(KEY, waits_for=["shared"])
        table.later(ObjectKey("gitrepo", "fleet-default", "other"), waits_for=["mine"])
        table.freed("elsewhere", "mine")
        table.freed("fleet-default", "shared")
        async with asyncio.timeout(10):
            await done.wait()
    assert looks == ["web"]


def test_pauses_double_up_to_five_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "FIRST", 2.0)
    table = Retries()

    assert [table.later(KEY) for _ in range(10)] == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
