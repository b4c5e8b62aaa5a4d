"""Dead letters: events that a handler rejected, kept whole, listed, and handled again on demand."""

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
from fleet.events import DeadLetter, Event, Stored, event_id

REPLAY_TIMEOUT = 30.0
"""Seconds that a replayed event may take to be handled before the asker stops waiting."""

_PAUSE = 1.0
_log = structlog.get_logger("fleet.bus")


def replay_subject(subscriber: str, cls: type[Event]) -> str:
    """Where a running subscriber is asked to handle a dead letter of its own again."""
    return f"fleet.replay.{subscriber}.{cls.kebab()}"


async def bury(
    connection: Connection, message: Message, subscriber: str, cls: type[Event], reason: str
) -> None:
    """Keep a rejected message in DEAD; returns when it is stored, however long that takes.

    Twice after a crash in between, then with the same event id.
    """
    written, encoding = DeadLetter.written(message.data)
    letter = DeadLetter(
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
    body = letter.encode()
    envelope = publishing.envelope_for(
        letter,
        body,
        source=subscriber,
        id=event_id("dead", subscriber, cls.STREAM, message.sequence, message.time),
        correlation_id=message.headers.get("ce-correlationid"),
    )
    where = {"subscriber": subscriber, "subject": message.subject, "sequence": message.sequence}
    while True:
        try:
            number = await publishing.publish(
                connection, letter.subject(), body, envelope.to_headers(), stream=DeadLetter.STREAM
            )
            _log.error("event rejected", dead_letter=number, error=reason, **where)
            return
        except BusError as error:
            if connection.closed.is_set():
                raise
            _log.warning("dead letter is not stored yet", error=str(error), **where)
            await asyncio.sleep(_PAUSE)


async def exhume(connection: Connection, sequence: int) -> Message:
    """The rejected message of a dead letter. Raises Refused where there is no such letter."""
    letter = await _letter(connection, sequence)
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
