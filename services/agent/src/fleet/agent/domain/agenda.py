"""When a bundle is worked on next: at once, after a pause, or not before something happens."""

from dataclasses import dataclass
from enum import Enum

PACE = 0.15
"""Seconds between two looks at the same bundle: changes that come in between are seen together."""

WATCHFUL = 30.0
"""Seconds until a bundle that is not Ready is looked at again although nothing was heard."""

_NEVER = float("inf")


class Work(Enum):
    """Settle: make sure that the right thing is deployed. Look: only see how it is."""

    SETTLE = "settle"
    LOOK = "look"


@dataclass(slots=True)
class Agenda:
    """What is due for one bundle, by a monotonic clock in seconds."""

    settle_at: float = _NEVER
    look_at: float = _NEVER
    looked: float = -_NEVER

    def settle(self, at: float) -> None:
        """Settle then, unless that is due earlier."""
        self.settle_at = min(self.settle_at, at)

    def look(self, at: float) -> None:
        """Look then, but not sooner than PACE after the last look."""
        self.look_at = min(self.look_at, max(at, self.looked + PACE))

    def cancel_look(self) -> None:
        """What was to be looked at has been seen."""
        self.look_at = _NEVER

    def due(self, now: float) -> Work | None:
        """What is to be done now. Taking it off the agenda is done with `take`."""
        if self.settle_at <= now:
            return Work.SETTLE
        return Work.LOOK if self.look_at <= now else None

    def take(self, work: Work, now: float) -> None:
        """The work begins: settling includes looking."""
        if work is Work.SETTLE:
            self.settle_at = _NEVER
        self.look_at = _NEVER
        self.looked = now

    def delay(self, now: float) -> float | None:
        """Seconds until something is due; None when nothing is."""
        earliest = min(self.settle_at, self.look_at)
        return None if earliest == _NEVER else max(0.0, earliest - now)
