"""Questions and answers that no stream keeps."""

import asyncio
from pathlib import Path

import pytest

from fleet.bus import Bus, Heard, Refused, Unreachable
from fleet.events import GitCommitDetected
from fleet.vault.nkey import NkeyPair
from support.bus import a_commit, running_bus, soon
from support.nats import running_nats
from support.waiting import eventually

ASKED = "fleet.query.test"


async def test_an_answer_comes_back(tmp_path: Path) -> None:
    async def echo(heard: Heard) -> bytes:
        return heard.subject.encode() + b" " + heard.payload

    async with running_bus(tmp_path) as (_, bus), bus.respond(f"{ASKED}.*", echo):
        assert await bus.request(f"{ASKED}.a", b"hello") == b"fleet.query.test.a hello"


async def test_a_refusal_travels_with_its_code_and_reason(tmp_path: Path) -> None:
    async def refuse(heard: Heard) -> bytes:
        raise Refused("content", 403, "not in this cluster's manifest")

    async with running_bus(tmp_path) as (_, bus), bus.respond(ASKED, refuse):
        with pytest.raises(Refused, match="not in this cluster's manifest") as caught:
            await bus.request(ASKED, b"")
    assert caught.value.code == 403


async def test_a_bug_in_a_responder_is_a_refusal_without_detail_and_ends_nothing(tmp_path: Path) -> None:
    async def fail(heard: Heard) -> bytes:
        raise RuntimeError("the password is hunter2")

    async with running_bus(tmp_path) as (_, bus), bus.respond(ASKED, fail):
        for _attempt in range(2):
            with pytest.raises(Refused) as caught:
                await bus.request(ASKED, b"")
            assert caught.value.code == 500
            assert "hunter2" not in str(caught.value)


async def test_a_slow_answer_delays_no_other(tmp_path: Path) -> None:
    never = asyncio.Event()

    async def answer(heard: Heard) -> bytes:
        if heard.payload == b"slow":
            await never.wait()
        return heard.payload

    async with running_bus(tmp_path) as (_, bus), bus.respond(ASKED, answer):
        slow = asyncio.create_task(bus.request(ASKED, b"slow", timeout=20))
        assert await bus.request(ASKED, b"quick") == b"quick"
        never.set()
        assert await soon(slow) == b"slow"


async def test_nobody_there_is_said_at_once_and_silence_after_the_timeout(tmp_path: Path) -> None:
    never = asyncio.Event()

    async def silent(heard: Heard) -> bytes:
        await never.wait()
        return b""

    async with running_bus(tmp_path) as (_, bus):
        with pytest.raises(Unreachable, match="nobody serves"):
            await bus.request(ASKED, b"", timeout=60)
        async with bus.respond(ASKED, silent):
            with pytest.raises(Unreachable, match="no answer in"):
                await bus.request(ASKED, b"", timeout=0.1)


async def test_a_responder_answers_inboxes_only_and_never_a_subject_with_a_meaning(tmp_path: Path) -> None:
    asked: list[bytes] = []

    async def forge(heard: Heard) -> bytes:
        asked.append(heard.payload)
        return a_commit(66).encode()

    async with running_bus(tmp_path) as (_, bus), bus.respond(ASKED, forge):
        await bus.connection.publish(ASKED, b"evil", reply=a_commit(66).subject())
        await bus.request(ASKED, b"good")
        assert asked == [b"good"]
        found = [one async for one in bus.present(GitCommitDetected)]
    assert found == []


async def test_status_frames_of_others_are_not_heard(tmp_path: Path) -> None:
    heard: list[bytes] = []

    async def hear(message: Heard) -> None:
        heard.append(message.payload)

    async with running_bus(tmp_path) as (_, bus), bus.listen("fleet.beat.*.*", hear):
        forged = b"NATS/1.0 503\r\n\r\n"
        await bus.connection.write(
            b"HPUB fleet.beat.a.b  %d %d\r\n%sx\r\n" % (len(forged), len(forged) + 1, forged)
        )
        await bus.tell("fleet.beat.a.b", b"beat")
        await eventually(lambda: heard)
    assert heard == [b"beat"]


async def test_a_listener_that_fails_hears_the_next_message(tmp_path: Path) -> None:
    heard: list[bytes] = []

    async def hear(message: Heard) -> None:
        heard.append(message.payload)
        if len(heard) == 1:
            raise ZeroDivisionError

    async with running_bus(tmp_path) as (server, bus), bus.listen("fleet.beat.*.*", hear):
        await bus.tell("fleet.beat.a.b", b"1")
        await bus.tell("fleet.beat.a.b", b"2")
        await eventually(lambda: len(heard) == 2)
        await server.restart()
        await eventually(lambda: bus.connected)
        await bus.tell("fleet.beat.a.b", b"3")
        await eventually(lambda: len(heard) == 3)


def users(*keys: NkeyPair) -> str:
    listed = ", ".join(f'{{nkey: "{key.public}"}}' for key in keys)
    return f"authorization {{ users: [{listed}] }}"


async def test_credentials_that_are_refused_are_named_and_never_shown(tmp_path: Path) -> None:
    right, wrong = NkeyPair.generate(), NkeyPair.generate()
    async with running_nats(tmp_path, extra=users(right)) as server:
        async with await Bus.connect(server.url, name="t", seed=right.seed) as bus:
            await bus.ensure_streams()
        with pytest.raises(Unreachable, match=r"(?i)authorization") as caught:
            await Bus.connect(server.url, name="t", seed=wrong.seed, patience=0.5)
    assert wrong.seed not in str(caught.value)


async def test_a_user_that_is_removed_and_named_again_is_back_by_itself(tmp_path: Path) -> None:
    one, other = NkeyPair.generate(), NkeyPair.generate()
    heard: list[bytes] = []

    async def hear(message: Heard) -> None:
        heard.append(message.payload)

    async with (
        running_nats(tmp_path, extra=users(one, other)) as server,
        await Bus.connect(server.url, name="t", seed=one.seed) as bus,
        bus.listen("fleet.beat.*.*", hear),
    ):
        await server.reload(users(other))
        await eventually(lambda: not bus.connected)
        await server.reload(users(one, other))
        await eventually(lambda: bus.connected)
        await bus.tell("fleet.beat.a.b", b"here again")
        await eventually(lambda: heard)
