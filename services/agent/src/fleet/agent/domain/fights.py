"""When to stop correcting drift: somebody else writes the same fields, again and again."""

from dataclasses import dataclass, field

LIMIT = 5
"""Corrections that may happen within WINDOW before the agent stops and raises an alarm."""

WINDOW = 120.0
"""Seconds that are looked back on."""

_FIRST_TRUCE = 120.0
_LONGEST_TRUCE = 3600.0


@dataclass(slots=True)
class Fight:
    """The corrections of one bundle, by a monotonic clock in seconds."""

    corrections: list[float] = field(default_factory=list)
    truces: int = 0
    until: float = 0.0

    def wait(self, now: float) -> float:
        """Seconds for which nothing may be corrected; 0 when it may."""
        return max(0.0, self.until - now)

    def corrected(self, now: float) -> bool:
        """Note a correction. Returns True when this was one too many and a truce begins."""
        self.corrections = [moment for moment in self.corrections if now - moment < WINDOW] + [now]
        if len(self.corrections) <= LIMIT:
            return False
        self.until = now + min(_LONGEST_TRUCE, _FIRST_TRUCE * 2**self.truces)
        self.truces += 1
        self.corrections = []
        return True

    def alarm(self, now: float) -> str:
        """What to tell people while a truce lasts."""
        return (
            f"drift was corrected more than {LIMIT} times within {WINDOW:.0f} s: something else keeps"
            f" changing these objects. Correction is off for {self.wait(now):.0f} s more, or until the bundle"
            " changes; take the fields out of the bundle, or list them in diff.comparePatches"
        )

    def reset(self) -> None:
        """Forget everything: there is a new desired state."""
        self.corrections, self.truces, self.until = [], 0, 0.0
