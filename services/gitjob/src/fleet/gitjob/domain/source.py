"""The part `source` of a GitRepo's status: what the last look at git came to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fleet.events import Condition, ViewPart, timestamp
from fleet.gitjob.domain.watch import Watch

REFRESH = timedelta(seconds=60)
"""How old `lastPollingTriggered` may get while nothing else changes; each poll would be a write otherwise."""

_POLLED = "lastPollingTriggered"
_DETECTED = "detectedAt"


@dataclass(frozen=True, slots=True)
class Found:
    """The commit that a branch or revision stands at."""

    commit: str
    repo: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Why there is no commit; `accepted` is False where the GitRepo itself asks for what cannot work."""

    message: str
    accepted: bool = True


Outcome = Found | Failed


def source_view(watch: Watch, outcome: Outcome, *, now: datetime, before: ViewPart | None) -> ViewPart:
    """The status after a look that began at `now`; `before` is what stands there (of any uid).

    A failure keeps the commit that was found earlier; `detectedAt` is when it was found for the present
    generation, from which on the next hop's turn is. A condition keeps its time while it says the same.
    """
    mine = before if before is not None and before.uid == watch.uid else None
    status: dict[str, Any] = dict(mine.status) if mine else {}
    status[_POLLED] = timestamp(now)
    if isinstance(outcome, Found):
        if mine is None or not _is_old(watch, outcome, mine):
            status[_DETECTED] = timestamp(now)
        status |= {
            "commit": outcome.commit,
            "pollingCommit": outcome.commit,
            "gitJobStatus": "Current",
            "updateGeneration": watch.force,
        }
    else:
        status["gitJobStatus"] = "Failed"
    return ViewPart(
        kind="gitrepo",
        workspace=watch.key.workspace,
        name=watch.key.name,
        part="source",
        uid=watch.uid,
        observed_generation=watch.generation,
        status=status,
        conditions=tuple(_timed(_conditions(watch, outcome), mine, now)),
    )


def _is_old(watch: Watch, found: Found, before: ViewPart) -> bool:
    """Whether this commit was found before, for the same generation and forced sync."""
    last = (before.status.get("commit"), before.observed_generation, before.status.get("updateGeneration"))
    return last == (found.commit, watch.generation, watch.force) and _DETECTED in before.status


def is_due(view: ViewPart, before: ViewPart | None) -> bool:
    """Whether a view must be written: it says something else, or shows a look that is a minute younger."""
    if before is None:
        return True
    polled, last = view.status[_POLLED], before.status.get(_POLLED)
    if not view.same_as(before.model_copy(update={"status": {**before.status, _POLLED: polled}})):
        return True
    return last is None or _time(polled) - _time(last) >= REFRESH


def _conditions(watch: Watch, outcome: Outcome) -> Iterable[Condition]:
    failed = outcome if isinstance(outcome, Failed) else None
    refused = failed is not None and not failed.accepted
    yield _condition("Accepted", failed.message if failed and refused else "")
    if watch.polling or failed:
        yield _condition("GitPolling", failed.message if failed else "")


def _condition(kind: str, error: str) -> Condition:
    if error:
        return Condition(type=kind, status="False", reason="Error", message=error)
    return Condition(type=kind, status="True")


def _timed(conditions: Iterable[Condition], before: ViewPart | None, now: datetime) -> Iterable[Condition]:
    last = {condition.type: condition for condition in before.conditions} if before else {}
    for condition in conditions:
        same = last.get(condition.type)
        time = same.last_update_time if same else ""
        kept = condition.model_copy(update={"last_update_time": time})
        yield kept if kept == same else kept.model_copy(update={"last_update_time": timestamp(now)})


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
