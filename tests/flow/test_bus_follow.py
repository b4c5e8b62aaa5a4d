"""Following a stream: the present first, then every change, whatever happens on the way."""

import asyncio
import shutil
from pathlib import Path

import pytest

from fleet.bus import Bus, Feed, header_block
from fleet.events import BundleRetired, BundleSet, ClusterRecord, GitCommitDetected, Owner, Stored
from support.bus import a_commit, number_of, running_bus, soon
from support.nats import NatsServer

COMMITS = "COMMITS"


async def take(feed: Feed[GitCommitDetected], count: int) -> list[int]:
    return [number_of((await soon(anext(feed))).event) for _ in range(count)]


async def test_the_last_value_of_every_subject_comes_first_and_then_what_changes(tmp_path: Path) -> None:
    async with running_bus(tmp_path) as (_, bus):
        for number, gitrepo in enumerate(("a", "b", "a", "c")):
            await bus.publish(a_commit(number, gitrepo=gitrepo), source="t")
        feed = bus.follow(GitCommitDetected)
        assert await take(feed, 3) == [1, 2, 3]
        assert not feed.is_caught_up
        await bus.publish(a_commit(9, gitrepo="a"), source="t")
        assert await take(feed, 1) == [9]
        assert feed.is_caught_up
        assert feed.snapshot == 1


async def test_caught_up_comes_when_the_last_item_was_worked_on_not_when_it_was_handed_out(
    tmp_path: Path,
) -> None:
    worked_on: list[int] = []
    go_on = asyncio.Event()

    async def read(feed: Feed[GitCommitDetected]) -> None:
        async for stored in feed:
            await go_on.wait()
            worked_on.append(number_of(stored.event))

    async with running_bus(tmp_path) as (_, bus):
        for number in range(3):
            await bus.publish(a_commit(number, gitrepo=f"r{number}"), source="t")
        feed = bus.follow(GitCommitDetected)
        async with asyncio.TaskGroup() as tasks:
            reader = tasks.create_task(read(feed))
            go_on.set()
            await soon(feed.caught_up())
            assert worked_on == [0, 1, 2]
            reader.cancel()


async def test_an_empty_stream_is_caught_up_at_once(tmp_path: Path) -> None:
    async with running_bus(tmp_path) as (_, bus):
        feed = bus.follow(GitCommitDetected)
        reader = asyncio.create_task(anext(feed))
        await soon(feed.caught_up())
        await bus.publish(a_commit(1), source="t")
        assert (await soon(reader)).event == a_commit(1)
        assert [one async for one in bus.present(ClusterRecord)] == []


async def test_names_narrow_a_feed_down(tmp_path: Path) -> None:
    async with running_bus(tmp_path) as (_, bus):
        for number, workspace in enumerate(("fleet-local", "fleet-default")):
            await bus.publish(a_commit(number, workspace=workspace), source="t")
        found = [
            number_of(one.event) async for one in bus.present(GitCommitDetected, workspace="fleet-local")
        ]
    assert found == [0]


async def test_with_history_every_value_comes(tmp_path: Path) -> None:
    async with running_bus(tmp_path) as (_, bus):
        for number in range(5):
            await bus.publish(a_commit(number), source="t")
        assert await take(bus.follow(GitCommitDetected, history=True), 5) == [0, 1, 2, 3, 4]


async def test_classes_that_share_a_subject_come_together_and_foreign_ones_do_not(tmp_path: Path) -> None:
    retired = BundleRetired(
        workspace="fleet-default",
        bundle="web",
        uid="u",
        generation=1,
        owner=Owner(kind="GitRepo", name="web", uid="u"),
        commit="c",
        commit_sequence=1,
        set=BundleSet(size=0, digest="d"),
    )
    async with running_bus(tmp_path) as (_, bus):
        await bus.publish(retired, source="t")
        found = [one.event async for one in bus.present(BundleRetired)]
        assert found == [retired]
        with pytest.raises(ValueError, match="one stream"):
            bus.follow(BundleRetired, GitCommitDetected)


async def test_a_message_that_cannot_be_read_is_logged_and_skipped(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with running_bus(tmp_path) as (_, bus):
        for kind in (a_commit(1).type_name(), "io.fleet.FromTomorrow.v9"):
            await bus.connection.request(
                "fleet.commit.fleet-default.bad", b'{"x":1}', timeout=5, headers={"ce-type": kind}
            )
        await bus.publish(a_commit(3), source="t")
        assert await take(bus.follow(GitCommitDetected, history=True), 1) == [3]
    said = capfd.readouterr()
    assert "fleet.commit.fleet-default.bad" in said.out + said.err


async def test_a_server_that_is_killed_again_and_again_costs_nothing(tmp_path: Path) -> None:
    async with running_bus(tmp_path) as (server, bus):
        feed = bus.follow(GitCommitDetected)
        seen: list[int] = []

        async def read() -> None:
            async for stored in feed:
                seen.append(number_of(stored.event))
                if seen[-1] == 29:
                    return

        reader = asyncio.create_task(read())
        for number in range(30):
            await bus.publish(a_commit(number, gitrepo=f"r{number}"), source="t")
            if number in (5, 15, 20):
                await server.restart()
        await soon(reader)
    assert list(dict.fromkeys(seen)) == list(range(30))
    assert feed.snapshot == 1


async def test_a_consumer_that_somebody_deletes_is_made_again(tmp_path: Path) -> None:
    async with running_bus(tmp_path) as (_, bus):
        feed = bus.follow(GitCommitDetected)
        await bus.publish(a_commit(1), source="t")
        assert await take(feed, 1) == [1]
        for name in (await bus.connection.api("CONSUMER.NAMES.COMMITS"))["consumers"]:
            await bus.connection.api(f"CONSUMER.DELETE.COMMITS.{name}")
        await bus.publish(a_commit(2), source="t")
        assert await take(feed, 1) == [2]
        assert feed.snapshot == 1


async def test_a_stream_that_is_made_anew_is_read_from_a_new_snapshot(tmp_path: Path) -> None:
    async with running_bus(tmp_path) as (_, bus):
        feed = bus.follow(GitCommitDetected)
        for number in range(3):
            await bus.publish(a_commit(number, gitrepo=f"r{number}"), source="t")
        assert await take(feed, 3) == [0, 1, 2]
        await bus.connection.api("STREAM.DELETE.COMMITS")
        await bus.ensure_streams()
        await bus.publish(a_commit(7, gitrepo="r0"), source="t")
        assert await take(feed, 1) == [7]
        assert feed.snapshot == 2


async def test_a_stream_that_went_back_is_read_from_a_new_snapshot_and_loses_no_new_event(
    tmp_path: Path,
) -> None:
    async with running_bus(tmp_path) as (server, bus):
        await publish_many(bus, range(10))
        await remember(server)
        feed = bus.follow(GitCommitDetected)
        assert await take(feed, 10) == list(range(10))
        await publish_many(bus, range(10, 15))
        assert await take(feed, 5) == [10, 11, 12, 13, 14]
        await bring_back(server)
        new = await bus.publish(a_commit(20, gitrepo="r20"), source="t")
        assert new == 16  # the five lost sequences are burned, not handed out again
        found = [await soon(anext(feed)) for _ in range(11)]
    assert feed.snapshot == 2
    assert [number_of(one.event) for one in found] == [*range(10), 20]


async def test_another_process_that_knows_a_lost_sequence_has_it_burned_before_it_writes(
    tmp_path: Path,
) -> None:
    async with running_bus(tmp_path) as (server, bus):
        await publish_many(bus, range(3))
    async with await reopened(server) as bus:
        bus.witness(COMMITS, 1000)
        bus.witness(COMMITS, 400)
        assert await bus.publish(a_commit(9), source="t") == 1001
        assert await bus.publish(a_commit(10), source="t") == 1002
        burned = [one async for one in bus.present(GitCommitDetected)]
        await server.stop()
    assert [number_of(one.event) for one in burned] == [0, 1, 2, 10]


async def test_a_large_present_comes_whole(tmp_path: Path) -> None:
    headers = header_block({"ce-type": a_commit(1).type_name()})
    async with running_bus(tmp_path) as (_, bus):
        async with bus.batch(source="t") as batch:
            for number in range(20_000):
                event = a_commit(number, gitrepo=f"r{number}")
                await batch.send(event.subject(), event.encode(), headers)
        found: list[Stored[GitCommitDetected]] = [one async for one in bus.present(GitCommitDetected)]
    assert [number_of(one.event) for one in found] == list(range(20_000))


async def publish_many(bus: Bus, numbers: range) -> None:
    for number in numbers:
        await bus.publish(a_commit(number, gitrepo=f"r{number}"), source="t")


def messages(server: NatsServer) -> Path:
    return server.folder / "store/jetstream/$G/streams" / COMMITS / "msgs"


async def remember(server: NatsServer) -> None:
    """Keep the stream's messages as they are on disk now."""
    await server.stop()
    shutil.copytree(messages(server), server.folder / "before")
    await server.start()


async def bring_back(server: NatsServer) -> None:
    """Lose what was written since, as a broker does that lost power."""
    await server.kill()
    shutil.rmtree(messages(server))
    shutil.copytree(server.folder / "before", messages(server))
    await server.start()


async def reopened(server: NatsServer) -> Bus:
    await server.start()
    return await Bus.connect(server.url, name="another")
