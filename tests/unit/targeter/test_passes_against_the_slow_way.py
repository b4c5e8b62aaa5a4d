"""A pass over partitions against an obvious implementation that walks from deployment to deployment."""

from collections.abc import Iterable
from typing import cast

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from fleet.targeter.domain import passes
from fleet.targeter.domain.order import NameOrder
from fleet.targeter.domain.passes import Present, all_passes, one_pass
from fleet.targeter.domain.strategy import Partition, Strategy
from support.slow_rollout import NEW, Deployment, Group, Target, walk

ids = st.sampled_from(("old", NEW))
deployments = st.one_of(
    st.none(), st.builds(Deployment, ids, ids, st.sampled_from(("", "old", NEW)), st.booleans())
)
targets = st.lists(st.builds(Target, deployments, st.booleans()), min_size=1, max_size=200)
limits = st.integers(0, 5)
MOST = 200


situated = st.builds(
    Target, st.builds(Deployment, ids, ids, st.sampled_from(("", "old")), st.booleans()), st.booleans()
)
"""Deployments of which nobody says that they have a version that they were not told to run."""
new_or_old = st.lists(
    st.one_of(situated, st.builds(Target)),
    min_size=1,
    max_size=60,
)


@st.composite
def situations(
    draw: st.DrawFn, of: st.SearchStrategy[list[Target]] = targets
) -> tuple[list[Target], list[Group]]:
    found = draw(of)
    places = st.lists(st.integers(0, len(found) - 1), unique=True).map(sorted)
    groups = draw(st.lists(st.builds(Group, places, limits), min_size=1, max_size=4))
    return found, groups


def number(place: int) -> int:
    """The number of the cluster at a place in the order of names: the last one by name came first."""
    return MOST - place


def numbers(places: Iterable[int]) -> BitMap:
    return BitMap(number(place) for place in places)


ORDER = NameOrder(lambda ordinal: (f"{number(ordinal):06}", ""))
for ordinal in range(MOST + 1):
    ORDER.add(ordinal)


def seen(found: list[Target]) -> Present:
    def where(wanted: Iterable[bool]) -> BitMap:
        return numbers(n for n, there in enumerate(wanted) if there)

    had = [target.deployment for target in found]
    return Present(
        everybody=numbers(range(len(found))),
        having=where(d is not None for d in had),
        current=where(d is not None and d.current == NEW for d in had),
        applied=where(d is not None and d.applied == NEW for d in had),
        ready=where(d is not None and d.ready for d in had),
        unavailable=where(d is not None and d.unavailable for d in had),
        paused=where(target.paused for target in found),
    )


def read(limit: int, groups_limit: int, max_new: int) -> Strategy:
    return Strategy(
        max_unavailable=str(limit) if limit else 0,
        max_unavailable_partitions=str(groups_limit) if groups_limit else 0,
        max_new=max_new,
    )


def parted(groups: list[Group]) -> list[Partition]:
    return [Partition(str(n), numbers(g.members), g.limit) for n, g in enumerate(groups)]


def compare(situation: tuple[list[Target], list[Group]], limit: int, groups_limit: int, max_new: int) -> None:
    found, groups = situation
    ours = one_pass(read(limit, groups_limit, max_new), parted(groups), seen(found), ORDER)
    theirs = walk(found, groups, limit=limit, groups_limit=groups_limit, max_new=max_new)
    assert {
        "created": sorted(map(number, ours.created)),
        "promoted": sorted(map(number, ours.promoted)),
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


@settings(max_examples=500, deadline=None)
@given(situation=situations(new_or_old), limit=limits, groups_limit=limits, max_new=st.integers(0, 20))
def test_all_passes_end_where_walking_again_and_again_ends(
    situation: tuple[list[Target], list[Group]], limit: int, groups_limit: int, max_new: int
) -> None:
    found, groups = situation
    promoted, last = all_passes(read(limit, groups_limit, max_new), parted(groups), seen(found), ORDER)
    everybody = set[int]()
    while True:
        theirs = walk(found, groups, limit=limit, groups_limit=groups_limit, max_new=max_new)
        if not theirs["promoted"] and not theirs["created"]:
            break
        everybody |= set(cast("list[int]", theirs["promoted"]))
    assert set(map(number, promoted)) == everybody
    assert (last.unavailable, last.unavailable_partitions) == (
        theirs["unavailable"],
        theirs["unavailable_partitions"],
    )


def test_a_planted_fault_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = passes._through

    def faulty(
        partition: Partition, present: Present, found: passes.Pass, max_new: int, order: NameOrder
    ) -> int:
        return right(partition, present, found, max_new + 1, order)

    monkeypatch.setattr(passes, "_through", faulty)

    @settings(max_examples=300, deadline=None, database=None, derandomize=True, phases=[Phase.generate])
    @given(situation=situations(), limit=limits, groups_limit=limits, max_new=st.integers(0, 20))
    def search(
        situation: tuple[list[Target], list[Group]], limit: int, groups_limit: int, max_new: int
    ) -> None:
        compare(situation, limit, groups_limit, max_new)

    with pytest.raises(AssertionError):
        search()
