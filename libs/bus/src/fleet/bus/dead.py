"""Dead letters: events that a handler rejected, kept, listed, and handled again on demand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import structlog

from fleet.bus import publish as publishing
from fleet.bus.connection import Connection
from fleet.bus.core import ask
from fleet.bus.errors import BusError, Refused, Unreachable
from fleet.bus.follow import Feed
from fleet.bus.message import Message, stored
from fleet.bus.read import by_sequence
from fleet.bus.size import TOO_LARGE
from fleet.events import DeadLetter, Event, Stored, event_id

REPLAY_TIMEOUT = 30.0
"""Seconds that a replayed event may take to be handled before the asker stops waiting."""

_PAUSE = 1.0
_MAX_REASON = 4096
_SIZE = frozenset({TOO_LARGE, 10054})
"""Refusals because of the size: ours, and JetStream's for a stream that takes less than it should."""

_log = structlog.get_logger("fleet.bus")


def replay_subject(subscriber: str, cls: type[Event]) -> str:
    """Where a running subscriber is asked to handle a dead letter of its own again."""
    return f"fleet.replay.{subscriber}.{cls.kebab()}"


async def bury(
    connection: Connection, message: Message, subscriber: str, cls: type[Event], reason: str
) -> None:
    """Keep a rejected message in DEAD; returns when it is stored, however long that takes.

    Twice after a crash in between, then with the same event id. One that is too large for a letter is left
    in its stream, and the letter says where: to ask for it again and again would hold up its subject.
    """
    letter = _whole(message, subscriber, cls, reason)
    where = {"subscriber": subscriber, "subject": message.subject, "sequence": message.sequence}
    while True:
        try:
            number = await _store(connection, letter, message)
            _log.error("event rejected", dead_letter=number, error=letter.reason, **where)
            return
        except BusError as error:
            if connection.closed.is_set():
                raise
            if isinstance(error, Refused) and error.code in _SIZE and letter.encoding != "left out":
                letter = _without_body(letter)
                continue
            _log.warning("dead letter is not stored yet", error=str(error), **where)
            await asyncio.sleep(_PAUSE)


def _whole(message: Message, subscriber: str, cls: type[Event], reason: str) -> DeadLetter:
    written, encoding = DeadLetter.written(message.data)
    return DeadLetter(
        service=subscriber,
        event=cls.kebab(),
        reason=reason,
        subject_of_event=message.subject,
        stream=cls.STREAM,
        sequence=message.sequence,
        headers=dict(message.headers),
        body=written,
        encoding=encoding,
    )


def _without_body(letter: DeadLetter) -> DeadLetter:
    """The same with no more than where the message stands and why it was rejected."""
    reason = letter.reason[:_MAX_REASON]
    return letter.model_copy(update={"reason": reason, "headers": {}, "body": "", "encoding": "left out"})


async def _store(connection: Connection, letter: DeadLetter, message: Message) -> int:
    body = letter.encode()
    envelope = publishing.envelope_for(
        letter,
        body,
        source=letter.service,
        id=event_id("dead", letter.service, letter.stream, message.sequence, message.time),
        correlation_id=message.headers.get("ce-correlationid"),
    )
    return await publishing.publish(
        connection, letter.subject(), body, envelope.to_headers(), stream=DeadLetter.STREAM
    )


async def exhume(connection: Connection, sequence: int) -> Message:
    """The rejected message of a dead letter.

    Raises:
        Refused: there is no such letter, or it has no body and the message is gone from its stream (404).
    """
    letter = await _letter(connection, sequence)
    if letter.event.encoding == "left out":
        return await _left_in_stream(connection, sequence, letter.event)
    return Message(
        subject=letter.event.subject_of_event,
        sequence=letter.event.sequence,
        time=letter.time,
        data=letter.event.data(),
        headers=letter.event.headers,
    )


async def remove(connection: Connection, sequence: int) -> None:
    """Forget a dead letter. Raises Refused where it is gone already."""
    await connection.api(f"STREAM.MSG.DELETE.{DeadLetter.STREAM}", {"seq": sequence, "no_erase": True})


async def letters(connection: Connection) -> AsyncIterator[Stored[DeadLetter]]:
    """All dead letters, oldest first; a letter's sequence is its number."""
    subject = DeadLetter.subject_filter()
    feed = Feed(connection, DeadLetter.STREAM, (DeadLetter,), (subject,), live=False, history=True)
    async with aclosing(feed):
        async for letter in feed:
            yield letter


async def replay(connection: Connection, sequence: int) -> None:
    """Have the subscriber that rejected an event handle it again; on success its dead letter is gone.

    Raises:
        Refused: there is no such letter (404), or the handler rejected it again (422, its reason).
        Unreachable: that subscriber is not running, or did not finish within 30 s.
    """
    letter = (await _letter(connection, sequence)).event
    try:
        await ask(
            connection,
            f"fleet.replay.{letter.service}.{letter.event}",
            str(sequence).encode(),
            REPLAY_TIMEOUT,
        )
    except Unreachable as error:
        raise Unreachable(
            f"replaying dead letter {sequence} by {letter.service}",
            connection.where,
            "is that service running?",
        ) from error


async def _letter(connection: Connection, sequence: int) -> Stored[DeadLetter]:
    found = await by_sequence(connection, DeadLetter.STREAM, sequence)
    if found is not None:
        letter = stored(found)
        if isinstance(letter.event, DeadLetter):
            return letter  # type: ignore[return-value]  # narrowed by the line above
    raise Refused(f"dead letter {sequence}", 404, "there is none of this number")


async def _left_in_stream(connection: Connection, number: int, letter: DeadLetter) -> Message:
    found = await by_sequence(connection, letter.stream, letter.sequence)
    if found is None or found.subject != letter.subject_of_event:
        raise Refused(
            f"dead letter {number}",
            404,
            f"its event was too large to be kept in it, and message {letter.sequence} of {letter.stream} is"
            " gone: have it written again",
        )
    return found
