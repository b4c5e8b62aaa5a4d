"""What a run of the demo found, as people see it and as `-o json` prints it."""

import statistics
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Step:
    """One step: did it hold, how many seconds it took, and one line on what happened."""

    name: str
    ok: bool
    seconds: float
    detail: str = ""


@dataclass(slots=True)
class Record:
    """Collects the steps, the latencies from commit to Ready in seconds, and the last comparison."""

    steps: list[Step] = field(default_factory=list)
    commit_to_ready: list[float] = field(default_factory=list)
    comparison: dict[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether every step held and the last comparison found all equal."""
        return bool(self.steps) and all(step.ok for step in self.steps) and self._equal

    @property
    def _equal(self) -> bool:
        return bool(self.comparison.get("equal", False))

    def to_json(self) -> dict[str, Any]:
        """The document that `fleet demo -o json` prints; counts are those at the end."""
        found = self.comparison
        millis = [seconds * 1000 for seconds in self.commit_to_ready]
        return {
            "ok": self.ok,
            "clusters": found.get("clusters", 0),
            "bundles": found.get("bundles", 0),
            "pairs": {
                "desired": found.get("desired", 0),
                "delivered": found.get("delivered", 0),
                "reported": found.get("reported", 0),
                "equal": self._equal,
            },
            "steps": [
                {"name": step.name, "ok": step.ok, "seconds": round(step.seconds, 3), "detail": step.detail}
                for step in self.steps
            ],
            "commit_to_ready_ms": {
                "p50": round(statistics.median(millis)) if millis else None,
                "max": round(max(millis)) if millis else None,
                "n": len(millis),
            },
        }
