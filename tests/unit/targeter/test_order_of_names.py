"""Clusters in the order of their names, whatever came when: against sorting them."""

from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from fleet.targeter.domain.order import NameOrder
from support.targeting import World, a_cluster

names = st.tuples(st.text("abc", min_size=1, max_size=3), st.sampled_from(("ws", "other")))


@settings(max_examples=200, deadline=None)
@given(
    named=st.lists(names, min_size=1, max_size=200, unique=True),
    steps=st.lists(st.lists(st.integers(0, 199), max_size=90), min_size=1, max_size=4),
    count=st.integers(-1, 60),
)
def test_the_first_and_the_parts_are_those_of_a_sorted_list(
    named: list[tuple[str, str]], steps: list[list[int]], count: int
) -> None:
    order = NameOrder(named.__getitem__)
    there = set[int]()
    for step in steps:
        for number in (number for number in step if number < len(named)):
            (order.remove if number in there else order.add)(number)
            there ^= {number}
        some = {number for number in there if number % 3}
        by_name = sorted(some, key=named.__getitem__)
        assert order.first(BitMap(some), count) == BitMap(by_name[: max(0, count)])
        assert order.cut(BitMap(some), 7) == [BitMap(by_name[n : n + 7]) for n in range(0, len(by_name), 7)]


def test_clusters_come_by_name_also_when_they_joined_late_or_came_again() -> None:
    found = World().clusters(a_cluster("c"), a_cluster("a")).begin()
    found.clusters(a_cluster("b"), a_cluster("a", deleted=True)).clusters(a_cluster("a", life=2))
    book = found.estate.clusters
    numbered = {name: cluster.ordinal for name in "abc" if (cluster := book.get(("fleet-default", name)))}
    everybody = BitMap(numbered.values())
    assert [list(part) for part in book.order.cut(everybody, 1)] == [[numbered[name]] for name in "abc"]
