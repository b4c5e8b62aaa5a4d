"""How often a view may be written: once a second over time, and results before progress."""

from dataclasses import dataclass

from fleet.events import ViewPart

PERIOD = 1.0
"""Seconds per write, over time."""

_MOST = 2.0


@dataclass(slots=True)
class Pace:
    """A bucket of two tokens that one more flows into every second.

    Each write takes one. Progress is written only when both are there, so that one is left for the result
    that may follow at once: nobody waits a second for a Ready that is known. No view is written more
    than once a second over time, and none is behind by more than two.
    """

    tokens: float = _MOST
    since: float = 0.0

    def wait(self, now: float, *, result: bool) -> float:
        """Seconds until such a write may be made; 0 for now. `now` is monotonic time in seconds."""
        needed = 1.0 if result else _MOST
        return max(0.0, (needed - self._level(now)) * PERIOD)

    def spend(self, now: float) -> None:
        """A write is made."""
        self.tokens, self.since = self._level(now) - 1.0, now

    def _level(self, now: float) -> float:
        return min(_MOST, self.tokens + (now - self.since) / PERIOD)


def is_result(part: ViewPart) -> bool:
    """Whether a part says how something ended: Ready, or an error that waits for a person."""
    return all(condition.status == "True" or condition.reason == "Error" for condition in part.conditions)
