"""The last value by key, and single messages by sequence, by direct get: one request, no consumer."""

import asyncio

import orjson

from fleet.bus.connection import API_TIMEOUT, Connection, Unanswered, status_of
from fleet.bus.errors import Refused
from fleet.bus.message import Message, from_direct_get

STALE_PAUSES = (0.01, 0.02, 0.05, 0.1, 0.2)
"""Seconds to wait before asking again when a replica answered with less than is known to be stored."""

_NOT_FOUND = "404"


async def last_on(connection: Connection, stream: str, subject: str, *, at_least: int = 0) -> Message | None:
    """The last message on one subject, or None.

    A replica may answer late: with `at_least` (a sequence that is known to be stored on this subject)
    it is asked again, up to five times within 0.4 s, until the answer is as new as that.

    Raises:
        Unreachable: no answer within 5 s.
    """
    return await last_at(connection, f"$JS.API.DIRECT.GET.{stream}.{subject}", at_least=at_least)


async def last_at(connection: Connection, address: str, *, at_least: int = 0) -> Message | None:
    """As `last_on`, at an address that stands for one subject of a stream (an account's import)."""
    found = await _direct_get(connection, address, b"")
    for pause in STALE_PAUSES:
        if (found.sequence if found else 0) >= at_least:
            break
        await asyncio.sleep(pause)
        found = await _direct_get(connection, address, b"")
    return found


async def by_sequence(connection: Connection, stream: str, sequence: int) -> Message | None:
    """The message with this sequence, or None where it was superseded, purged or never was."""
    return await _direct_get(connection, f"$JS.API.DIRECT.GET.{stream}", orjson.dumps({"seq": sequence}))


async def _direct_get(connection: Connection, address: str, body: bytes) -> Message | None:
    deadline = asyncio.get_running_loop().time() + API_TIMEOUT
    while True:
        left = deadline - asyncio.get_running_loop().time()
        try:
            answer = await connection.request(address, body, timeout=max(0.05, left))
        except Unanswered:
            if asyncio.get_running_loop().time() >= deadline:
                raise
            await asyncio.sleep(0.05)  # JetStream is starting, or the stream is being made
            continue
        status = status_of(answer)
        headers = answer.headers or {}
        if not status and "Nats-Sequence" in headers:
            return from_direct_get(answer)
        if status == _NOT_FOUND:
            return None
        raise Refused(f"reading {address}", int(status or 0), headers.get("Description", "no direct get"))
