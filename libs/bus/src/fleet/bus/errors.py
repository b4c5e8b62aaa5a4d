"""What can go wrong on the bus, and what a handler may answer.

BusError
├── Unreachable     no answer in time: the server is away, or nobody serves the subject
├── Conflict        somebody else wrote first (compare-and-set)
└── Refused         the server or a responder said no
    └── Full        ... because a stream has no room left

Retry and Reject are no faults of the bus: a handler raises them to say what becomes of an event.
"""


class BusError(Exception):
    """The base of everything that the bus raises."""


class Unreachable(BusError):
    """No answer in time. Whether the request had an effect is not known: look again before deciding."""

    def __init__(self, what: str, where: str, why: str) -> None:
        self.what = what
        self.where = where
        super().__init__(
            f"{what} had no answer from NATS at {where}: {why}. Nothing is lost: it is tried again when the"
            " server answers; if this stays, check that the server runs and that its address is right"
        )


class Conflict(BusError):
    """The subject's last sequence is not the expected one: read the present value and decide anew."""

    def __init__(self, subject: str, expected: int) -> None:
        self.subject = subject
        self.expected = expected
        super().__init__(
            f"{subject} has changed since sequence {expected} was read: read it again and decide anew"
        )


class Refused(BusError):
    """The server or a responder said no; asking again the same way will not help.

    A responder raises it to refuse a request: `code` (403, 404, 503, ...) and `reason` travel back.
    """

    def __init__(self, what: str, code: int, reason: str) -> None:
        self.what = what
        self.code = code
        self.reason = reason
        super().__init__(f"{what} was refused ({code}): {reason}")


class Full(Refused):
    """A stream has reached its `max_bytes`. It keeps what it has and refuses what is new."""

    def __init__(self, what: str, code: int, reason: str) -> None:
        super().__init__(
            what, code, f"{reason}; the stream is full: raise its max_bytes or delete what is not needed"
        )


class Retry(Exception):
    """The world may change: hand the event to me again in `delay` seconds; its subject waits till then."""

    def __init__(self, delay: float, reason: str = "") -> None:
        self.delay = delay
        self.reason = reason
        super().__init__(reason or f"again in {delay} s")


class Reject(Exception):
    """The event can never be handled: keep it as a dead letter, with the reason, and go on."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)
