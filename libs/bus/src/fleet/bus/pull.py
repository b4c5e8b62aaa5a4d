"""Overlapped pulls on one consumer: the next messages are asked for before the last ones are used up."""

import asyncio
from collections import deque

import orjson
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from fleet.bus.connection import Connection, status_of
from fleet.bus.errors import Unreachable
from fleet.bus.message import Message, from_consumer

_EXPIRES = 30.0
_HEARTBEAT = 5.0
_SILENCE = 2.5 * _HEARTBEAT
_SECOND = 1_000_000_000
_IDLE, _EXPIRED, _ENDED = "100", "408", "409"
_HARMLESS = ("Batch Completed", "Message Size Exceeds MaxBytes")


class PullLost(Exception):
    """The pull delivers no more: the consumer or the connection it was made on is gone."""


class Pull:
    """Messages of one consumer, in the order of their delivery, never more than `ahead` of the reader.

    nats-py's own `fetch` awaits every message singly and stops at 45,000 a second; this one takes them in
    a callback and keeps the server busy with requests, as long as the reader keeps up. `generation` is
    that of the connection.
    """

    def __init__(self, connection: Connection, stream: str, consumer: str, *, batch: int, ahead: int) -> None:
        self.generation = connection.generation
        self._connection = connection
        self._address = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        self._batch = batch
        self._ahead = ahead
        self._asked = 0
        self._buffer: deque[Message] = deque()
        self._news = asyncio.Event()
        self._lost = ""
        self._idle = False
        self._subscription: Subscription | None = None
        self._inbox = connection.client.new_inbox()

    async def open(self) -> None:
        """Ask for the first messages. Raises Unreachable when the connection is away."""
        self._connection.losses.add(self._on_loss)
        self._subscription = await self._connection.subscribe(self._inbox, self._on_frame)
        await self._ask()

    async def close(self) -> None:
        """Take nothing more."""
        self._connection.losses.discard(self._on_loss)
        if self._subscription is not None:
            await self._connection.unsubscribe(self._subscription)
            self._subscription = None

    async def take(self) -> Message | None:
        """The next message; None when the server says that there is none at the moment.

        Raises:
            PullLost: make a new one.
        """
        while not self._buffer:
            if self._lost:
                raise PullLost(self._lost)
            if self._idle:
                self._idle = False
                return None
            await self._wait()
        message = self._buffer.popleft()
        if self._asked + len(self._buffer) <= self._ahead - self._batch:
            await self._ask()
        return message

    async def _wait(self) -> None:
        self._news.clear()
        try:
            async with asyncio.timeout(_SILENCE):
                await self._news.wait()
        except TimeoutError:
            self._lost = f"no sign of life for {_SILENCE} s"
        if self._asked <= 0:
            await self._ask()

    async def _ask(self) -> None:
        body = {
            "batch": self._batch,
            "expires": int(_EXPIRES * _SECOND),
            "idle_heartbeat": int(_HEARTBEAT * _SECOND),
        }
        while self._asked + len(self._buffer) <= self._ahead - self._batch and not self._lost:
            self._asked += self._batch
            try:
                await self._connection.publish(self._address, orjson.dumps(body), reply=self._inbox)
            except Unreachable as error:
                self._lost = str(error)

    def _on_loss(self) -> None:
        self._lost = "the connection was lost"
        self._news.set()

    async def _on_frame(self, frame: Msg) -> None:
        # The server's own frames come on the inbox itself; a stored message keeps its subject, and whoever
        # wrote it (an agent, for one) may have given it a header that looks like a status.
        status = status_of(frame) if frame.subject == self._inbox else ""
        if not status:
            self._asked -= 1
            self._buffer.append(from_consumer(frame))
        else:
            self._on_status(status, frame.headers or {})
        self._news.set()

    def _on_status(self, status: str, headers: dict[str, str]) -> None:
        description = headers.get("Description", "")
        unused = int(headers.get("Nats-Pending-Messages", "0"))
        if status == _IDLE:
            self._idle = True
        elif status == _EXPIRED or (status == _ENDED and description.startswith(_HARMLESS)):
            self._asked -= unused
        else:
            self._lost = f"{status} {description}".strip()
