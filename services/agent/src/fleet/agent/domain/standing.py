"""Where one bundle stands on this cluster."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fleet.agent.domain.drift import Drift
from fleet.agent.domain.objects import Ref
from fleet.agent.domain.readiness import Summary
from fleet.events import ResourceReport

READY = "Ready"
NOT_READY = "NotReady"
MODIFIED = "Modified"
ERR_APPLIED = "ErrApplied"

MAX_RESOURCES = 10
"""How many objects that are not as they should be are spelled out, as in Fleet."""

MAX_MESSAGE = 1024
"""Characters of one message; the place where it is cut is marked."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What to tell about one bundle.

    `entry` is the digest of the manifest's entry that this is about, `applied` that of the entry which is
    deployed (empty for none), `deployment_id` what is deployed. `since` is a monotonic time in seconds;
    two standings that differ in it alone are equal.
    """

    entry: str
    applied: str
    deployment_id: str
    state: str
    message: str = ""
    resources: tuple[ResourceReport, ...] = ()
    since: float = field(default=0.0, compare=False)

    def following(self, last: "Standing | None") -> "Standing":
        """The same with the time since when its state has held, given the standing before."""
        if last is None or (last.state, last.entry) != (self.state, self.entry):
            return self
        return replace(self, since=last.since)


def observed(
    *,
    entry: str,
    deployment_id: str,
    summaries: Mapping[Ref, Summary],
    drifts: Sequence[Drift],
    now: float,
    note: str = "",
) -> Standing:
    """The standing of a bundle that is deployed, from a look at its objects (Fleet's order of states).

    Args:
        entry: the entry that is applied.
        deployment_id: what is deployed.
        summaries: how far each live object is.
        drifts: what is not as the release has it.
        now: monotonic time in seconds.
        note: what else people must know, such as why a correction did not help; it goes first.
    """
    unready = {ref: summary for ref, summary in sorted(summaries.items()) if not summary.ready}
    state = NOT_READY if unready else MODIFIED if drifts else READY
    texts = [note, *(f"{ref} {summary}" for ref, summary in unready.items()), *map(str, drifts)]
    message = next((text for text in texts if text), "")
    return Standing(
        entry=entry,
        applied=entry,
        deployment_id=deployment_id,
        state=state,
        message=shortened(message) if state != READY else "",
        resources=_resources(unready, drifts),
        since=now,
    )


def failed(*, entry: str, applied: str, deployment_id: str, state: str, message: str, now: float) -> Standing:
    """The standing of a bundle that could not be deployed, or not be looked at."""
    return Standing(
        entry=entry,
        applied=applied,
        deployment_id=deployment_id,
        state=state,
        message=shortened(message),
        since=now,
    )


def shortened(text: str) -> str:
    """Cut a text to MAX_MESSAGE characters."""
    stripped = text.strip()
    return stripped if len(stripped) <= MAX_MESSAGE else stripped[: MAX_MESSAGE - 1] + "…"


def _resources(unready: Mapping[Ref, Summary], drifts: Iterable[Drift]) -> tuple[ResourceReport, ...]:
    found = [_report(ref, summary.state, str(summary)) for ref, summary in unready.items()][:MAX_RESOURCES]
    found += [_report(drift.ref, drift.sort, drift.patch) for drift in drifts][:MAX_RESOURCES]
    return tuple(found)


def _report(ref: Ref, state: str, message: str) -> ResourceReport:
    return ResourceReport(
        api_version=ref.api_version,
        kind=ref.kind,
        namespace=ref.namespace,
        name=ref.name,
        state=state,
        message=shortened(message),
    )
