"""A message as a stream holds it, whatever way it was read, and how it becomes an event again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog
from nats.aio.msg import Msg

from fleet.events import CATALOGUE, Envelope, Event, EventError, Stored, decode

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_READ_HEADERS = frozenset(
    {
        "Nats-Stream",
        "Nats-Subject",
        "Nats-Sequence",
        "Nats-Time-Stamp",
        "Nats-Num-Pending",
        "Nats-Last-Sequence",
    }
)
_ACK_TOKENS = 9
_log = structlog.get_logger("fleet.bus")


@dataclass(frozen=True, slots=True)
class Message:
    """A stored message. `pending` counts those behind it for the reader it was delivered to."""

    subject: str
    sequence: int
    time: datetime
    data: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    reply: str = ""
    delivery: int = 0
    pending: int = 0

    @property
    def type_name(self) -> str:
        """The CloudEvents type, or the empty string."""
        return self.headers.get("ce-type", "")


def from_direct_get(answer: Msg) -> Message:
    """Read the answer of a direct get; the headers that the server added for the reader are left out."""
    found = answer.headers or {}
    return Message(
        subject=found["Nats-Subject"],
        sequence=int(found["Nats-Sequence"]),
        time=datetime.fromisoformat(found["Nats-Time-Stamp"]),
        data=answer.data,
        headers={key: value for key, value in found.items() if key not in _READ_HEADERS},
    )


def from_consumer(message: Msg) -> Message:
    """Read a message that a consumer delivered: its reply subject tells sequence, time and what is behind."""
    tokens = message.reply.split(".")
    stream_sequence, consumer_sequence, nanoseconds, pending = (
        tokens[5:9] if len(tokens) == _ACK_TOKENS else tokens[7:11]
    )
    return Message(
        subject=message.subject,
        sequence=int(stream_sequence),
        time=_EPOCH + timedelta(microseconds=int(nanoseconds) // 1000),
        data=message.data,
        headers=message.headers or {},
        reply=message.reply,
        delivery=int(consumer_sequence),
        pending=int(pending),
    )


def stored(message: Message) -> Stored[Event]:
    """The event of a message. Raises UnknownEvent or InvalidEvent."""
    return Stored(
        event=decode(message.headers, message.data),
        subject=message.subject,
        sequence=message.sequence,
        time=message.time,
        envelope=Envelope.from_headers(message.headers),
        raw=message.data,
    )


def stored_if_wanted(message: Message, classes: tuple[type[Event], ...]) -> Stored[Event] | None:
    """The event, or None where it is of another class than these or cannot be read; the latter is logged."""
    cls = CATALOGUE.get(message.type_name)
    if cls is not None and not issubclass(cls, classes):
        return None
    try:
        return stored(message)
    except EventError as error:
        _log.warning(
            "unreadable event skipped", subject=message.subject, sequence=message.sequence, error=str(error)
        )
        return None
