"""All or none: atomic batches (nats-server 2.12 and later, its ADR-50), on disk before the answer comes."""

import secrets
from collections.abc import Sequence
from typing import Any

import orjson

from fleet.bus import publish as publishing
from fleet.bus.connection import Connection, refusal
from fleet.bus.errors import Refused
from fleet.bus.floors import hold
from fleet.events import Event, Stored

LIMIT = 1000
"""Messages that one atomic batch may have: a limit of the server."""

_TIMEOUT = 10.0


async def commit(
    connection: Connection, events: Sequence[Event], *, source: str, cause: Stored[Any] | None
) -> int:
    """Store the events together; gives the sequence of the last, the others are the ones just before it.

    Raises:
        ValueError: no events, more than LIMIT, or of several streams.
        Refused: the server stored none of them.
        Unreachable: no answer within 10 s; all of them are stored, or none.
    """
    if not 0 < len(events) <= LIMIT or len({event.STREAM for event in events}) != 1:
        raise ValueError(f"an atomic batch has 1 to {LIMIT} events of one stream, not {len(events)}")
    generation = await hold(connection, events[0].STREAM)
    batch = {"Nats-Batch-Id": secrets.token_hex(12)}
    answer: dict[str, Any] = {}
    for number, event in enumerate(events, 1):
        body = event.encode()
        headers = publishing.envelope_for(event, body, source=source, cause=cause).to_headers()
        headers |= batch | {"Nats-Batch-Sequence": str(number)}
        if number == len(events):
            headers["Nats-Batch-Commit"] = "1"
        if number in (1, len(events)):
            message = await connection.request(
                event.subject(), body, headers=headers, timeout=_TIMEOUT, generation=generation
            )
            answer = orjson.loads(message.data) if message.data else {}
            if "error" in answer:
                raise refusal(f"an atomic batch to {event.STREAM}", answer["error"])
        else:
            await connection.publish(event.subject(), body, headers=headers)
    if answer.get("count", 1) != len(events):
        raise Refused(f"an atomic batch to {events[0].STREAM}", 409, "the server stored none of it")
    sequence = int(answer["seq"])
    connection.floors.there(events[0].STREAM, sequence, generation)
    return sequence
