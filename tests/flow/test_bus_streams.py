"""Streams on a real server: made, migrated forward, never back, never dropping state."""

from pathlib import Path

import pytest

from fleet.bus import Bus, Full, Refused
from fleet.bus.streams import configuration
from fleet.events import STREAMS, GitCommitDetected, Member, Stream
from support.bus import a_commit, running_bus
from support.nats import running_nats

NAMES = {"workspace": "fleet-default", "gitrepo": "web"}


async def test_making_streams_twice_changes_nothing(tmp_path: Path) -> None:
    async with running_bus(tmp_path) as (_, bus):
        sequence = await bus.publish(a_commit(1), source="t")
        before = await bus.connection.api("STREAM.INFO.COMMITS")
        await bus.ensure_streams()
        after = await bus.connection.api("STREAM.INFO.COMMITS")
        assert before["config"] == after["config"]
        last = await bus.last(GitCommitDetected, **NAMES)
        assert last is not None
        assert last.sequence == sequence


async def test_services_that_start_at_once_make_the_streams_together(tmp_path: Path) -> None:
    async with (
        running_nats(tmp_path) as server,
        await Bus.connect(server.url, name="a") as one,
        await Bus.connect(server.url, name="b") as other,
    ):
        for bus in (one, other):
            await bus.ensure_streams()
        names = (await one.connection.api("STREAM.NAMES"))["streams"]
    assert set(names) == set(STREAMS)


async def test_a_stream_of_an_older_version_is_brought_forward_and_keeps_its_messages(tmp_path: Path) -> None:
    async with running_nats(tmp_path) as server, await Bus.connect(server.url, name="t") as bus:
        old = configuration(STREAMS["COMMITS"]) | {"max_msgs_per_subject": 3, "max_bytes": 1 << 20}
        del old["metadata"]
        await bus.connection.api("STREAM.CREATE.COMMITS", old)
        await bus.publish(a_commit(1), source="t")
        await bus.ensure_streams()
        config = (await bus.connection.api("STREAM.INFO.COMMITS"))["config"]
        assert config["max_msgs_per_subject"] == STREAMS["COMMITS"].per_subject
        assert config["max_bytes"] == STREAMS["COMMITS"].max_bytes
        assert await bus.last(GitCommitDetected, **NAMES) is not None


async def test_a_stream_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    async with running_nats(tmp_path) as server, await Bus.connect(server.url, name="t") as bus:
        newer = configuration(STREAMS["COMMITS"]) | {"metadata": {"io.fleet.layout": "99"}}
        await bus.connection.api("STREAM.CREATE.COMMITS", newer)
        with pytest.raises(ExceptionGroup) as caught:
            await bus.ensure_streams()
        (refused,) = caught.value.exceptions
        assert isinstance(refused, Refused)
        assert "a newer Fleet made it" in str(refused)
        config = (await bus.connection.api("STREAM.INFO.COMMITS"))["config"]
        assert config["metadata"]["io.fleet.layout"] == "99"


async def test_a_full_stream_keeps_what_it_has_and_says_that_it_is_full(tmp_path: Path) -> None:
    small = Stream(name="COMMITS", subjects=("fleet.commit.*.*",), per_subject=64, max_bytes=20_000)
    async with running_nats(tmp_path) as server, await Bus.connect(server.url, name="t") as bus:
        await bus.ensure_streams([small])

        async def fill() -> None:
            for number in range(100):
                await bus.publish(a_commit(number, gitrepo=f"r{number}"), source="t")

        with pytest.raises(Full, match="max_bytes"):
            await fill()
        assert await bus.last(GitCommitDetected, workspace="fleet-default", gitrepo="r0") is not None


async def test_a_second_message_on_a_write_once_subject_is_refused_and_takes_no_number(
    tmp_path: Path,
) -> None:
    one, two = (Member(workspace="fleet-default", cluster=name, uid="u1") for name in ("one", "two"))
    async with running_bus(tmp_path) as (_, bus):
        assert await bus.publish(one, source="t") == 1
        with pytest.raises(Refused) as caught:
            await bus.publish(one, source="t")
        assert caught.value.code == 10077
        assert await bus.publish(two, source="t") == 2
