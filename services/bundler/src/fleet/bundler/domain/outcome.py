"""How a reading ended, as the object's view says it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fleet.events import BundleSet, Condition, Owner, ViewPart


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an object is stalled: a reason in one word, and a message with the place and what to do."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the view is to say. Without a `set` the reading failed and what was read before still holds."""

    commit: str = ""
    commit_sequence: int = 0
    set: BundleSet | None = None
    refused: dict[str, Owner] = field(default_factory=dict)
    failure: Failure | None = None

    def reading(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """`status.reading`: the last commit whose bundles are published."""
        if self.set is None:
            return dict(before)
        found: dict[str, Any] = {
            "commit": self.commit,
            "commitSequence": self.commit_sequence,
            "set": self.set.model_dump(mode="json", by_alias=True),
        }
        if self.refused:
            found["refused"] = {name: f"{own.kind}/{own.name}" for name, own in self.refused.items()}
        return found


def refusal(refused: Mapping[str, Owner]) -> Failure | None:
    """The failure to show where names belong to other objects; None where there are no such names."""
    if not refused:
        return None
    names = ", ".join(f'"{name}" (of {owner.kind} {owner.name})' for name, owner in refused.items())
    several = len(refused) > 1
    return Failure(
        "NameTaken",
        f"the bundle name{'s' if several else ''} {names} {'are' if several else 'is'} taken; the other "
        "bundles of this repository are deployed. Give yours another name in fleet.yaml; "
        "it is read again when the name becomes free",
    )


def conditions(failure: Failure | None, before: ViewPart | None, now: str) -> tuple[Condition, ...]:
    """The conditions of a reading that is over; a time stays as long as what it belongs to does."""
    stalled = Condition(
        type="Stalled",
        status="True" if failure else "False",
        reason=failure.reason if failure else "",
        message=failure.message if failure else "",
    )
    fresh = (Condition(type="Reconciling", status="False"), stalled)
    known = {condition.type: condition for condition in (before.conditions if before else ())}
    return tuple(_timed(condition, known.get(condition.type), now) for condition in fresh)


def _timed(condition: Condition, before: Condition | None, now: str) -> Condition:
    if before and before.model_copy(update={"last_update_time": ""}) == condition:
        return before
    return condition.model_copy(update={"last_update_time": now})
