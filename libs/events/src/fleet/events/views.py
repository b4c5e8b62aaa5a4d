"""Status in parts: each service writes its own part of an object's view, readers merge them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import Field

from fleet.events._base import Body, Event

Part = Literal["source", "reading", "rollup"]


class Condition(Body):
    """A Kubernetes condition; `last_update_time` is RFC 3339 in UTC."""

    type: str
    status: Literal["True", "False", "Unknown"]
    reason: str = ""
    message: str = ""
    last_update_time: str = ""


class ViewPart(Event):
    """One service's part of the status of an object.

    gitjob writes `source`, bundler `reading`, targeter `rollup`. `uid` is that of the object, so that a
    name made again inherits nothing; `observed_generation` is 0 where it has no meaning.
    """

    STREAM: ClassVar[str] = "VIEWS"
    SUBJECT: ClassVar[str] = "fleet.view.{kind}.{workspace}.{name}.{part}"

    kind: str
    workspace: str
    name: str
    part: Part
    uid: str
    observed_generation: int = 0
    status: dict[str, Any] = Field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()

    def same_as(self, other: "ViewPart | None") -> bool:
        """Whether the two say the same; times of conditions do not count."""
        return other is not None and _timeless(self) == _timeless(other)


def _timeless(part: ViewPart) -> ViewPart:
    bare = tuple(c.model_copy(update={"last_update_time": ""}) for c in part.conditions)
    return part.model_copy(update={"conditions": bare})


def deep_merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Merge two JSON objects; where both have an object the merge goes on, else `over` wins."""
    merged = dict(base)
    for key, value in over.items():
        there = merged.get(key)
        both = isinstance(there, Mapping) and isinstance(value, Mapping)
        merged[key] = deep_merge(there, value) if both else value  # type: ignore[arg-type]
    return merged


def merge_view(*, kind: str, uid: str, generation: int, parts: Iterable[ViewPart]) -> dict[str, Any]:
    """Put the status of an object together from the parts that belong to this uid.

    A GitRepo is Ready only where its present generation was polled and read, and where what the targeter
    rolled up is the set that was read; until then the condition says why not, and `hop` which hop is behind,
    since when, and what happens next. An error of an earlier hop stands before the roll-up, as what runs may
    be Ready while the newest commit is not read.
    """
    own = {part.part: part for part in parts if part.uid == uid}
    status: dict[str, Any] = {}
    conditions: dict[str, Condition] = {}
    for name in ("source", "reading", "rollup"):
        if part := own.get(name):
            status = deep_merge(status, part.status)
            conditions |= {condition.type: condition for condition in part.conditions}
    behind = _failed(conditions)
    if kind == "gitrepo":
        polled, read = (own[n].observed_generation if n in own else 0 for n in ("source", "reading"))
        status["observedGeneration"] = min(polled, read)
        behind = behind or _waiting(generation, polled, status)
        conditions.setdefault("Ready", Condition(type="Ready", status="Unknown", reason="Reconciling"))
    elif observed := max((part.observed_generation for part in own.values()), default=0):
        status["observedGeneration"] = observed
    if behind:
        status["hop"] = behind.to_json()
        conditions["Ready"] = behind.condition()
    status["conditions"] = [
        condition.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        for _, condition in sorted(conditions.items())
    ]
    return status


@dataclass(frozen=True, slots=True)
class _Behind:
    """An earlier hop that failed or has not come to its turn; `since` is RFC 3339, empty where unknown."""

    hop: str
    since: str
    why: str
    next: str
    reason: str = "Reconciling"

    def to_json(self) -> dict[str, str]:
        found = {"hop": self.hop, "since": self.since, "why": self.why, "next": self.next}
        return {key: value for key, value in found.items() if value}

    def condition(self) -> Condition:
        return Condition(
            type="Ready", status="False", reason=self.reason, message=self.why, last_update_time=self.since
        )


_FAILURES = (
    ("Accepted", "False", "gitjob", "it is looked at again by itself, and at once when it changes"),
    ("GitPolling", "False", "gitjob", "it is polled again, more and more rarely"),
    ("Stalled", "True", "bundler", "it is read again, more and more rarely; a new commit is read at once"),
)


_NEXT = {
    "ApprovalNeeded": "it goes on as soon as the commit is approved, or another one comes",
    "CommitGone": "gitjob was asked to look; the commit that it finds is read at once",
}
"""What happens next where the reason tells more than which hop it is."""


def _failed(conditions: Mapping[str, Condition]) -> _Behind | None:
    for name, bad, hop, next_step in _FAILURES:
        found = conditions.get(name)
        if found and found.status == bad:
            reason = found.reason or "Error"
            then = _NEXT.get(reason, next_step)
            return _Behind(hop, found.last_update_time, found.message, then, reason)
    return None


def _waiting(generation: int, polled: int, status: Mapping[str, Any]) -> _Behind | None:
    since, reading = status.get("detectedAt", ""), status.get("reading", {})
    if polled < generation:
        why = "waiting for the present generation to be polled"
        return _Behind("gitjob", "", why, "gitjob looks at the repository as soon as it runs")
    if status["observedGeneration"] < generation or status.get("commit") != reading.get("commit"):
        why = "waiting for the commit to be read"
        # Whether the bundler runs is not known here, nor how long the line before it is.
        turn = "it waits for its turn: while the bundler runs, it reads a few repositories at a time"
        return _Behind("bundler", since, why, turn)
    if reading.get("set") != status.get("rollup", {}).get("set"):
        why = "waiting for the bundles to be targeted"
        return _Behind("targeter", since, why, "the targeter writes what clusters run as soon as it leads")
    return None
