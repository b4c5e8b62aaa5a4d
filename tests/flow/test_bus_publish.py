"""Single events: acknowledged, compare-and-set, repeated while the server is away."""

import asyncio
from pathlib import Path

import pytest

from fleet.bus import Bus, Conflict, Refused, Unreachable
from fleet.bus import publish as publishing
from fleet.events import GitCommitDetected, Stream
from support.bus import a_commit, running_bus, soon
from support.nats import NatsServer
from support.waiting import eventually

NAMES = {"workspace": "fleet-default", "gitrepo": "web"}


async def test_what_was_published_is_the_last_value_with_its_envelope(tmp_path: Path) -> None:
    async with running_bus(tmp_path) as (_, bus):
        sequence = await bus.publish(a_commit(1), source="gitjob", id="e-1", headers={"Fleet-Mac": "ab"})
        last = await bus.last(GitCommitDetected, at_least=sequence, **NAMES)
    assert last is not None
    assert (last.event, last.sequence, last.subject) == (a_commit(1), sequence, a_commit(1).subject())
    assert last.raw == a_commit(1).encode()
    assert (last.envelope.id, last.envelope.source) == ("e-1", "gitjob")
    assert last.envelope.headers["Fleet-Mac"] == "ab"
    assert not any(header.startswith("Nats-") for header in last.envelope.headers)


async def test_a_key_that_was_never_written_has_no_value(tmp_path: Path) -> None:
    async with running_bus(tmp_path) as (_, bus):
        assert await bus.last(GitCommitDetected, **NAMES) is None


async def test_the_second_of_two_writers_who_read_the_same_value_is_refused(tmp_path: Path) -> None:
    async with running_bus(tmp_path) as (_, bus):
        first = await bus.publish(a_commit(1), source="t", expect=0)
        await bus.publish(a_commit(2), source="t", expect=first)
        for expected in (0, first):
            with pytest.raises(Conflict, match="has changed"):
                await bus.publish(a_commit(3), source="t", expect=expected)
        last = await bus.last(GitCommitDetected, **NAMES)
    assert last is not None
    assert last.event == a_commit(2)


async def test_an_event_that_is_published_while_the_server_is_away_arrives_when_it_is_back(
    tmp_path: Path,
) -> None:
    async with running_bus(tmp_path) as (server, bus):
        await server.kill()
        publishing_task = asyncio.create_task(bus.publish(a_commit(1), source="t", expect=0))
        with pytest.raises(Unreachable):  # the publishing runs meanwhile, and nobody is there
            await bus.request("$JS.API.INFO", b"", timeout=0.05)
        assert not publishing_task.done()
        await server.start()
        sequence = await soon(publishing_task)
        last = await bus.last(GitCommitDetected, **NAMES)
    assert last is not None
    assert last.sequence == sequence


async def test_an_answer_that_is_lost_does_not_turn_an_own_write_into_a_conflict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "_ATTEMPT", 0.2)
    async with running_bus(tmp_path) as (_, bus):
        # The stream stores without answering for a moment, as when the answer is lost on its way.
        info = (await bus.connection.api("STREAM.INFO.COMMITS"))["config"]
        await bus.connection.api("STREAM.UPDATE.COMMITS", info | {"no_ack": True})
        task = asyncio.create_task(bus.publish(a_commit(1), source="t", expect=0))
        await eventually(lambda: bus.last(GitCommitDetected, **NAMES))
        await bus.connection.api("STREAM.UPDATE.COMMITS", info)
        assert await soon(task) == 1
        assert (await bus.connection.api("STREAM.INFO.COMMITS"))["state"]["last_seq"] == 1


async def test_an_unreachable_server_is_named_without_its_password(tmp_path: Path) -> None:
    server = NatsServer(tmp_path / "nats")
    await server.start()
    await server.kill()
    url = f"nats://someone:hunter2@127.0.0.1:{server.port}"
    with pytest.raises(Unreachable) as caught:
        await Bus.connect(url, name="t", patience=0.3)
    assert f"127.0.0.1:{server.port}" in str(caught.value)
    assert "check that the server runs" in str(caught.value)
    assert "hunter2" not in str(caught.value)


async def test_an_event_larger_than_its_stream_takes_is_refused(tmp_path: Path) -> None:
    async with running_bus(tmp_path) as (_, bus):
        tiny = Stream(name="COMMITS", subjects=("fleet.commit.*.*",), max_message=100)
        await bus.ensure_streams([tiny])
        with pytest.raises(Refused, match="maximum"):
            await bus.publish(a_commit(1), source="t")


async def test_a_message_that_is_too_large_by_its_headers_is_refused_and_the_connection_stays(
    tmp_path: Path,
) -> None:
    async with running_bus(tmp_path) as (_, bus):
        limit = bus.connection.client.max_payload
        before = bus.connection.generation
        with pytest.raises(Refused, match="bytes, and the server takes") as refused:
            await publishing.publish(
                bus.connection, a_commit(1).subject(), b"x" * (limit - 20), {"a": "b" * 30}, stream="COMMITS"
            )
        assert refused.value.code == 413
        exact = b"x" * (limit - len(b"NATS/1.0\r\na: b\r\n\r\n"))
        await publishing.publish(bus.connection, a_commit(1).subject(), exact, {"a": "b"}, stream="COMMITS")
        assert bus.connection.generation == before
