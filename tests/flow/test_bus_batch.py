"""Many messages at once: stored in order and whole, or said not to be."""

import asyncio
from pathlib import Path

import pytest

from fleet.bus import Bus, BusError, Heard, Refused, Unreachable, header_block
from fleet.events import DeploymentTargeted, GitCommitDetected, Member
from support.bus import a_commit, number_of, running_bus
from support.waiting import eventually

FILL = b'{"workspace":"fleet-default"}'


async def count(bus: Bus, stream: str) -> int:
    return int((await bus.connection.api(f"STREAM.INFO.{stream}"))["state"]["messages"])


async def test_when_the_block_is_left_everything_is_stored_in_its_order(tmp_path: Path) -> None:
    async with running_bus(tmp_path) as (_, bus):
        async with bus.batch(source="targeter") as batch:
            for number in range(3_500):
                await batch.put(a_commit(number, gitrepo=f"r{number}"), correlation_id="c")
        assert batch.stored == 3_500
        found = [one async for one in bus.present(GitCommitDetected)]
    assert [number_of(one.event) for one in found] == list(range(3_500))
    assert {one.envelope.correlation_id for one in found} == {"c"}
    assert {one.envelope.source for one in found} == {"targeter"}


@pytest.mark.parametrize("number", [0, 1, 2, 999, 1000, 1001])
async def test_a_batch_may_have_any_number_of_messages(tmp_path: Path, number: int) -> None:
    async with running_bus(tmp_path) as (_, bus):
        async with bus.batch(source="t") as batch:
            for index in range(number):
                await batch.send(f"fleet.desired.fleet-default.c{index}", FILL)
        assert batch.stored == number
        assert await count(bus, "DESIRED") == number


@pytest.mark.parametrize("caused", [True, False])
async def test_an_event_that_is_encoded_already_is_stored_as_any_other(tmp_path: Path, caused: bool) -> None:
    async with running_bus(tmp_path) as (_, bus):
        await bus.publish(
            a_commit(0, gitrepo="cause"), source="gitjob", headers={"traceparent": "00-ab-cd-01"}
        )
        cause = await bus.last(GitCommitDetected, workspace="fleet-default", gitrepo="cause")
        events = [a_commit(number, gitrepo="same") for number in range(2)]
        async with bus.batch(source="t") as batch:
            await batch.put(events[0], cause=cause if caused else None, headers={"X": "y"})
        put = await bus.last(GitCommitDetected, workspace="fleet-default", gitrepo="same")
        async with bus.batch(source="t") as batch:
            for event in reversed(events):
                await batch.put_encoded(
                    GitCommitDetected,
                    event.subject(),
                    event.encode(),
                    cause=cause if caused else None,
                    headers={"X": "y"},
                )
        encoded = await bus.last(GitCommitDetected, workspace="fleet-default", gitrepo="same")
    assert put is not None
    assert encoded is not None
    assert encoded.raw == put.raw
    assert {**encoded.envelope.to_headers(), "ce-time": ""} == {**put.envelope.to_headers(), "ce-time": ""}
    assert set(encoded.envelope.headers) == set(put.envelope.headers)


async def test_a_message_of_a_batch_is_republished_to_the_wake_of_its_cluster(tmp_path: Path) -> None:
    heard: list[str] = []
    told = asyncio.Event()
    manifest = DeploymentTargeted(
        workspace="fleet-default", cluster="edge", uid="u", epoch=1, generation=1, digest="d", entries=()
    )

    async def hear(message: Heard) -> None:
        heard.append(message.headers["Fleet-Mac"])
        told.set()

    async with running_bus(tmp_path) as (_, bus), bus.listen("fleet.wake.fleet-default.edge", hear):
        async with bus.batch(source="t") as batch:
            await batch.put(manifest, headers={"Fleet-Mac": "ab"})
        async with asyncio.timeout(10):
            await told.wait()
    assert heard == ["ab"]


async def test_a_slow_producer_keeps_its_batch_alive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fleet.bus.batch._KEEP_ALIVE", 0.02)
    said: list[bytes] = []

    async def hear(message: Heard) -> None:
        said.append(message.payload)

    async with running_bus(tmp_path) as (_, bus), bus.listen("fleet.desired.*.*", hear):
        async with bus.batch(source="t") as batch:
            await batch.send("fleet.desired.fleet-default.a", FILL)
            await eventually(lambda: said.count(b"") >= 3)  # signs of life; no stream keeps them
            await batch.send("fleet.desired.fleet-default.b", FILL)
        assert await count(bus, "DESIRED") == 2


async def test_a_refused_message_ends_the_batch_and_says_why(tmp_path: Path) -> None:
    async def write(bus: Bus) -> None:
        async with bus.batch(source="t") as batch:
            for name in ("one", "two", "one", "three"):
                await batch.put(Member(workspace="fleet-default", cluster=name, uid="u"))

    async with running_bus(tmp_path) as (_, bus):
        with pytest.raises(Refused, match="maximum messages per subject"):
            await write(bus)
        assert await count(bus, "MEMBERS") == 2


async def test_a_connection_that_is_lost_in_the_middle_is_said_and_the_batch_can_be_repeated(
    tmp_path: Path,
) -> None:
    async with running_bus(tmp_path) as (server, bus):

        async def write(*, lose: bool) -> None:
            async with bus.batch(source="t") as batch:
                for number in range(5_000):
                    await batch.send(f"fleet.desired.fleet-default.c{number}", FILL)
                    if lose and number == 2_500:
                        await server.restart()

        with pytest.raises(Unreachable):
            await write(lose=True)
        await write(lose=False)
        assert await count(bus, "DESIRED") == 5_000


async def test_a_subject_that_no_stream_takes_is_said(tmp_path: Path) -> None:
    async def write(bus: Bus) -> None:
        async with bus.batch(source="t") as batch:
            await batch.send("fleet.nothing.takes.this", b"", header_block({"a": "b"}))

    async with running_bus(tmp_path) as (_, bus):
        with pytest.raises(Refused, match="no stream takes this subject"):
            await write(bus)


async def test_an_atomic_batch_is_stored_whole(tmp_path: Path) -> None:
    async with running_bus(tmp_path) as (_, bus):
        for size in (1, 2, 1000):
            before = await count(bus, "COMMITS")
            events = [a_commit(number, gitrepo=f"a{size}-{number}") for number in range(size)]
            last = await bus.atomic(events, source="t")
            assert last == before + size
            assert await count(bus, "COMMITS") == before + size


async def test_an_atomic_batch_with_one_message_that_is_refused_stores_none(tmp_path: Path) -> None:
    async with running_bus(tmp_path) as (_, bus):
        members = [Member(workspace="fleet-default", cluster=f"c{n}", uid="u") for n in range(3)]
        config = (await bus.connection.api("STREAM.INFO.MEMBERS"))["config"] | {"allow_atomic": True}
        await bus.connection.api("STREAM.UPDATE.MEMBERS", config)
        await bus.publish(members[1], source="t")
        with pytest.raises(BusError):
            await bus.atomic(members, source="t")
        assert await count(bus, "MEMBERS") == 1


async def test_an_atomic_batch_is_of_one_stream_and_of_a_bounded_size(tmp_path: Path) -> None:
    async with running_bus(tmp_path) as (_, bus):
        mixed = [a_commit(1), Member(workspace="fleet-default", cluster="c", uid="u")]
        for events in ([], mixed, [a_commit(1)] * 1001):
            with pytest.raises(ValueError, match="atomic batch"):
                await bus.atomic(events, source="t")
