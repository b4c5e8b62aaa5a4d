"""What becomes of an event that a subscriber is given: handled, asked again, or a dead letter."""

import asyncio
import sys
import textwrap
from pathlib import Path

import pytest

from fleet.bus import Bus, Heard, Refused, Reject, Retry, Subscriber, Unreachable, dead
from fleet.events import GitCommitDetected, Stored
from support.bus import a_commit, number_of, running, running_bus, soon
from support.waiting import eventually

STUCK = textwrap.dedent(
    """
    import asyncio, sys
    from fleet.bus import Bus, Subscriber
    from fleet.events import GitCommitDetected

    async def hang(event) -> None:
        print("stuck", flush=True)
        await asyncio.Event().wait()

    async def main() -> None:
        async with await Bus.connect(sys.argv[1], name="reader") as bus:
            await Subscriber("reader").on(GitCommitDetected, hang).run(bus)

    asyncio.run(main())
    """
)

Commit = Stored[GitCommitDetected]


async def test_events_of_one_subject_are_handled_in_order_and_only_once(tmp_path: Path) -> None:
    seen: list[int] = []

    async def handle(event: Commit) -> None:
        seen.append(number_of(event.event))

    async with running_bus(tmp_path) as (_, bus):
        for number in range(50):
            await bus.publish(a_commit(number), source="t")
        async with running(Subscriber("reader").on(GitCommitDetected, handle), bus):
            await eventually(lambda: len(seen) == 50)
        async with running(Subscriber("reader").on(GitCommitDetected, handle), bus):
            await bus.publish(a_commit(50), source="t")
            await eventually(lambda: len(seen) == 51)
    assert seen == list(range(51))


async def test_a_retry_holds_its_subject_back_and_no_other(tmp_path: Path) -> None:
    seen: list[tuple[str, int]] = []
    open_the_door = asyncio.Event()

    async def handle(event: Commit) -> None:
        if event.event.gitrepo == "slow" and not open_the_door.is_set():
            raise Retry(0.01)
        seen.append((event.event.gitrepo, number_of(event.event)))

    async with (
        running_bus(tmp_path) as (_, bus),
        running(Subscriber("reader", parallel=1).on(GitCommitDetected, handle), bus),
    ):
        for number in range(3):
            await bus.publish(a_commit(number, gitrepo="slow"), source="t")
        await bus.publish(a_commit(9, gitrepo="quick"), source="t")
        await eventually(lambda: seen)
        assert seen == [("quick", 9)]
        open_the_door.set()
        await eventually(lambda: len(seen) == 4)
    assert seen[1:] == [("slow", 0), ("slow", 1), ("slow", 2)]


async def test_a_bug_is_logged_and_the_event_is_handled_again(tmp_path: Path) -> None:
    calls: list[int] = []

    async def handle(event: Commit) -> None:
        calls.append(number_of(event.event))
        if len(calls) == 1:
            raise ZeroDivisionError

    async with (
        running_bus(tmp_path) as (_, bus),
        running(Subscriber("reader").on(GitCommitDetected, handle), bus),
    ):
        await bus.publish(a_commit(1), source="t")
        await bus.publish(a_commit(2), source="t")
        await eventually(lambda: len(calls) == 3)
    assert calls == [1, 1, 2]


async def test_what_a_dead_process_held_comes_at_once_and_first(tmp_path: Path) -> None:
    held: list[int] = []
    seen: list[int] = []
    never = asyncio.Event()

    async def hang(event: Commit) -> None:
        held.append(number_of(event.event))
        await never.wait()

    async def handle(event: Commit) -> None:
        seen.append(number_of(event.event))

    async with running_bus(tmp_path) as (_, bus):
        async with running(Subscriber("reader").on(GitCommitDetected, hang), bus):
            await bus.publish(a_commit(1), source="t")
            await eventually(lambda: held)
        await bus.publish(a_commit(2), source="t")
        async with running(Subscriber("reader").on(GitCommitDetected, handle), bus):
            await eventually(lambda: len(seen) == 2, within=5)
    assert seen == [1, 2]


async def test_a_server_that_is_killed_costs_no_event(tmp_path: Path) -> None:
    seen: list[int] = []

    async def handle(event: Commit) -> None:
        await asyncio.sleep(0.01)
        seen.append(number_of(event.event))

    async with (
        running_bus(tmp_path) as (server, bus),
        running(Subscriber("reader").on(GitCommitDetected, handle), bus),
    ):
        for number in range(40):
            await bus.publish(a_commit(number), source="t")
            if number in (10, 25):
                await server.restart()
        await eventually(lambda: len(set(seen)) == 40)
    firsts = list(dict.fromkeys(seen))
    assert firsts == list(range(40))


async def test_a_consumer_that_is_deleted_while_it_runs_is_made_again(tmp_path: Path) -> None:
    seen: list[int] = []

    async def handle(event: Commit) -> None:
        seen.append(number_of(event.event))

    async with (
        running_bus(tmp_path) as (_, bus),
        running(Subscriber("reader").on(GitCommitDetected, handle), bus),
    ):
        await bus.publish(a_commit(1), source="t")
        await eventually(lambda: seen)
        await bus.connection.api("CONSUMER.DELETE.COMMITS.reader-git-commit-detected")
        await bus.publish(a_commit(2), source="t")
        await eventually(lambda: len(seen) == 2)
    assert seen == [1, 2]


async def test_a_rejected_event_is_a_dead_letter_that_can_be_replayed(tmp_path: Path) -> None:
    mended = False
    seen: list[Commit] = []

    async def handle(event: Commit) -> None:
        if not mended:
            raise Reject("no such branch")
        seen.append(event)

    async with running_bus(tmp_path) as (_, bus):
        subscriber = Subscriber("reader").on(GitCommitDetected, handle)
        async with running(subscriber, bus):
            sequence = await bus.publish(a_commit(7), source="t", correlation_id="c-1")
            await until_dead(bus, 1)
            (letter,) = [one async for one in bus.dead_letters()]
            assert letter.event.reason == "no such branch"
            assert (letter.event.service, letter.event.event) == ("reader", "git-commit-detected")
            assert letter.event.sequence == sequence
            assert letter.envelope.correlation_id == "c-1"
            with pytest.raises(Refused, match="no such branch"):
                await bus.replay(letter.sequence)
            mended = True
            await bus.replay(letter.sequence)
            assert [one async for one in bus.dead_letters()] == []
        assert seen[0].event == a_commit(7)
        assert seen[0].sequence == sequence
        with pytest.raises(Refused, match="there is none"):
            await bus.replay(letter.sequence)


async def test_an_event_that_cannot_be_read_is_a_dead_letter_and_stops_nothing(tmp_path: Path) -> None:
    seen: list[int] = []

    async def handle(event: Commit) -> None:
        seen.append(number_of(event.event))

    async with running_bus(tmp_path) as (_, bus):
        subject = a_commit(1).subject()
        await bus.connection.request(subject, b"{}", timeout=5, headers={"ce-type": a_commit(1).type_name()})
        await bus.connection.request(
            subject, b"{}", timeout=5, headers={"ce-type": "io.fleet.FromTomorrow.v9"}
        )
        await bus.publish(a_commit(1), source="t")
        async with running(Subscriber("reader").on(GitCommitDetected, handle), bus):
            await eventually(lambda: seen)
        reasons = [letter.event.reason async for letter in bus.dead_letters()]
    assert seen == [1]
    assert "workspace" in reasons[0]
    assert "FromTomorrow" in reasons[1]


@pytest.mark.parametrize("body", [b"\xff\x00{", "{\u20ac}\r\n".encode(), b"", b"\xef\xbb\xbf{}"])
async def test_a_dead_letter_gives_back_every_byte_of_what_was_rejected(body: bytes, tmp_path: Path) -> None:
    async with running_bus(tmp_path) as (_, bus):
        headers = {"ce-type": a_commit(1).type_name()}
        await bus.connection.request(a_commit(1).subject(), body, timeout=5, headers=headers)
        async with running(Subscriber("reader").on(GitCommitDetected, unreachable), bus):
            await until_dead(bus, 1)
        (letter,) = [one async for one in bus.dead_letters()]
        assert letter.event.data() == body
        assert (await dead.exhume(bus.connection, letter.sequence)).data == body


async def test_an_event_too_large_for_a_letter_stays_in_its_stream_and_holds_nothing_up(
    tmp_path: Path,
) -> None:
    mended = False
    seen: list[int] = []

    async def handle(event: Commit) -> None:
        if event.event.branch != "main" and not mended:
            raise Reject("no such branch")
        seen.append(number_of(event.event))

    async with running_bus(tmp_path) as (_, bus):
        limit = bus.connection.client.max_payload
        large = a_commit(1).model_copy(update={"branch": "x" * (limit - 700)})
        sequence = await bus.publish(large, source="t")
        second = await bus.publish(large, source="t")
        await bus.publish(a_commit(2), source="t")
        async with running(Subscriber("reader").on(GitCommitDetected, handle), bus):
            await eventually(lambda: seen == [2])
            letter, other = [one async for one in bus.dead_letters()]
            assert (letter.event.stream, letter.event.sequence) == ("COMMITS", sequence)
            assert (letter.event.reason, letter.event.body) == ("no such branch", "")
            mended = True
            await bus.replay(letter.sequence)
            assert seen == [2, 1]
            await bus.connection.api("STREAM.MSG.DELETE.COMMITS", {"seq": second})
            with pytest.raises(Refused, match=f"message {second} of COMMITS is gone"):
                await bus.replay(other.sequence)


async def test_replaying_for_a_subscriber_that_does_not_run_says_so(tmp_path: Path) -> None:
    async def reject(event: Commit) -> None:
        raise Reject("never")

    async with running_bus(tmp_path) as (_, bus):
        await bus.publish(a_commit(1), source="t")
        async with running(Subscriber("reader").on(GitCommitDetected, reject), bus):
            await until_dead(bus, 1)
        (letter,) = [one async for one in bus.dead_letters()]
        with pytest.raises(Unreachable, match="is that service running"):
            await bus.replay(letter.sequence)


async def test_what_a_handler_publishes_names_its_cause(tmp_path: Path) -> None:
    async with running_bus(tmp_path) as (_, bus):

        async def derive(event: Commit) -> None:
            await bus.publish(a_commit(2, gitrepo="derived"), source="reader", cause=event)

        async with running(Subscriber("reader").on(GitCommitDetected, derive), bus):
            feed = bus.follow(GitCommitDetected, gitrepo="derived")
            await bus.publish(a_commit(1), source="t", id="the-cause")
            derived = await soon(anext(feed))
    assert derived.envelope.causation_id == "the-cause"
    assert derived.envelope.correlation_id == "the-cause"
    assert derived.envelope.source == "reader"


async def test_a_subscriber_that_hangs_delays_neither_publishers_nor_other_subscribers(
    tmp_path: Path,
) -> None:
    seen: set[int] = set()
    never = asyncio.Event()

    async def hang(event: Commit) -> None:
        await never.wait()

    async def handle(event: Commit) -> None:
        seen.add(number_of(event.event))

    async with (
        running_bus(tmp_path) as (_, bus),
        running(Subscriber("stuck").on(GitCommitDetected, hang), bus),
        running(Subscriber("quick").on(GitCommitDetected, handle), bus),
    ):
        for number in range(500):
            await bus.publish(a_commit(number, gitrepo=f"r{number % 100}"), source="t")
        await eventually(lambda: len(seen) == 500)


async def test_the_server_is_told_that_a_long_handler_is_still_at_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fleet.bus.consumption.ACK_WAIT", 0.15)
    words: list[bytes] = []
    calls: list[int] = []
    done = asyncio.Event()

    async def hear(message: Heard) -> None:
        words.append(message.payload)

    async def take_long(event: Commit) -> None:
        calls.append(number_of(event.event))
        await done.wait()

    async with (
        running_bus(tmp_path) as (_, bus),
        bus.listen("$JS.ACK.COMMITS.>", hear),
        running(Subscriber("reader").on(GitCommitDetected, take_long), bus),
    ):
        await bus.publish(a_commit(1), source="t")
        await eventually(lambda: words.count(b"+WPI") >= 5)
        assert b"+ACK" not in words
        done.set()
        await eventually(lambda: b"+ACK" in words)
    assert calls == [1]


async def test_a_process_that_is_killed_has_its_events_handled_by_the_next_one(tmp_path: Path) -> None:
    seen: list[int] = []

    async def handle(event: Commit) -> None:
        seen.append(number_of(event.event))

    async with running_bus(tmp_path) as (server, bus):
        for number in range(3):
            await bus.publish(a_commit(number), source="t")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", STUCK, server.url, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        async with asyncio.timeout(20):
            while b"stuck" not in await process.stdout.readline():
                pass
        process.kill()
        await process.wait()
        async with running(Subscriber("reader").on(GitCommitDetected, handle), bus):
            await eventually(lambda: len(seen) == 3, within=5)
    assert seen == [0, 1, 2]


async def unreachable(event: Commit) -> None:
    raise AssertionError(f"{event.subject} was handled although it cannot be read")


async def until_dead(bus: Bus, count: int) -> None:
    async def enough() -> bool:
        return len([one async for one in bus.dead_letters()]) >= count

    await eventually(enough)
