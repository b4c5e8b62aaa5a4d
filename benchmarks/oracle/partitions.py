"""One pass over the partitions of a bundle whose clusters are in given states."""

from typing import Any

from pyroaring import BitMap

from fleet.targeter.domain.index import ClusterFacts, ClusterIndex
from fleet.targeter.domain.matching import matching
from fleet.targeter.domain.order import NameOrder
from fleet.targeter.domain.passes import Present, one_pass
from fleet.targeter.domain.selectors import Operator, Requirement, Selector
from fleet.targeter.domain.strategy import Strategy

WORKSPACE = "fleet-default"

# By state: which of staged, set and applied are the new id, and whether it is ready.
STATES: dict[str, tuple[bool, bool, bool, bool]] = {
    "ready": (False, False, False, True),
    "current": (True, True, True, True),
    "notready": (True, True, True, False),
    "pending": (True, True, False, True),
    "staged": (True, False, False, True),
    "broken": (False, False, False, False),
}


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """What one pass decides and counts."""
    targets = asked.get("targets")
    if targets is None:
        targets = [{"name": f"c{n:04d}", "state": asked.get("state", "")} for n in range(asked["count"])]
    strategy = Strategy.parse(asked.get("rolloutStrategy") if targets else None)
    present = present_of(targets, paused=asked.get("paused") is True)
    index = indexed(targets)
    order = order_of(len(targets))
    partitions = strategy.partitions(
        present.everybody, lambda found: matching(found, index, [WORKSPACE]), order
    )
    found = one_pass(strategy, partitions, present, order)
    return {
        "partitions": [
            {
                "name": partition.name,
                "count": partition.count,
                "maxUnavailable": partition.max_unavailable,
                "unavailable": partition.unavailable,
            }
            for partition in found.partitions
        ],
        "maxUnavailable": found.max_unavailable,
        "unavailable": found.unavailable,
        "maxUnavailablePartitions": found.max_unavailable_partitions,
        "unavailablePartitions": found.unavailable_partitions,
        "newlyCreated": len(found.created),
        "created": [targets[place]["name"] for place in found.created],
        "promoted": [targets[place]["name"] for place in found.promoted],
    }


def order_of(count: int) -> NameOrder:
    """The order in which they are given."""
    order = NameOrder(lambda place: (f"{place:09}", ""))
    for place in range(count):
        order.add(place)
    return order


def present_of(targets: list[dict[str, Any]], *, paused: bool) -> Present:
    """The states as sets of places."""
    states = [STATES.get(target.get("state") or "") for target in targets]
    having = BitMap(n for n, state in enumerate(states) if state)
    current = BitMap(n for n, state in enumerate(states) if state and state[1])
    applied = BitMap(n for n, state in enumerate(states) if state and state[2])
    ready = BitMap(n for n, state in enumerate(states) if state and state[3])
    return Present(
        everybody=BitMap(range(len(targets))),
        having=having,
        current=current,
        applied=applied,
        ready=ready,
        unavailable=(having - ready) | (current ^ applied),
        paused=BitMap(n for n, target in enumerate(targets) if paused or target.get("paused") is True),
    )


def indexed(targets: list[dict[str, Any]]) -> ClusterIndex:
    """The clusters with their groups, which are given, not selected: a label of its own stands for each."""
    index = ClusterIndex()
    groups: dict[str, dict[str, str]] = {}
    for place, target in enumerate(targets):
        labels = dict(target.get("labels") or {})
        for group in target.get("clusterGroups") or ():
            name, own = group_of(group)
            groups.setdefault(name, own)
            labels[membership(name)] = ""
        index.put(ClusterFacts(place, WORKSPACE, target["name"], labels))
    for name, own in groups.items():
        selector = Selector((Requirement(membership(name), Operator.EXISTS),))
        index.put_group(WORKSPACE, name, labels=own, selector=selector)
    return index


def group_of(group: Any) -> tuple[str, dict[str, str]]:
    """Name and labels of a group that is given by its name, as an object or in short."""
    if isinstance(group, str):
        return group, {}
    metadata = group.get("metadata") or group
    return metadata["name"], dict(metadata.get("labels") or {})


def membership(group: str) -> str:
    """The label that stands for being in a group; no selector of an input can name it."""
    return f"\0{group}"
