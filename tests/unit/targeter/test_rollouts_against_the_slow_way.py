"""Whole rollouts, event by event, against Fleet's passes walked from cluster to cluster."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from fleet.targeter.domain.turns import Turns
from support.reports import a_report, a_trouble
from support.slow_rollout import NEW, Deployment, Group, Target, walk
from support.targeting import Draft, World, a_cluster

EVERYWHERE = {"clusterSelector": {}}
STATES = ("Ready", "Ready", "Ready", "Modified", "NotReady", "Pending", "ErrApplied")
PASSES = 60

strategies = st.fixed_dictionaries(
    {
        "maxUnavailable": st.integers(0, 4),
        "maxUnavailablePartitions": st.integers(0, 2),
        "autoPartitionSize": st.integers(0, 4),
        "autoPartitionThreshold": st.integers(1, 6),
        "maxNew": st.sampled_from((0, 1, 50)),
    }
)
steps = st.one_of(
    st.tuples(st.just("commit"), strategies),
    st.tuples(st.just("report"), st.integers(0, 99), st.sampled_from(STATES)),
    st.tuples(st.just("report"), st.integers(0, 99), st.just("Ready")),
    st.tuples(st.sampled_from(("pause", "join", "leave")), st.integers(0, 99)),
    st.tuples(st.sampled_from(("diff", "restart"))),
)


class Slow:
    """What every cluster is told, has applied and how it is, as Fleet's controller would have it."""

    def __init__(self) -> None:
        self.latest = ""
        self.strategy: dict[str, int] = {}
        self.clusters: dict[str, Target] = {}
        self.counted: dict[str, Any] = {}

    def settle(self) -> None:
        """Pass after pass until one changes nothing."""
        for _ in range(PASSES):
            names = sorted(self.clusters)
            targets = [self._seen(self.clusters[name]) for name in names]
            most = self.strategy["maxUnavailable"]
            groups = self._groups(len(names))
            limit = min(self.strategy["maxUnavailablePartitions"], len(groups))
            self.counted = walk(
                targets,
                groups,
                limit=min(most, len(names)),
                groups_limit=limit,
                max_new=self.strategy["maxNew"],
            )
            if not self.counted["promoted"] and not self.counted["created"]:
                return
            for name, target in zip(names, targets, strict=True):
                self._take(self.clusters[name], target)
        raise AssertionError("the passes do not end")

    def told(self) -> dict[str, str]:
        return {name: t.deployment.current for name, t in self.clusters.items() if t.deployment}

    def _groups(self, count: int) -> list[Group]:
        size, most = self.strategy["autoPartitionSize"], self.strategy["maxUnavailable"]
        if size == 0 or count < self.strategy["autoPartitionThreshold"]:
            size = max(1, count)
        size = min(size, max(1, count))
        parts = [list(range(start, min(start + size, count))) for start in range(0, count, size)]
        return [Group(part, min(most, len(part))) for part in parts]

    def _seen(self, target: Target) -> Target:
        had = target.deployment
        if had is None:
            return Target(None, target.paused)
        current, applied = (NEW if found == self.latest else found for found in (had.current, had.applied))
        return Target(Deployment(NEW, current, applied, had.ready), target.paused)

    def _take(self, known: Target, after: Target) -> None:
        if after.deployment is None:
            return
        known.deployment = known.deployment or Deployment()
        if after.deployment.current == NEW:
            known.deployment.current = self.latest


class Both:
    """An estate and the slow way, to which the same things happen."""

    def __init__(self) -> None:
        self.world = World().begin()
        self.slow = Slow()
        self.number = 0
        self.labels: dict[str, str] = {}
        for name in ("m", "c", "x", "h", "s"):
            self._declare(name)

    def commit(self, strategy: dict[str, int]) -> None:
        self.number += 1
        self.slow.latest, self.slow.strategy = f"v{self.number}", strategy
        self._deliver()

    def diff(self) -> None:
        self.number += 1
        self.labels = {"number": str(self.number)}
        if self.slow.latest:
            self._deliver()

    def report(self, which: int, state: str) -> None:
        name = self._name(which)
        target = self.slow.clusters[name]
        if target.deployment is None or name not in self.world.desired:
            return
        entry = self.world.entry_on(name)
        troubles = [] if state == "Ready" else [a_trouble(entry, state)]
        self.world.put(a_report(self.world.desired[name], troubles=troubles))
        target.deployment.applied = "" if state == "ErrApplied" else target.deployment.current
        target.deployment.ready = state in ("Ready", "Modified")

    def pause(self, which: int) -> None:
        name = self._name(which)
        target = self.slow.clusters[name]
        if target.deployment:
            target.paused = not target.paused
            self.world.put(a_cluster(name, paused=target.paused))

    def join(self, which: int) -> None:
        name = f"{'abcdefghijklmnopqrstuvwxyz'[which % 26]}{self.number}{len(self.slow.clusters)}-{which}"
        if name not in self.slow.clusters and name not in self.world.desired:
            self._declare(name)

    def leave(self, which: int) -> None:
        if len(self.slow.clusters) > 1:
            name = self._name(which)
            del self.slow.clusters[name]
            self.world.put(a_cluster(name, deleted=True))

    def restart(self) -> None:
        self.world = self.world.again()

    def compare(self) -> None:
        while self.world.flush():
            pass
        if not self.slow.latest:
            return
        self.slow.settle()
        told = {name: self.world.entry_on(name).content for name in self.slow.clusters if self._told(name)}
        assert told == self.slow.told()
        view = self.world.view("bundle", "web")
        assert {
            "unavailable": view["unavailable"],
            "counts": [part.get("unavailable", 0) for part in view["partitions"]],
            "unavailable_partitions": view["unavailablePartitions"],
        } == {name: self.slow.counted[name] for name in ("unavailable", "counts", "unavailable_partitions")}

    def _told(self, name: str) -> bool:
        return name in self.world.desired and bool(self.world.desired[name].entries)

    def _name(self, which: int) -> str:
        names = sorted(self.slow.clusters)
        return names[which % len(names)]

    def _declare(self, name: str) -> None:
        self.slow.clusters[name] = Target()
        self.world.clusters(a_cluster(name))

    def _deliver(self) -> None:
        draft = Draft(
            content=self.slow.latest,
            targets=[EVERYWHERE],
            labels=self.labels,
            rolloutStrategy=self.slow.strategy,
        )
        self.world.deliver(draft)


def happens(what: list[tuple[Any, ...]]) -> None:
    both = Both()
    for name, *arguments in what:
        do: Callable[..., None] = getattr(both, name)
        do(*arguments)
        both.compare()


first = st.tuples(st.just("commit"), strategies).map(lambda step: [step])


@settings(max_examples=200, deadline=None)
@given(begin=first, what=st.lists(steps, max_size=25))
def test_whatever_happens_those_are_told_who_are_told_by_walking(
    begin: list[tuple[Any, ...]], what: list[tuple[Any, ...]]
) -> None:
    happens(begin + what)


def test_a_planted_fault_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Turns, "unavailable", lambda *_: BitMap())
    one = {"maxUnavailable": 1, "maxUnavailablePartitions": 0, "autoPartitionSize": 0}
    one |= {"autoPartitionThreshold": 1, "maxNew": 50}
    ready = [("report", number, "Ready") for number in range(5)]
    with pytest.raises(AssertionError):
        happens([("commit", one), *ready, ("commit", one)])
