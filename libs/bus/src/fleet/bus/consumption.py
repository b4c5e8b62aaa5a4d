"""One durable consumer: what it delivers is handled in order per subject, and acknowledged afterwards."""

import asyncio
from collections import OrderedDict
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

import structlog

from fleet.bus import dead
from fleet.bus.attempts import Handler, attempt
from fleet.bus.connection import Connection
from fleet.bus.core import Heard, responding
from fleet.bus.errors import Refused, Reject, Unreachable
from fleet.bus.lanes import Lanes
from fleet.bus.message import Message, stored
from fleet.bus.pull import Pull, PullLost
from fleet.events import CATALOGUE, Event, EventError

ACK_WAIT = 30.0
"""Seconds without a sign of life after which the server would deliver a message again."""

_SECOND = 1_000_000_000
_PROGRESS, _ACK = b"+WPI", b"+ACK"
_HELD = 4096
_REMEMBERED = 16_384
_BATCH = 256
_PAUSE = 0.2
_log = structlog.get_logger("fleet.bus")

Key = tuple[int, datetime]


class Consumption:
    """Everything that one handler of a subscriber is given, from the durable consumer to the last ack.

    At every start and after every interruption the consumer is set back to the first message that is not
    acknowledged, so that those which a dead process held come at once and in their order; what this
    process holds or has done already is recognised by sequence and time. One process at a time runs a
    subscriber of one name: where there are several, a lease decides.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        subscriber: str,
        cls: type[Event],
        handler: Handler,
        slots: asyncio.Semaphore,
    ) -> None:
        self._connection = connection
        self._subscriber = subscriber
        self._cls = cls
        self._handler = handler
        self._slots = slots
        self._durable = f"{subscriber}-{cls.kebab()}"
        self._held: dict[Key, str] = {}
        self._done: OrderedDict[Key, None] = OrderedDict()
        self._room = asyncio.Event()

    async def run(self) -> None:
        """Take and handle messages until cancelled. Raises Unreachable when the bus is closed."""
        async with asyncio.TaskGroup() as tasks:
            lanes = Lanes(tasks)
            address = dead.replay_subject(self._subscriber, self._cls)
            async with responding(self._connection, address, partial(self._replay, lanes), ""):
                tasks.create_task(self._show_progress())
                await self._take_all(lanes)

    async def _take_all(self, lanes: Lanes) -> None:
        stream = self._cls.STREAM
        while True:
            pull = Pull(self._connection, stream, self._durable, batch=_BATCH, ahead=2 * _BATCH)
            try:
                await self._rewind()
                await pull.open()
                while True:
                    await self._wait_for_room()
                    if (message := await pull.take()) is not None:
                        self._connection.floors.there(stream, message.sequence, pull.generation)
                        await self._accept(message, lanes)
            except (PullLost, Refused, Unreachable) as error:
                if self._connection.closed.is_set():
                    raise Unreachable(self._durable, self._connection.where, "the bus is closed") from error
                say = _log.warning if isinstance(error, Refused) else _log.debug
                say("subscriber interrupted", consumer=self._durable, error=str(error))
            finally:
                await pull.close()
            await asyncio.sleep(_PAUSE)

    async def _rewind(self) -> None:
        """Make the consumer, or bring an existing one back to its first unacknowledged message."""
        config: dict[str, Any] = {
            "name": self._durable,
            "durable_name": self._durable,
            "filter_subjects": [self._cls.subject_filter()],
            "ack_policy": "explicit",
            "ack_wait": int(ACK_WAIT * _SECOND),
            "deliver_policy": "all",
            "max_deliver": -1,
            "max_ack_pending": 2 * _HELD,
        }
        stream = self._cls.STREAM
        await self._connection.api(
            f"CONSUMER.CREATE.{stream}.{self._durable}", {"stream_name": stream, "config": config}
        )
        await self._connection.api(f"CONSUMER.RESET.{stream}.{self._durable}")

    async def _wait_for_room(self) -> None:
        while len(self._held) >= _HELD:
            self._room.clear()
            await self._room.wait()

    async def _accept(self, message: Message, lanes: Lanes) -> None:
        key = (message.sequence, message.time)
        if key in self._held:
            self._held[key] = message.reply
        elif key in self._done:
            await self._say(message.reply, _ACK)
        else:
            self._held[key] = message.reply
            lanes.put(message.subject, partial(self._settle, key, message))

    async def _settle(self, key: Key, message: Message) -> None:
        """Have it handled; a rejection is a dead letter on disk before the message is acknowledged."""
        rejection = await self._handle(message)
        if rejection is not None:
            await dead.bury(self._connection, message, self._subscriber, self._cls, rejection.reason)
        self._done[key] = None
        while len(self._done) > _REMEMBERED:
            self._done.popitem(last=False)
        await self._say(self._held.pop(key), _ACK)
        self._room.set()

    async def _handle(self, message: Message) -> Reject | None:
        known = CATALOGUE.get(message.type_name)
        if known is not None and not issubclass(known, self._cls):
            return None  # another class on the same subject has its own handler, or none
        try:
            event = stored(message)
        except EventError as error:
            return Reject(str(error))
        return await attempt(self._handler, event, slots=self._slots, subscriber=self._subscriber)

    async def _replay(self, lanes: Lanes, heard: Heard) -> bytes:
        """Handle a dead letter again, in the lane of its subject, and remove it once it was handled."""
        sequence = int(heard.payload)
        message = await dead.exhume(self._connection, sequence)
        outcome: asyncio.Future[Reject | None] = asyncio.get_running_loop().create_future()

        async def again() -> None:
            rejection = await self._handle(message)
            if not outcome.done():
                outcome.set_result(rejection)

        lanes.put(message.subject, again)
        if (rejection := await outcome) is not None:
            raise Refused(f"replaying {sequence}", 422, rejection.reason)
        await dead.remove(self._connection, sequence)
        return b"done"

    async def _show_progress(self) -> None:
        """Tell the server, three times per ACK_WAIT, that what is held is being worked on."""
        while True:
            await asyncio.sleep(ACK_WAIT / 3)
            for reply in list(self._held.values()):
                await self._say(reply, _PROGRESS)

    async def _say(self, reply: str, word: bytes) -> None:
        with suppress(Unreachable):  # it is delivered again then, and recognised
            await self._connection.publish(reply, word)
