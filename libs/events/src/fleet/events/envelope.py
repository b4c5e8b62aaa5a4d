"""CloudEvents 1.0 attributes in NATS headers (binary mode), and an event as a stream holds it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from fleet.events._base import Event

E = TypeVar("E", bound=Event)
E_co = TypeVar("E_co", bound=Event, covariant=True)

CONTENT_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is said about an event, outside of its body.

    `correlation_id` is the id of the commit's event all the way to the cluster's report;
    `causation_id` is the id of the event that directly led to this one; `traceparent` is the W3C
    trace context. `headers` has every header as stored.
    """

    id: str
    type: str
    source: str
    time: str
    correlation_id: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def from_headers(cls, headers: Mapping[str, str] | None) -> "Envelope":
        """Read the attributes; those that are missing are empty, so nothing is raised."""
        found = {key.lower(): value for key, value in (headers or {}).items()}
        return cls(
            id=found.get("ce-id", ""),
            type=found.get("ce-type", ""),
            source=found.get("ce-source", ""),
            time=found.get("ce-time", ""),
            correlation_id=found.get("ce-correlationid"),
            causation_id=found.get("ce-causationid"),
            traceparent=found.get("traceparent"),
            headers=dict(headers or {}),
        )

    def to_headers(self) -> dict[str, str]:
        """The headers to publish: CloudEvents attributes and the trace context, then `headers`."""
        found = {
            "ce-specversion": "1.0",
            "ce-id": self.id,
            "ce-type": self.type,
            "ce-source": self.source,
            "ce-time": self.time,
            "content-type": CONTENT_TYPE,
        }
        optional = {
            "ce-correlationid": self.correlation_id,
            "ce-causationid": self.causation_id,
            "traceparent": self.traceparent,
        }
        return found | {key: value for key, value in optional.items() if value} | dict(self.headers)


@dataclass(frozen=True, slots=True)
class Stored(Generic[E_co]):
    """An event as a stream holds it: with its subject, its sequence and the time the server stored it.

    `raw` has the body's bytes as stored, for whoever must check a MAC over them.
    """

    event: E_co
    subject: str
    sequence: int
    time: datetime
    envelope: Envelope
    raw: bytes = field(default=b"", repr=False)
