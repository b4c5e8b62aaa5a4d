"""The states of a deployment, how they rank, and what follows from a report (fleet.md 4.4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from fleet.events import BundleReport


class BundleState(StrEnum):
    """Fleet's states, worst first."""

    ERR_APPLIED = "ErrApplied"
    WAIT_APPLIED = "WaitApplied"
    MODIFIED = "Modified"
    OUT_OF_SYNC = "OutOfSync"
    PENDING = "Pending"
    NOT_READY = "NotReady"
    READY = "Ready"


RANK: Mapping[BundleState, int] = {
    state: len(BundleState) - position for position, state in enumerate(BundleState)
}
"""How bad a state is; the highest shows."""


def worst(states: list[BundleState]) -> str:
    """The state that shows for several; empty where all are Ready or there is none."""
    bad = [state for state in states if state is not BundleState.READY]
    return max(bad, key=RANK.__getitem__).value if bad else ""


@dataclass(frozen=True, slots=True)
class Report:
    """The last thing that one cluster said. `received` is when the hub stored it, seconds since 1970."""

    uid: str
    epoch: int
    generation: int
    digest: str
    applied: frozenset[str]
    troubles: Mapping[str, BundleReport] = field(default_factory=dict)
    received: float = 0.0

    @property
    def order(self) -> tuple[int, int]:
        """What manifests are ordered by: this is about the one with these numbers."""
        return self.epoch, self.generation


def judge(entry: str, *, fresh: bool, report: Report | None) -> BundleState:
    """The state of one deployment.

    Takes the digest of the entry that the cluster shall run, whether that entry is newer than what the
    report can know (its manifest was written later), and the cluster's last report. Nothing that was said
    about another entry, or before this one was written, counts: that is WaitApplied.
    """
    if report is None or fresh:
        return BundleState.WAIT_APPLIED
    if trouble := report.troubles.get(entry):
        return BundleState(trouble.state)
    return BundleState.READY if entry in report.applied else BundleState.WAIT_APPLIED


def behind(state: BundleState) -> BundleState:
    """The state of a deployment whose newest version is held back, from that of the one it has."""
    held = state in (BundleState.MODIFIED, BundleState.READY)
    return BundleState.OUT_OF_SYNC if held else state
