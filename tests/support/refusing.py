"""A cluster's API that can be told to refuse: between an agent and its cluster, connection by connection."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

_BODY = json.dumps(
    {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "reason": "Forbidden",
        "message": "this account may do nothing here",
        "code": 403,
    }
).encode()
_ANSWER = (
    b"HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
)


class RefusingServer:
    """Hands connections on to a port as long as it is not told to refuse, and then cuts them."""

    def __init__(self, behind: int) -> None:
        self.port = 0
        self._behind = behind
        self._refuses = True
        self._open: set[asyncio.StreamWriter] = set()

    def refuse(self) -> None:
        """From now on 403 is the answer to everything, also on connections that stand."""
        self._refuses = True
        for writer in self._open:
            writer.close()

    def accept(self) -> None:
        """From now on the cluster itself answers."""
        self._refuses = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self._open.add(writer)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await (_refused(reader, writer) if self._refuses else self._handed_on(reader, writer))
        finally:
            self._open.discard(writer)
            writer.close()

    async def _handed_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_connection("127.0.0.1", self._behind)
        self._open.add(ours)
        try:
            await asyncio.gather(_copy(reader, ours), _copy(theirs, writer))
        finally:
            self._open.discard(ours)
            ours.close()


async def _refused(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(_ANSWER)
    await writer.drain()


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while piece := await source.read(65536):
        sink.write(piece)
        await sink.drain()
    sink.close()


@contextlib.asynccontextmanager
async def refusing(behind: int) -> AsyncIterator[RefusingServer]:
    """A server before a port of this machine; it begins by refusing."""
    front = RefusingServer(behind)
    server = await asyncio.start_server(front.serve, "127.0.0.1", 0)
    front.port = server.sockets[0].getsockname()[1]
    try:
        yield front
    finally:
        server.close()
        front.refuse()
        await server.wait_closed()
