"""How far a rollout is: what a Bundle's status counts, and what those wait for whose turn has not come."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pyroaring import BitMap

from fleet.targeter.domain.bundles import Bundle
from fleet.targeter.domain.passes import PartitionPass, Pass
from fleet.targeter.domain.strategy import Partition
from fleet.targeter.domain.summaries import Summary
from fleet.targeter.domain.turns import Turns

SHOWN = 50
"""Of more partitions those are shown from the first on that is not through."""

_NEXT = "it goes on by itself when they are ready; a commit that mends what fails goes there first"

SummaryOf = Callable[[BitMap], Summary]
"""The summary of a bundle's deployments on some clusters."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why the newest version has not come to a cluster, and what has to happen."""

    why: str
    next: str


def progress(turns: Turns, bundle: Bundle, summary_of: SummaryOf) -> dict[str, Any]:
    """The fields of a Bundle's status that are about its rollout, as in Fleet (fleet.md 1.3)."""
    counted = turns.passes(bundle)[1]
    created = {"newlyCreated": len(counted.created)} if counted.created else {}
    return created | {
        "unavailable": counted.unavailable,
        "unavailablePartitions": counted.unavailable_partitions,
        "maxUnavailable": counted.max_unavailable,
        "maxUnavailablePartitions": counted.max_unavailable_partitions,
        "partitions": _partitions(turns, bundle, counted, summary_of),
    }


def _partitions(turns: Turns, bundle: Bundle, counted: Pass, summary_of: SummaryOf) -> list[dict[str, Any]]:
    """Fleet's PartitionStatus of each; like Fleet it leaves out what is 0."""
    through = next((n for n, part in enumerate(counted.partitions) if part.unavailable), 0)
    start = max(0, min(through, len(counted.partitions) - SHOWN))
    pairs = list(zip(counted.partitions, turns.partitions(bundle), strict=True))[start : start + SHOWN]
    found = []
    for part, partition in pairs:
        numbers = {
            "count": part.count,
            "maxUnavailable": part.max_unavailable,
            "unavailable": part.unavailable,
        }
        shown = {name: number for name, number in numbers.items() if number}
        found.append({"name": part.name, **shown, "summary": summary_of(partition.members).to_json()})
    return found


def waiting(turns: Turns, bundle: Bundle, ordinal: int) -> Waiting:
    """What a cluster waits for that is targeted, is not paused, and whose turn has not come."""
    partitions = turns.partitions(bundle)
    own = next((n for n, partition in enumerate(partitions) if ordinal in partition.members), None)
    if own is None:
        return Waiting(
            "no partition of the bundle's rolloutStrategy matches this cluster",
            "give it labels, or rolloutStrategy.partitions a partition, by which it is in one",
        )
    counted = bundle.counted
    if counted and (ahead := _holding_up(counted, own)):
        limit = f"{ahead.unavailable} of at most {ahead.max_unavailable} clusters of {ahead.name!r}"
        return Waiting(f"its turn has not come while {limit} are not up to date and ready", _NEXT)
    if bundle.strategy.max_new <= 0 and ordinal not in turns.having(bundle):
        return Waiting(
            "rolloutStrategy.maxNew lets no cluster have the bundle for the first time",
            "set rolloutStrategy.maxNew to more than 0",
        )
    return Waiting(_no_room(turns, bundle, partitions[own]), _NEXT)


def _holding_up(counted: Pass, own: int) -> PartitionPass | None:
    """The partition that used up the limit of partitions before that one's turn came."""
    over = 0
    for part in counted.partitions[:own]:
        over += part.unavailable > part.max_unavailable
        if over > counted.max_unavailable_partitions:
            return part
    return None


def _no_room(turns: Turns, bundle: Bundle, own: Partition) -> str:
    unavailable = turns.unavailable(bundle)
    limit, where = bundle.counted.max_unavailable if bundle.counted else 0, ""
    if len(unavailable) < limit:
        unavailable, limit, where = unavailable & own.members, own.max_unavailable, f" of {own.name!r}"
    first = f" (first {name})" if (name := turns.first_name(unavailable)) else ""
    count = len(unavailable)
    return f"its turn has not come while {count} of at most {limit} clusters{where} are unavailable{first}"
