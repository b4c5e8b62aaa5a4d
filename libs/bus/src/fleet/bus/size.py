"""How large a message may be: what the server takes at once, and what the stream keeps."""

from collections.abc import Mapping

from fleet.bus.connection import Connection
from fleet.bus.errors import Refused
from fleet.events import STREAMS

TOO_LARGE = 413
"""The code of a refusal because of the size, as in HTTP."""

_FRAME = len(b"NATS/1.0\r\n\r\n")
_BETWEEN = len(b": \r\n")


def check(
    connection: Connection, subject: str, body: bytes, headers: Mapping[str, str], *, stream: str
) -> None:
    """Refuse a message that is too large before anything is sent. Headers count as the body does.

    The server would close the connection over a message of more than its `max_payload` (NATS protocol,
    "Maximum Payload Violation").

    Raises:
        Refused: the message is too large; the code is 413.
    """
    size = len(body) + _size_of(headers)
    limit = connection.client.max_payload
    if stream in STREAMS and (kept := STREAMS[stream].max_message):
        limit = min(limit, kept)
    if size > limit:
        raise Refused(
            f"publishing to {subject}",
            TOO_LARGE,
            f"with its headers it has {size} bytes, and the server takes {limit}: make it smaller",
        )


def _size_of(headers: Mapping[str, str]) -> int:
    if not headers:
        return 0
    return _FRAME + sum(len(key.encode()) + len(value.encode()) + _BETWEEN for key, value in headers.items())
