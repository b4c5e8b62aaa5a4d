"""Sealed content in chunks, each written once; and when a blob was last put or looked for."""

import asyncio
from typing import Protocol

from fleet.bus import publish as publishing
from fleet.bus.connection import Connection
from fleet.bus.errors import Full, Refused
from fleet.bus.read import last_on
from fleet.events import literal, token

STREAM = "CONTENT"
TOUCHES = "TOUCHES"
COUNT_HEADER = "Fleet-Chunks"

_AT_ONCE = 8
_THERE_ALREADY = 10077


class Blob(Protocol):
    """Sealed content: its name, and its chunks in order."""

    @property
    def digest(self) -> str:
        """The name: 32 hexadecimal digits that tell nothing without the workspace's key."""

    @property
    def chunks(self) -> tuple[bytes, ...]:
        """Each sealed by itself."""


async def put(connection: Connection, workspace: str, blob: Blob) -> None:
    """Store what is missing of a blob, and touch it; when this returns, all of it is there.

    Two writers of the same content write the same names; whichever chunk came first stays.

    Raises:
        Full: no room left. Unreachable: no answer.
    """
    await touch(connection, workspace, blob.digest)
    there = await _present(connection, workspace, blob.digest)
    slots = asyncio.Semaphore(_AT_ONCE)
    headers = {COUNT_HEADER: str(len(blob.chunks))}

    async def store(number: int) -> None:
        subject = chunk_subject(workspace, blob.digest, number)
        async with slots:
            try:
                await publishing.publish(connection, subject, blob.chunks[number], headers, stream=STREAM)
            except Full:
                raise  # the same code as for what is there already, and nothing is stored
            except Refused as error:
                if error.code != _THERE_ALREADY:
                    raise

    missing = [n for n in range(len(blob.chunks)) if chunk_subject(workspace, blob.digest, n) not in there]
    await asyncio.gather(*(store(number) for number in missing))


async def get(connection: Connection, workspace: str, digest: str) -> tuple[bytes, ...] | None:
    """All chunks of a blob in order, or None when one of them is not there.

    Their number comes from a header that is not authenticated: whoever opens the chunks finds out.
    """
    first = await last_on(connection, STREAM, chunk_subject(workspace, digest, 0))
    if first is None:
        return None
    slots = asyncio.Semaphore(_AT_ONCE)

    async def fetch(number: int) -> bytes | None:
        async with slots:
            return await chunk(connection, workspace, digest, number)

    count = int(first.headers.get(COUNT_HEADER, "1"))
    rest = await asyncio.gather(*(fetch(number) for number in range(1, count)))
    found = [first.data, *(data for data in rest if data is not None)]
    return tuple(found) if len(found) == count else None


async def chunk(connection: Connection, workspace: str, digest: str, number: int) -> bytes | None:
    """One sealed chunk, or None."""
    found = await last_on(connection, STREAM, chunk_subject(workspace, digest, number))
    return found.data if found else None


async def touch(connection: Connection, workspace: str, digest: str) -> None:
    """Note that a blob is wanted now; content that nothing names is kept for 7 days after that."""
    subject = f"fleet.touch.{token(workspace)}.{literal(digest)}"
    await publishing.publish(connection, subject, b"", {}, stream=TOUCHES)


def chunk_subject(workspace: str, digest: str, number: int | str) -> str:
    """Where a chunk stands. Raises InvalidName where workspace or digest could not be one token."""
    return f"fleet.content.{token(workspace)}.{literal(digest)}.{number}"


async def _present(connection: Connection, workspace: str, digest: str) -> frozenset[str]:
    """The subjects of those chunks that are stored."""
    body = {"subjects_filter": chunk_subject(workspace, digest, "*")}
    info = await connection.api(f"STREAM.INFO.{STREAM}", body)
    return frozenset(info["state"].get("subjects") or {})
