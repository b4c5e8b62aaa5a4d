"""What services keep for themselves: dead letters and leases."""

from base64 import b64decode, b64encode
from typing import ClassVar, Literal

from pydantic import Field

from fleet.events._base import Event

Encoding = Literal["", "base64", "left out"]


class DeadLetter(Event):
    """An event that a subscriber rejected, whole to the byte, with the reason.

    `body` is its JSON text; what is no text at all stands there in base64, and `encoding` says so. Of an
    event that is too large for a letter `body` and `headers` are left out: it stands in `stream` only.
    """

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
    encoding: Encoding = ""

    @staticmethod
    def written(data: bytes) -> tuple[str, Encoding]:
        """These bytes as `body` and `encoding`."""
        try:
            return data.decode(), ""
        except UnicodeDecodeError:
            return b64encode(data).decode(), "base64"

    def data(self) -> bytes:
        """The body as the stream had it.

        Raises:
            ValueError: it is no base64, though it says so, or it is left out.
        """
        if self.encoding == "left out":
            raise ValueError(f"the body stands only in {self.stream}, message {self.sequence}")
        return b64decode(self.body, validate=True) if self.encoding else self.body.encode()


class LeaseTaken(Event):
    """Who leads until when it stops renewing; `epoch` orders leaders across the whole hub."""

    STREAM: ClassVar[str] = "LEASES"
    SUBJECT: ClassVar[str] = "fleet.lease.{name}"

    name: str
    holder: str
    epoch: int
    ttl: float
    released: bool = False
