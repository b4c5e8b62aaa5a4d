"""NATS's protocol for simulated agents and for comparisons: whole read chunks in, one write per chunk out.

A client library costs more for each message than all that a simulated agent does with it, and a thousand
agents share each connection here.
"""

import asyncio
import base64
from collections.abc import Callable
from urllib.parse import urlsplit

import nkeys
import orjson

Received = Callable[[bytes, bytes, bytes, bytes], None]
"""Called with subject, reply, header block and body of each message; the first three may be empty."""

_BUFFER = 64 << 20
_PATIENCE = 60.0


class Wire(asyncio.Protocol):
    """One connection. `write` collects commands; they go out after every chunk read, or by `push`."""

    def __init__(self, *, seed: str, name: str, received: Received, lost: Callable[[], None]) -> None:
        self._seed = seed
        self._name = name
        self._received = received
        self._lost = lost
        self._left = b""
        self._out: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._pongs: list[asyncio.Future[None]] = []
        self.error = ""
        self.write = self._out.append

    @classmethod
    async def connect(
        cls, url: str, *, seed: str, name: str, received: Received, lost: Callable[[], None] = lambda: None
    ) -> "Wire":
        """Connect and sign in. Raises OSError or TimeoutError."""
        place = urlsplit(url)
        loop = asyncio.get_running_loop()
        _, wire = await loop.create_connection(
            lambda: cls(seed=seed, name=name, received=received, lost=lost), place.hostname, place.port
        )
        await wire.settled()
        return wire

    @property
    def waiting(self) -> int:
        """Bytes that the socket has not taken yet."""
        return self._transport.get_write_buffer_size() if self._transport else 0

    def push(self) -> None:
        """Send what was written."""
        if self._out and self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(self._out))
        self._out.clear()

    async def settled(self) -> None:
        """Wait until the server has dealt with what was written. Raises TimeoutError or ConnectionError."""
        pong = asyncio.get_running_loop().create_future()
        self._pongs.append(pong)
        self.write(b"PING\r\n")
        if self._transport is not None and self._signed_in:
            self.push()
        async with asyncio.timeout(_PATIENCE):
            await pong

    _signed_in = False

    def close(self) -> None:
        """Leave at once."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.set_write_buffer_limits(high=_BUFFER)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        for pong in self._pongs:
            if not pong.done():
                pong.set_exception(ConnectionError(self.error or "the connection was lost"))
        self._pongs.clear()
        self._lost()

    def data_received(self, data: bytes) -> None:
        chunk = self._left + data if self._left else data
        at, end, find = 0, len(chunk), chunk.find
        while True:
            stop = find(b"\r\n", at)
            if stop < 0:
                break
            sort = chunk[at]
            if sort == 72 or sort == 77:
                words = chunk[at:stop].split(b" ")
                start, size = stop + 2, int(words[-1])
                if start + size + 2 > end:
                    break
                at = start + size + 2
                if sort == 72:
                    body = start + int(words[-2])
                    reply = words[3] if len(words) == 6 else b""
                    self._received(words[1], reply, chunk[start:body], chunk[body : start + size])
                else:
                    reply = words[3] if len(words) == 5 else b""
                    self._received(words[1], reply, b"", chunk[start : start + size])
            else:
                self._control(chunk[at:stop])
                at = stop + 2
        self._left = chunk[at:]
        self.push()

    def _control(self, line: bytes) -> None:
        if line.startswith(b"PING"):
            self.write(b"PONG\r\n")
        elif line.startswith(b"PONG"):
            if self._pongs and not (pong := self._pongs.pop(0)).done():
                pong.set_result(None)
        elif line.startswith(b"INFO") and not self._signed_in:
            self._sign_in(orjson.loads(line[5:]))
        elif line.startswith(b"-ERR"):
            self.error = line.decode()

    def _sign_in(self, info: dict[str, str]) -> None:
        pair = nkeys.from_seed(bytearray(self._seed.encode()))
        signature = base64.urlsafe_b64encode(pair.sign(info["nonce"].encode())).rstrip(b"=").decode()
        hello = {
            "verbose": False,
            "pedantic": False,
            "headers": True,
            "no_responders": True,
            "lang": "raw",
            "version": "0",
            "protocol": 1,
            "name": self._name,
            "nkey": pair.public_key.decode(),
            "sig": signature,
        }
        self._out.insert(0, b"CONNECT " + orjson.dumps(hello) + b"\r\n")
        self._signed_in = True
        self.push()


def header(block: bytes, name: bytes) -> bytes:
    """The value of a header in a block as it came, or nothing. `name` ends in a colon and a blank."""
    start = block.find(b"\r\n" + name)
    if start < 0:
        return b""
    start += len(name) + 2
    return block[start : block.find(b"\r\n", start)]
