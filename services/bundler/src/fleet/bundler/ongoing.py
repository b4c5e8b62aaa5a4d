"""Which objects are being read now, so that news of one ends a reading that nobody wants any more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fleet.bundler.errors import Outdated
from fleet.bundler.retries import ObjectKey
from fleet.events import Resource, Stored

Record = Stored[Resource]


@dataclass(frozen=True, slots=True)
class _Reading:
    record: Record
    scope: asyncio.Timeout


class Ongoing:
    """The readings that run, one at a time for each object, and the news that no reading has seen yet."""

    def __init__(self) -> None:
        self._readings: dict[ObjectKey, _Reading] = {}
        self._news: dict[ObjectKey, Record] = {}

    @asynccontextmanager
    async def reading(self, key: ObjectKey, record: Record) -> AsyncIterator[None]:
        """Read an object, as it is in this record, in the block.

        Raises:
            Outdated: it is deleted, made anew or has another spec; the block was cancelled.
        """
        try:
            async with asyncio.timeout(None) as scope:
                self._readings[key] = _Reading(record, scope)
                self.settled(key, record)
                self._end_outdated(key)
                yield
        except TimeoutError:
            if scope.expired():
                raise Outdated(key.name) from None
            raise
        finally:
            del self._readings[key]

    def news(self, key: ObjectKey, record: Record) -> None:
        """End a reading that this record outdates, and any such that begins later."""
        if (known := self._news.get(key)) is None or known.sequence < record.sequence:
            self._news[key] = record
        self._end_outdated(key)

    def settled(self, key: ObjectKey, record: Record) -> None:
        """What this record says is done: it need not be remembered."""
        if (news := self._news.get(key)) is not None and news.sequence <= record.sequence:
            del self._news[key]

    def _end_outdated(self, key: ObjectKey) -> None:
        reading, news = self._readings.get(key), self._news.get(key)
        if reading is not None and news is not None and _outdates(news, reading.record):
            reading.scope.reschedule(asyncio.get_running_loop().time())


def _outdates(news: Record, record: Record) -> bool:
    if news.sequence <= record.sequence:
        return False
    new, old = news.event, record.event
    return new.deleted or (new.metadata.uid, new.metadata.generation) != (
        old.metadata.uid,
        old.metadata.generation,
    )
