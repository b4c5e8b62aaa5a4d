"""A watch that survives lost connections."""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import orjson

from .connection import Connection, Parameters
from .errors import Unavailable, from_status

WATCH_SECONDS = 300
SILENCE_SECONDS = 330.0
FIRST_PAUSE, LAST_PAUSE = 0.1, 10.0


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """ADDED, MODIFIED or DELETED, with the object; for DELETED its last state."""

    type: str
    object: dict[str, Any]


class Watch:
    """The changes of a collection after a version, over as many connections as it takes."""

    def __init__(
        self, *, connection: Connection, path: str, parameters: Parameters, accept: str, version: str
    ) -> None:
        self._connection = connection
        self._path = path
        self._parameters = parameters
        self._accept = accept
        self.version = version
        """The version to resume after; moves on with every event and bookmark."""

    async def events(self) -> AsyncGenerator[WatchEvent, None]:
        """Every change, in order, once; waits out what is `Unavailable`.

        Raises Expired when the version is not kept any more (list again), and NotFound or Forbidden when
        there is nothing to watch.
        """
        pause = FIRST_PAUSE
        while True:
            try:
                async with aclosing(self._connected()) as events:
                    async for event in events:
                        pause = FIRST_PAUSE
                        yield event
            except Unavailable:
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads load, hides nothing
                pause = min(pause * 2, LAST_PAUSE)
            else:
                # A server that ends watches at once is not asked at once again.
                await asyncio.sleep(FIRST_PAUSE * random.uniform(0.1, 0.5))  # noqa: S311 - as above

    async def _connected(self) -> AsyncGenerator[WatchEvent, None]:
        parameters = {
            **self._parameters,
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": self.version,
            "timeoutSeconds": str(WATCH_SECONDS),
        }
        opened = self._connection.stream(
            self._path, parameters=parameters, accept=self._accept, silence=SILENCE_SECONDS
        )
        async with opened as chunks, aclosing(_lines(chunks)) as lines:
            async for line in lines:
                if event := self._read(line):
                    yield event

    def _read(self, line: bytes) -> WatchEvent | None:
        try:
            event = orjson.loads(line)
            kind, obj = event["type"], event["object"]
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            said = "an event of the watch cannot be read"
            raise Unavailable(self._connection.cluster, "WATCH", self._path, 0, "NoJson", said) from error
        if kind == "ERROR":
            code = int(obj.get("code") or 500)
            raise from_status(self._connection.cluster, "WATCH", self._path, code, obj)
        self.version = obj["metadata"]["resourceVersion"]
        return None if kind == "BOOKMARK" else WatchEvent(kind, obj)


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Whole lines of any length; the stream reader's own splitting ends at 512 KiB."""
    parts: list[bytes] = []
    async for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for piece in ended:
            line = b"".join([*parts, piece])
            parts.clear()
            if line.strip():
                yield line
        if rest:
            parts.append(rest)
