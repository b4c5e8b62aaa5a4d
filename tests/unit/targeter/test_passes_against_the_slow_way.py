"""A pass over partitions against an obvious implementation that walks from deployment to deployment."""

from collections.abc import Iterable

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from fleet.targeter.domain import passes
from fleet.targeter.domain.passes import Present, one_pass
from fleet.targeter.domain.strategy import Partition, Strategy
from support.slow_rollout import NEW, Deployment, Group, Target, walk

ids = st.sampled_from(("old", NEW))
deployments = st.one_of(
    st.none(), st.builds(Deployment, ids, ids, st.sampled_from(("", "old", NEW)), st.booleans())
)
targets = st.lists(st.builds(Target, deployments, st.booleans()), min_size=1, max_size=200)
limits = st.integers(0, 5)


@st.composite
def situations(draw: st.DrawFn) -> tuple[list[Target], list[Group]]:
    found = draw(targets)
    places = st.lists(st.integers(0, len(found) - 1), unique=True).map(sorted)
    groups = draw(st.lists(st.builds(Group, places, limits), min_size=1, max_size=4))
    return found, groups


def seen(found: list[Target]) -> Present:
    def where(wanted: Iterable[bool]) -> BitMap:
        return BitMap(n for n, there in enumerate(wanted) if there)

    had = [target.deployment for target in found]
    return Present(
        everybody=BitMap(range(len(found))),
        having=where(d is not None for d in had),
        current=where(d is not None and d.current == NEW for d in had),
        applied=where(d is not None and d.applied == NEW for d in had),
        ready=where(d is not None and d.ready for d in had),
        unavailable=where(d is not None and d.unavailable for d in had),
        paused=where(target.paused for target in found),
    )


def compare(situation: tuple[list[Target], list[Group]], limit: int, groups_limit: int, max_new: int) -> None:
    found, groups = situation
    strategy = Strategy(
        max_unavailable=str(limit) if limit else 0,
        max_unavailable_partitions=str(groups_limit) if groups_limit else 0,
        max_new=max_new,
    )
    partitions = [Partition(str(n), BitMap(g.members), g.limit) for n, g in enumerate(groups)]
    ours = one_pass(strategy, partitions, seen(found))
    theirs = walk(found, groups, limit=limit, groups_limit=groups_limit, max_new=max_new)
    assert {
        "created": sorted(ours.created),
        "promoted": sorted(ours.promoted),
        "unavailable": ours.unavailable,
        "counts": [partition.unavailable for partition in ours.partitions],
        "unavailable_partitions": ours.unavailable_partitions,
    } == theirs


@settings(max_examples=500, deadline=None)
@given(situation=situations(), limit=limits, groups_limit=limits, max_new=st.integers(0, 20))
def test_a_pass_decides_what_walking_from_one_to_the_next_decides(
    situation: tuple[list[Target], list[Group]], limit: int, groups_limit: int, max_new: int
) -> None:
    compare(situation, limit, groups_limit, max_new)


def test_a_planted_fault_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = passes._through

    def faulty(partition: Partition, present: Present, found: passes.Pass, max_new: int) -> int:
        return right(partition, present, found, max_new + 1)

    monkeypatch.setattr(passes, "_through", faulty)

    @settings(max_examples=300, deadline=None, database=None, derandomize=True, phases=[Phase.generate])
    @given(situation=situations(), limit=limits, groups_limit=limits, max_new=st.integers(0, 20))
    def search(
        situation: tuple[list[Target], list[Group]], limit: int, groups_limit: int, max_new: int
    ) -> None:
        compare(situation, limit, groups_limit, max_new)

    with pytest.raises(AssertionError):
        search()
