"""Follow a stream: first the last value of every subject, then what comes, in order and without holes."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar, cast

import structlog

from fleet.bus.connection import Connection
from fleet.bus.errors import Refused, Unreachable
from fleet.bus.message import Message, stored_if_wanted
from fleet.bus.pull import Pull, PullLost
from fleet.bus.read import by_sequence
from fleet.events import Event, Stored

E = TypeVar("E", bound=Event)

_BATCH = 500
_AHEAD = 2000
_UNUSED = 60
_SECOND = 1_000_000_000
_PAUSE = 0.2
_REFUSED_PAUSE = 1.0
_log = structlog.get_logger("fleet.bus")


@dataclass(frozen=True, slots=True)
class Position:
    """The last message that was taken from a stream, and when that stream was made."""

    created: str
    sequence: int
    time: datetime


class Feed(Generic[E], AsyncIterator[Stored[E]]):
    """The present of some classes of one stream, then every change; one reader takes it in one loop.

    Losing the connection, the server or the consumer costs nothing: the feed goes on behind the last
    message that was taken. Where the stream no longer agrees with that (it went back, or was made anew)
    the feed starts again from a snapshot: `snapshot` counts them, the first being 1. A reader that keeps
    a table drops, once caught up, the rows that this snapshot did not have.
    """

    def __init__(
        self,
        connection: Connection,
        stream: str,
        classes: tuple[type[E], ...],
        filters: tuple[str, ...],
        *,
        live: bool = True,
        history: bool = False,
    ) -> None:
        self.snapshot = 0
        self._connection = connection
        self._stream = stream
        self._classes = classes
        self._filters = tuple(dict.fromkeys(filters))
        self._live = live
        self._policy = "all" if history else "last_per_subject"
        self._caught_up = asyncio.Event()
        self._at_end = False
        self._target = 0
        self._position: Position | None = None
        self._created = ""
        self._expected = 1
        self._pull: Pull | None = None
        self._consumer = ""

    async def caught_up(self) -> None:
        """Wait until the present was handed out whole: its last item taken, and the reader back for more.

        Another task must be reading the feed meanwhile. After a new snapshot this waits again.
        """
        await self._caught_up.wait()

    @property
    def is_caught_up(self) -> bool:
        """Whether the present was handed out whole."""
        return self._caught_up.is_set()

    async def aclose(self) -> None:
        """Stop reading; the server forgets the consumer."""
        await self._drop_pull()

    def __aiter__(self) -> "Feed[E]":
        return self

    async def __anext__(self) -> Stored[E]:
        while True:
            if self._at_end:
                self._caught_up.set()
            if self._caught_up.is_set() and not self._live:
                await self.aclose()
                raise StopAsyncIteration
            message = await self._next()
            if message is None:
                self._at_end = True
                continue
            self._position = Position(self._created, message.sequence, message.time)
            self._at_end = self._at_end or message.pending == 0 or message.sequence >= self._target
            found = stored_if_wanted(message, self._classes)
            if found is not None:
                return cast("Stored[E]", found)

    async def _next(self) -> Message | None:
        """The next message without a hole before it; None when there is none at the moment."""
        while True:
            try:
                if self._pull is None:
                    self._pull = await self._open()
                    if self._at_end:
                        return None
                message = await self._pull.take()
                if message is None or message.delivery == self._expected:
                    return self._taken(message, self._pull.generation)
                raise PullLost(f"delivery {message.delivery} came instead of {self._expected}")
            except (PullLost, Unreachable) as error:
                _log.debug("feed interrupted", stream=self._stream, error=str(error))
                await self._drop_pull()
                if self._connection.closed.is_set():
                    raise Unreachable(
                        f"following {self._stream}", self._connection.where, "closed"
                    ) from error
                await asyncio.sleep(_PAUSE)

    def _taken(self, message: Message | None, generation: int) -> Message | None:
        if message is not None:
            self._expected += 1
            self._connection.floors.there(self._stream, message.sequence, generation)
        return message

    async def _open(self) -> Pull:
        """A consumer behind the last message taken, or for a new snapshot."""
        try:
            info = await self._connection.api(f"STREAM.INFO.{self._stream}")
            resume = await self._still_valid(info)
            self._created = info["created"]
            if not resume:
                self._begin_snapshot(int(info["state"]["last_seq"]))
            pending = await self._create_consumer(resume)
        except Refused as error:
            _log.warning("stream cannot be followed", stream=self._stream, error=str(error))
            await asyncio.sleep(_REFUSED_PAUSE)
            raise PullLost(str(error)) from error
        self._expected = 1
        self._at_end = self._at_end or pending == 0
        pull = Pull(self._connection, self._stream, self._consumer, batch=_BATCH, ahead=_AHEAD)
        await pull.open()
        return pull

    def _begin_snapshot(self, target: int) -> None:
        if self._position is not None:
            _log.warning("stream went back or was made anew, reading it again", stream=self._stream)
        if self._position is not None or not self.snapshot:
            self.snapshot += 1
        self._position = None
        self._target = target
        self._at_end = False
        self._caught_up.clear()

    async def _still_valid(self, info: dict[str, Any]) -> bool:
        """Whether the stream still has what was taken last, at that place and of that time.

        A message that was superseded meanwhile proves nothing, so the answer is then no: sequences that
        a broker handed out twice would pass unseen otherwise (design: a stream never goes back).
        """
        position = self._position
        if position is None or position.created != info["created"]:
            return False
        if int(info["state"]["last_seq"]) == position.sequence:
            return _close(datetime.fromisoformat(info["state"]["last_ts"]), position.time)
        found = await by_sequence(self._connection, self._stream, position.sequence)
        return found is not None and _close(found.time, position.time)

    async def _create_consumer(self, resume: bool) -> int:
        """Make the consumer; gives the number of messages that wait for it."""
        self._consumer = self._connection.client.new_inbox().rsplit(".", 1)[-1]
        config: dict[str, Any] = {
            "name": self._consumer,
            "filter_subjects": list(self._filters),
            "ack_policy": "none",
            "deliver_policy": self._policy,
            "mem_storage": True,
            "num_replicas": 1,
            "inactive_threshold": _UNUSED * _SECOND,
        }
        if resume and self._position:
            config |= {"deliver_policy": "by_start_sequence", "opt_start_seq": self._position.sequence + 1}
        answer = await self._connection.api(
            f"CONSUMER.CREATE.{self._stream}.{self._consumer}",
            {"stream_name": self._stream, "config": config, "action": "create"},
        )
        return int(answer["num_pending"])

    async def _drop_pull(self) -> None:
        pull, self._pull = self._pull, None
        if pull is not None:
            await pull.close()
            await self._connection.forget(f"$JS.API.CONSUMER.DELETE.{self._stream}.{self._consumer}")


def _close(one: datetime, other: datetime) -> bool:
    """Equal up to the microsecond: the two ways of reading round differently."""
    return abs((one - other).total_seconds()) < 2e-6
