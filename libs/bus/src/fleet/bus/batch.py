"""Many messages into one stream by fast ingest (nats-server 2.14 and later, its ADR-50).

Awaited single publishes reach 6,500 messages a second, fast ingest some 140,000 on the same connection:
the server acknowledges every thousandth and says how far everything is stored. nats-py has no call for
it, and its way to write headers costs more than all the rest, so commands are put together here.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

import orjson
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from fleet.bus import publish as publishing
from fleet.bus.connection import Connection, refusal
from fleet.bus.errors import Refused, Unreachable
from fleet.bus.floors import hold, stream_of
from fleet.events import Event, Stored

FLOW = 1000
"""Messages between two acknowledgements, as asked for; the server may answer with fewer."""

_OUTSTANDING = 2
_WRITE_EVERY = 200
_SILENCE = 10.0
_KEEP_ALIVE = 3.0
_START, _ADD, _END, _PING = 0, 1, 3, 4
_VERSION, _END_OF_LINE = b"NATS/1.0\r\n", b"\r\n"
_NO_STREAM = {"error": {"code": 503, "description": "no stream takes this subject"}}
_FORBIDDEN = ("\r", "\n")
_CORRELATION = "ce-correlationid"


def header_block(headers: Mapping[str, str]) -> bytes:
    """Headers as they stand on the wire; blocks may be joined, so what is common is encoded once.

    Raises:
        ValueError: a line break in a name or value, which would end the header and begin another.
    """
    for key, value in headers.items():
        if any(mark in text for text in (key, value) for mark in _FORBIDDEN):
            raise ValueError(f"header {key!r} holds a line break")
    return "".join(f"{key}: {value}\r\n" for key, value in headers.items()).encode()


class Batch:
    """Messages for one stream, stored in their order; leaving the block waits until all are stored.

    When the connection is lost in the middle, the block raises Unreachable: `stored` of the messages are
    on disk for certain and the rest may or may not be. Mass state is written again from the present.
    """

    def __init__(self, connection: Connection, *, source: str) -> None:
        self.stored = 0
        self._connection = connection
        self._source = source
        self._inbox = f"{connection.client.new_inbox()}.{secrets.token_hex(8)}"
        self._head = f"{self._inbox}.{FLOW}.fail."
        self._queued: list[bytes] = []
        self._blocks: dict[tuple[type[Event], str], bytes] = {}
        self._generation = 0
        self._sent = 0
        self._flow = 1
        self._answered = False
        self._failure: Exception | None = None
        self._final: dict[str, Any] | None = None
        self._subject = self._stream = ""
        self._news = asyncio.Event()
        self._subscription: Subscription | None = None
        self._pinger: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._connection.ready("a batch", _SILENCE)
        self._connection.losses.add(self._on_loss)
        self._subscription = await self._connection.subscribe(f"{self._inbox}.>", self._on_answer)
        self._pinger = asyncio.create_task(self._keep_alive())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and self._sent:
                await self._commit()
        finally:
            self._connection.losses.discard(self._on_loss)
            if self._pinger is not None:
                self._pinger.cancel()
                await asyncio.gather(self._pinger, return_exceptions=True)
            if self._subscription is not None:
                await self._connection.unsubscribe(self._subscription)

    async def put(
        self,
        event: Event,
        *,
        id: str | None = None,
        cause: Stored[Any] | None = None,
        correlation_id: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Add an event; the arguments are those of `Bus.publish`. Raises as `send` does."""
        body = event.encode()
        envelope = publishing.envelope_for(
            event,
            body,
            source=self._source,
            id=id,
            cause=cause,
            correlation_id=correlation_id,
            headers=headers,
        )
        await self.send(event.subject(), body, header_block(envelope.to_headers()))

    async def put_encoded(
        self,
        cls: type[Event],
        subject: str,
        body: bytes,
        *,
        cause: Stored[Any] | None = None,
        headers: Mapping[str, str],
    ) -> None:
        """Add an event that is encoded already, as `put` would; what many have in common is encoded once.

        Its time is that of the first of this class and cause in the batch.
        """
        id = publishing.id_for(cls, subject, body, cause)
        own = {"ce-id": id, **headers} if cause else {"ce-id": id, _CORRELATION: id, **headers}
        await self.send(subject, body, self._common(cls, cause) + header_block(own))

    def _common(self, cls: type[Event], cause: Stored[Any] | None) -> bytes:
        key = (cls, cause.envelope.id if cause else "")
        if key not in self._blocks:
            envelope = publishing.envelope_of(cls, "", source=self._source, cause=cause)
            headers = envelope.to_headers()
            del headers["ce-id"]
            self._blocks[key] = header_block(headers)
        return self._blocks[key]

    async def send(self, subject: str, body: bytes, headers: bytes = b"") -> None:
        """Add a message that is encoded already; `headers` come from `header_block`.

        The subject must have been minted by an event class: it is not checked again.

        Raises:
            Refused: the server ended the batch; what was sent before the refused message is stored.
            Unreachable: the connection was lost, or the server is silent for 10 s.
        """
        first = self._sent == 0
        if first:
            self._stream = stream_of(subject)
            self._generation = await hold(self._connection, self._stream)
        self._sent += 1
        self._subject = subject
        self._queue(subject, body, headers, self._sent, _START if first else _ADD)
        if first:
            await self._flush()
            await self._wait_while(lambda: not self._answered)
        elif self._sent - self.stored >= self._flow * _OUTSTANDING:
            await self._flush()
            await self._wait_while(lambda: self._sent - self.stored >= self._flow * _OUTSTANDING)
        elif len(self._queued) >= _WRITE_EVERY:
            await self._flush()
            await asyncio.sleep(0)

    def _queue(self, subject: str, body: bytes, headers: bytes, number: int, operation: int) -> None:
        reply = f"{self._head}{number}.{operation}.$FI"
        if headers:
            size = len(_VERSION) + len(headers) + len(_END_OF_LINE)
            start = f"HPUB {subject} {reply} {size} {size + len(body)}\r\n".encode()
            self._queued.append(b"".join((start, _VERSION, headers, _END_OF_LINE, body, _END_OF_LINE)))
        else:
            start = f"PUB {subject} {reply} {len(body)}\r\n".encode()
            self._queued.append(b"".join((start, body, _END_OF_LINE)))

    async def _flush(self) -> None:
        if self._queued:
            commands = b"".join(self._queued)
            self._queued.clear()
            await self._connection.write(commands)

    async def _commit(self) -> None:
        """End the batch. The message that says so must name a subject of the stream but is not stored."""
        self._queue(self._subject, b"", b"", self._sent + 1, _END)
        await self._flush()
        await self._wait_while(lambda: self._final is None)
        if self._failure is not None:
            raise self._failure
        if self._final is not None and self._final.get("count") != self._sent:
            raise Refused("a batch", 409, f"{self._final.get('count')} of {self._sent} messages were stored")
        self.stored = self._sent
        if self._final is not None:
            self._connection.floors.there(self._stream, int(self._final["seq"]), self._generation)

    async def _wait_while(self, waiting: Callable[[], bool]) -> None:
        while waiting():
            if self._failure is not None:
                raise self._failure
            self._news.clear()
            try:
                async with asyncio.timeout(_SILENCE):
                    await self._news.wait()
            except TimeoutError:
                raise Unreachable("a batch", self._connection.where, f"silent for {_SILENCE} s") from None

    async def _keep_alive(self) -> None:
        """The server gives a batch up after 10 s of silence."""
        while True:
            before = self._sent
            await asyncio.sleep(_KEEP_ALIVE)
            if 0 < before == self._sent and self._final is None:
                with contextlib.suppress(Unreachable):
                    self._queue(self._subject, b"", b"", self._sent, _PING)
                    await self._flush()

    async def _on_answer(self, message: Msg) -> None:
        self._answered = True
        answer: dict[str, Any] = orjson.loads(message.data) if message.data else _NO_STREAM
        kind = answer.get("type")
        if kind == "ack":
            self.stored = max(self.stored, int(answer["seq"]))
            self._flow = int(answer["msgs"])
        elif kind == "gap" or "error" in answer:
            self._fail(refusal("a batch", answer.get("error") or {"description": "messages were lost"}))
        else:
            self._final = answer
        self._news.set()

    def _fail(self, failure: Exception) -> None:
        self._failure = self._failure or failure  # the first one says why, those behind it only follow

    def _on_loss(self) -> None:
        self._fail(Unreachable("a batch", self._connection.where, "the connection was lost"))
        self._news.set()
