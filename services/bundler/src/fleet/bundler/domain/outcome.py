"""How a reading ended, as the object's view says it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fleet.bundler.domain.warnings import ReadWarning
from fleet.events import BundleSet, Condition, Owner, ViewPart

SHOWN_WARNINGS = 10
"""How many of a reading's warnings an object shows; the others are counted."""

SHOWN_REFUSED = 20
"""How many of the refused names an object lists with their owners; the others are counted."""

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an object is stalled: a reason in one word, and a message with the place and what to do."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the view is to say. Without a `set` the reading failed and what was read before still holds.

    `waiting` says what waits for an approval (the commit, and how many bundles of how many it removes),
    `skipped` names a commit that was gone before it could be read.
    """

    commit: str = ""
    commit_sequence: int = 0
    set: BundleSet | None = None
    refused: dict[str, Owner] = field(default_factory=dict)
    failure: Failure | None = None
    warnings: tuple[ReadWarning, ...] = ()
    waiting: Mapping[str, Any] = field(default_factory=dict)
    skipped: str = ""

    def reading(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """`status.reading`: the last commit whose bundles are published, and what there is to say of others.

        A commit that was skipped is named until another one is.
        """
        found = self._published() if self.set else {key: before[key] for key in before if key != "waiting"}
        if skipped := self.skipped or before.get("skipped"):
            found["skipped"] = skipped
        return found | ({"waiting": dict(self.waiting)} if self.waiting else {})

    def _published(self) -> dict[str, Any]:
        assert self.set is not None
        found: dict[str, Any] = {
            "commit": self.commit,
            "commitSequence": self.commit_sequence,
            "set": self.set.model_dump(mode="json", by_alias=True),
        }
        if self.refused:
            found["refused"] = {name: f"{own.kind}/{own.name}" for name, own in self._shown_refused()}
            if (more := len(self.refused) - SHOWN_REFUSED) > 0:
                found["refusedMore"] = more
        if self.warnings:
            shown = sorted(map(str, self.warnings))[:SHOWN_WARNINGS]
            found["warnings"] = {"count": sum(one.count for one in self.warnings), "first": shown}
        return found

    def _shown_refused(self) -> list[tuple[str, Owner]]:
        return sorted(self.refused.items(), key=lambda item: item[0])[:SHOWN_REFUSED]


def some_of(names: Sequence[str]) -> str:
    """The first of these names, and how many more there are: `a, b and 3 more`."""
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def refusal(refused: Mapping[str, Owner]) -> Failure | None:
    """The failure to show where names belong to other objects; None where there are no such names."""
    if not refused:
        return None
    names = some_of([f'"{name}" (of {owner.kind} {owner.name})' for name, owner in sorted(refused.items())])
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
