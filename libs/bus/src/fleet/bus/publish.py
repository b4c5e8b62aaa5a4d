"""Single events, each acknowledged by the stream before the call returns."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson

from fleet.bus import size
from fleet.bus.connection import Connection, refusal
from fleet.bus.errors import Conflict, Unreachable
from fleet.bus.floors import hold
from fleet.bus.read import last_on
from fleet.events import Envelope, Event, Stored, digest16, event_id

E = TypeVar("E", bound=Event)

PUBLISH_TIMEOUT = 10.0
"""Seconds in which a single event must be acknowledged, repeats included."""

_ATTEMPT = 2.0
_EXPECTED = "Nats-Expected-Last-Subject-Sequence"
_WRONG_SEQUENCE = frozenset({10071, 10164})


def id_for(cls: type[Event], subject: str, body: bytes, cause: Stored[Any] | None) -> str:
    """The id of an event that has none of its own: the same conclusion from the same cause has the same."""
    return event_id(cls.type_name(), subject, digest16(body), cause and cause.envelope.id)


def envelope_for(
    event: Event,
    body: bytes,
    *,
    source: str,
    id: str | None = None,
    cause: Stored[Any] | None = None,
    correlation_id: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Envelope:
    """The CloudEvents attributes of a new event; without an `id` it has that of `id_for`."""
    cls = type(event)
    return envelope_of(
        cls,
        id or id_for(cls, event.subject(), body, cause),
        source=source,
        cause=cause,
        correlation_id=correlation_id,
        headers=headers,
    )


def envelope_of(
    cls: type[Event],
    id: str,
    *,
    source: str,
    cause: Stored[Any] | None = None,
    correlation_id: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Envelope:
    """The CloudEvents attributes of a new event of a class.

    The correlation id is the cause's; an event without a cause starts one.
    """
    inherited = cause.envelope.correlation_id if cause else None
    return Envelope(
        id=id,
        type=cls.type_name(),
        source=source,
        time=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        correlation_id=correlation_id or inherited or id,
        causation_id=cause.envelope.id if cause else None,
        traceparent=cause.envelope.traceparent if cause else None,
        headers=dict(headers or {}),
    )


async def publish(
    connection: Connection,
    subject: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    stream: str,
    expect: int | None = None,
    timeout: float = PUBLISH_TIMEOUT,
) -> int:
    """Store one message and return its sequence; without an answer it is sent again until `timeout`.

    Raises:
        Conflict: `expect` is given and the subject's last sequence is another one (0 = none yet).
        Refused: the stream will not have it (write-once and there already, too large, full).
        Unreachable: no acknowledgement in `timeout` seconds; it may be stored all the same.
    """
    sent = expecting(headers, expect)
    size.check(connection, subject, body, sent, stream=stream)
    clock = asyncio.get_running_loop().time
    deadline = clock() + timeout
    repeated = False
    while True:
        left = max(0.05, deadline - clock())
        try:
            generation = await hold(connection, stream, timeout=left)
            answer = await connection.request(
                subject, body, headers=sent, timeout=min(left, _ATTEMPT), generation=generation
            )
            break
        except Unreachable:
            if clock() >= deadline or connection.closed.is_set():
                raise
            repeated = True
            await asyncio.sleep(0.02)
    ack = orjson.loads(answer.data)
    error = ack.get("error")
    if error is None:
        sequence = int(ack["seq"])
        connection.floors.there(stream, sequence, generation)
        return sequence
    if expect is None or error.get("err_code") not in _WRONG_SEQUENCE:
        raise refusal(f"publishing to {subject}", error)
    if repeated and (own := await _already(connection, stream, subject, headers)):
        return own
    raise Conflict(subject, expect)


def expecting(headers: Mapping[str, str], expect: int | None) -> dict[str, str]:
    """The headers of a message, with what it expects the subject's last sequence to be."""
    return dict(headers) if expect is None else {**headers, _EXPECTED: str(expect)}


async def _already(connection: Connection, stream: str, subject: str, headers: Mapping[str, str]) -> int:
    """The sequence of this very event, if an earlier attempt stored it although its answer was lost."""
    last = await last_on(connection, stream, subject)
    return last.sequence if last and last.headers.get("ce-id") == headers.get("ce-id") else 0
