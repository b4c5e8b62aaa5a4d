"""What a failed deployment means: which state, and whether trying again can help (Fleet's list)."""

import re
from dataclasses import dataclass

from fleet.events import NOT_INSTALLED

_FINAL = re.compile(
    "|".join(
        (
            "timed out waiting for the condition",
            "error validating data",
            "chart requires kubeVersion",
            "annotation validation error",
            "failed, and has been rolled back due to",
            "failed and rolled back due to",
            "YAML parse error",
            "MalformedYAMLError",
            "unknown field",
            r"Forbidden: updates to .* spec for fields other than",
            "Forbidden: spec is immutable after creation",
        )
    )
)

_FIRST_DELAY = 1.0
_LONGEST_DELAY = 300.0
_FINAL_DELAY = 900.0


@dataclass(frozen=True, slots=True)
class Failure:
    """A deployment that failed: the reason for people, and whether it counts as final.

    A final failure counts as applied and NotReady; any other one is ErrApplied.
    """

    message: str
    final: bool

    @property
    def state(self) -> str:
        """The state that this failure puts the bundle in."""
        return "NotReady" if self.final else "ErrApplied"


def classify(message: str) -> Failure:
    """Judge the message of a failed deployment.

    Fleet's list of errors that no repetition can mend: they count as deployed and not ready, and wait for
    another commit. Everything else is tried again with growing delay.
    """
    text = message.strip()
    if _FINAL.search(text):
        return Failure(NOT_INSTALLED + text, final=True)
    return Failure(text, final=False)


def retry_delay(attempt: int, *, final: bool = False, jitter: float = 0.0) -> float:
    """Seconds before the next attempt: 1, 2, 4 ... 300, plus up to half of it.

    Args:
        attempt: how many attempts have failed, from 1.
        final: a failure that only another commit can mend is still tried again, every 15 minutes: the
            cluster may have changed (a deviation from Fleet, which never does).
        jitter: a number from 0 to 1, so that many agents do not come at once.
    """
    delay = _FINAL_DELAY if final else min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** (max(attempt, 1) - 1))
    return delay * (1 + jitter / 2)
