"""A stream never goes back: sequences that a broker lost are burned, not given out again.

Positions, ordinals and causes are sequences. A broker that lost power hands the lost ones out a second
time, and whoever holds one skips what is new, silently (design: a stream never goes back). So before its
first write to a stream on each connection a process compares the stream with the largest sequence that it
knows of.
"""

import asyncio
from collections.abc import Mapping

import structlog

from fleet.bus.connection import Connection
from fleet.events import STREAMS

_AT_ONCE = 256
_STREAM_OF: Mapping[str, str] = {
    subject.rsplit(".*")[0]: stream.name for stream in STREAMS.values() for subject in stream.subjects[:1]
}
_WORDS = 2
_TIMEOUT = 10.0
_log = structlog.get_logger("fleet.bus")


async def hold(connection: Connection, stream: str, *, timeout: float = _TIMEOUT) -> int:
    """Make sure that the next message of a stream gets a sequence that nobody has seen yet.

    Gives the generation of the connection for which that holds.

    Costs nothing while the connection stays and nothing larger is witnessed; else one request, and the
    fillers where sequences are missing. Several processes may do it at once, twice does no harm.

    Raises:
        Unreachable: the server does not answer, or there is no connection for `timeout` seconds.
    """
    await connection.ready(f"writing to {stream}", timeout)
    generation = connection.generation
    if stream not in STREAMS or not STREAMS[stream].batched:
        return generation  # agents write STATUS without a look at it; what it lost is healed by heartbeats
    doubt = connection.floors.in_doubt(stream, generation)
    if not doubt:
        return generation
    info = await connection.api(f"STREAM.INFO.{stream}", timeout=timeout)
    last = int(info["state"]["last_seq"])
    if last < doubt:
        _log.warning("stream went back, burning what it lost", stream=stream, last=last, known=doubt)
        await _burn(connection, stream, last, doubt)
    connection.floors.there(stream, max(last, doubt), generation)
    return generation


async def _burn(connection: Connection, stream: str, last: int, floor: int) -> None:
    """Put a filler on each missing sequence; each has a subject of its own, as write-once streams demand."""
    for start in range(last + 1, floor + 1, _AT_ONCE):
        fillers = range(start, min(start + _AT_ONCE, floor + 1))
        await asyncio.gather(
            *(
                connection.request(f"fleet.burn.{stream}.{number}", b"", timeout=_TIMEOUT)
                for number in fillers
            )
        )


def stream_of(subject: str) -> str:
    """The stream that takes a subject of this system, or the empty string."""
    return _STREAM_OF.get(".".join(subject.split(".", _WORDS)[:_WORDS]), "")
