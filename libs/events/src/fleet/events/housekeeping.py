"""What services keep for themselves: dead letters and leases."""

from typing import ClassVar

from pydantic import Field

from fleet.events._base import Event


class DeadLetter(Event):
    """An event that a subscriber rejected, whole, with the reason; `body` is its JSON text."""

    STREAM: ClassVar[str] = "DEAD"
    SUBJECT: ClassVar[str] = "fleet.dead.{service}.{event}"

    service: str
    event: str
    reason: str
    subject_of_event: str
    stream: str
    sequence: int
    headers: dict[str, str] = Field(default_factory=dict)
    body: str


class LeaseTaken(Event):
    """Who leads until when it stops renewing; `epoch` orders leaders across the whole hub."""

    STREAM: ClassVar[str] = "LEASES"
    SUBJECT: ClassVar[str] = "fleet.lease.{name}"

    name: str
    holder: str
    epoch: int
    ttl: float
    released: bool = False
