"""How often a handler is asked, and what it may answer."""

import asyncio
from datetime import UTC, datetime

import pytest

from fleet.bus.attempts import attempt, pause_after
from fleet.bus.errors import Conflict, Reject, Retry
from fleet.events import Envelope, Stored
from support.bus import a_commit

EVENT = Stored(
    event=a_commit(1),
    subject="fleet.commit.fleet-default.web",
    sequence=1,
    time=datetime(2026, 1, 1, tzinfo=UTC),
    envelope=Envelope.from_headers({"ce-id": "1"}),
)


def test_the_pause_doubles_up_to_a_minute() -> None:
    assert [pause_after(n) for n in (1, 2, 3, 6, 7, 100)] == [1, 2, 4, 32, 60, 60]


async def test_a_rejection_is_the_answer() -> None:
    async def handle(_: object) -> None:
        raise Reject("never")

    rejection = await attempt(handle, EVENT, slots=asyncio.Semaphore(1), subscriber="t")
    assert rejection is not None
    assert rejection.reason == "never"


async def test_a_lost_race_and_a_retry_are_asked_again_until_it_returns() -> None:
    answers: list[Exception] = [Conflict("s", 1), Retry(0.01, "not there yet"), Conflict("s", 2)]

    async def handle(_: object) -> None:
        if answers:
            raise answers.pop(0)

    assert await attempt(handle, EVENT, slots=asyncio.Semaphore(1), subscriber="t") is None
    assert answers == []


async def test_a_handler_that_waits_for_its_next_attempt_holds_no_slot() -> None:
    slots = asyncio.Semaphore(1)
    asked = asyncio.Event()

    async def wait_for_it(_: object) -> None:
        asked.set()
        raise Retry(60)

    async def quick(_: object) -> None:
        pass

    waiting = asyncio.create_task(attempt(wait_for_it, EVENT, slots=slots, subscriber="t"))
    async with asyncio.timeout(5):
        await asked.wait()
        assert await attempt(quick, EVENT, slots=slots, subscriber="t") is None
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
