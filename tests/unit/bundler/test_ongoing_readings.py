"""A reading ends when its object is deleted, made anew or given another spec, and for nothing else."""

import asyncio
from datetime import UTC, datetime

import pytest

from fleet.bundler.errors import Outdated
from fleet.bundler.ongoing import Ongoing
from fleet.bundler.retries import ObjectKey
from fleet.events import Envelope, ObjectMeta, Resource, Stored

KEY = ObjectKey("gitrepo", "w", "web")
SOON = 5.0


def a_record(
    sequence: int, *, uid: str = "u1", generation: int = 1, deleted: str | None = None
) -> Stored[Resource]:
    metadata = ObjectMeta(
        name="web", namespace="w", uid=uid, generation=generation, deletion_timestamp=deleted
    )
    event = Resource(kind="gitrepo", metadata=metadata, spec={})
    time = datetime(2026, 1, 1, tzinfo=UTC)
    return Stored(event, event.subject(), sequence, time, Envelope.from_headers(None))


NEWS = {
    "deleted": a_record(8, deleted="2026-01-01T00:00:00Z"),
    "made anew": a_record(8, uid="u2"),
    "another spec": a_record(8, generation=2),
}
NO_NEWS = {
    "other labels": a_record(8),
    "an event of before": a_record(6, generation=2),
    "the same": a_record(7),
}


@pytest.mark.parametrize("news", NEWS.values(), ids=NEWS)
@pytest.mark.parametrize("known_before", [True, False])
async def test_a_reading_of_what_is_no_more_ends(news: Stored[Resource], known_before: bool) -> None:
    ongoing, started = Ongoing(), asyncio.Event()

    async def read() -> None:
        async with ongoing.reading(KEY, a_record(7)):
            started.set()
            await asyncio.sleep(SOON)

    task = asyncio.create_task(read())
    if not known_before:
        await started.wait()
    ongoing.news(KEY, news)
    with pytest.raises(Outdated):
        await task


@pytest.mark.parametrize("news", NO_NEWS.values(), ids=NO_NEWS)
async def test_a_reading_that_is_still_wanted_goes_on(news: Stored[Resource]) -> None:
    ongoing = Ongoing()
    async with ongoing.reading(KEY, a_record(7)):
        ongoing.news(KEY, news)
        await asyncio.sleep(0)
    async with ongoing.reading(ObjectKey("gitrepo", "w", "other"), a_record(7)):
        ongoing.news(KEY, NEWS["deleted"])
        await asyncio.sleep(0)


async def test_news_are_forgotten_with_the_reading_that_knows_them() -> None:
    ongoing = Ongoing()
    ongoing.news(KEY, NEWS["another spec"])
    async with ongoing.reading(KEY, NEWS["another spec"]):
        await asyncio.sleep(0)
    async with ongoing.reading(KEY, a_record(7)):
        await asyncio.sleep(0)


async def test_a_reading_keeps_its_own_errors() -> None:
    with pytest.raises(TimeoutError):
        async with Ongoing().reading(KEY, a_record(7)):
            raise TimeoutError
