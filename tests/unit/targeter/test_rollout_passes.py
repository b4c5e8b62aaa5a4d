"""The acceptance scenarios D01 to D04: partitions, limits with Fleet's rounding, what one pass lets out."""

from typing import Any

import pytest
from pyroaring import BitMap

from fleet.targeter.domain.errors import TargetingError
from fleet.targeter.domain.limits import limit
from fleet.targeter.domain.matching import Criteria
from fleet.targeter.domain.order import NameOrder
from fleet.targeter.domain.passes import Pass, Present, all_passes, one_pass
from fleet.targeter.domain.strategy import Strategy


def nobody(_: Criteria) -> BitMap:
    return BitMap()


def numbered(count: int = 1000) -> NameOrder:
    """Clusters whose names are in the order of their numbers."""
    order = NameOrder(lambda number: (f"{number:06}", ""))
    for number in range(count):
        order.add(number)
    return order


ORDER = numbered()


def everybody(count: int) -> BitMap:
    return BitMap(range(count))


def parts(count: int, **strategy: Any) -> list[tuple[int, int]]:
    found = Strategy.parse(strategy).partitions(everybody(count), nobody, ORDER)
    return [(len(partition.members), partition.max_unavailable) for partition in found]


def present(count: int, **states: Any) -> Present:
    given = {name: BitMap(members) for name, members in states.items()}
    empty = {name: BitMap() for name in ("having", "current", "applied", "ready", "unavailable", "paused")}
    return Present(everybody(count), **(empty | given))


def a_pass(now: Present, **strategy: Any) -> Pass:
    parsed = Strategy.parse(strategy)
    return one_pass(parsed, parsed.partitions(now.everybody, nobody, ORDER), now, ORDER)


def test_d01_two_hundred_clusters_are_four_partitions_and_fewer_are_one() -> None:
    assert parts(200) == [(50, 50)] * 4
    assert parts(199) == [(199, 199)]
    assert parts(1000, autoPartitionSize="49%") == [(490, 490), (490, 490), (20, 20)]
    assert parts(230) == [(57, 57)] * 4 + [(2, 2)]
    assert parts(50, autoPartitionThreshold=50, autoPartitionSize="50%") == [(25, 25)] * 2
    assert parts(49, autoPartitionThreshold=50, autoPartitionSize="50%") == [(49, 49)]
    assert parts(1000, autoPartitionSize="10%", maxUnavailable="10%") == [(100, 10)] * 10
    assert parts(500, autoPartitionThreshold=0) == [(500, 500)]
    assert parts(500, autoPartitionSize=0) == [(500, 500)]
    assert parts(200, autoPartitionSize=100) == [(100, 100)] * 2


def test_d01_partitions_that_nobody_named_say_which_clusters_they_are() -> None:
    found = Strategy().partitions(everybody(200), nobody, ORDER)
    assert [partition.name for partition in found][:2] == ["Partition 0 - 50", "Partition 50 - 100"]
    assert [partition.name for partition in Strategy().partitions(everybody(3), nobody, ORDER)] == ["All"]


def test_d02_a_cluster_that_is_in_no_declared_partition_never_gets_the_bundle() -> None:
    strategy = Strategy.parse({"partitions": [{"name": "first", "clusterGroup": "a"}], "maxNew": 1000})
    found = strategy.partitions(everybody(100), lambda _: everybody(50), ORDER)
    assert [(partition.name, len(partition.members)) for partition in found] == [("first", 50)]
    assert one_pass(strategy, found, present(100), ORDER).created == everybody(50)


@pytest.mark.parametrize(("strategy", "created"), [({}, 50), ({"maxNew": 10}, 10), ({"maxNew": 0}, 0)])
def test_d03_so_many_get_a_bundle_for_the_first_time_in_one_pass(
    strategy: dict[str, int], created: int
) -> None:
    found = a_pass(present(100), **strategy)
    assert found.created == found.promoted == everybody(created)


def test_d03_the_next_pass_goes_on_with_the_next_ones() -> None:
    having = everybody(50)
    found = a_pass(present(100, having=having, current=having, unavailable=having))
    assert found.created == everybody(100) - having


@pytest.mark.parametrize(
    ("count", "value", "wanted"),
    [
        (10, "49%", 4),
        (5, "10%", 1),
        (10, "-10%", 1),
        (10, "150%", 10),
        (50, None, 50),
        (0, 15, 1),
        (-1, 15, 1),
        (4, "1%", 1),
        (4, "25%", 1),
        (4, "49%", 1),
        (4, "50%", 2),
        (4, 0, 0),
        (4, -3, 0),
        (4, 9, 4),
        (4, "9", 9),
        (1000, "0.1%", 1),
        (1000, "12.5%", 125),
        (10, "inf%", 1),
    ],
)
def test_d04_a_limit_is_rounded_as_in_fleet(count: int, value: Any, wanted: int) -> None:
    assert limit("maxUnavailable", count, value) == wanted


@pytest.mark.parametrize("value", ["5x", "", "-5", "x%", "1_0%", " 1%", True, 1.5])
def test_d04_what_is_no_number_and_no_share_is_an_error(value: Any) -> None:
    with pytest.raises(TargetingError, match="maxUnavailable"):
        limit("maxUnavailable", 10, value)


def test_the_first_limit_that_is_given_counts() -> None:
    assert limit("x", 10, None, 3, 7) == 3


def old(count: int, **states: Any) -> Present:
    """All have an older version and are ready, but for what is said."""
    return present(count, having=range(count), **states)


def test_a_new_version_goes_to_as_many_as_may_be_unavailable() -> None:
    found = a_pass(old(10), maxUnavailable=3)
    assert (found.promoted, found.unavailable, found.max_unavailable) == (everybody(3), 3, 3)


def test_those_that_are_unavailable_already_count_and_get_it_all_the_same() -> None:
    found = a_pass(old(10, unavailable=[7, 8, 9]), maxUnavailable=3)
    assert (found.promoted, found.unavailable) == (BitMap([7, 8, 9]), 3)


def test_a_partition_that_is_not_through_holds_up_those_behind_it() -> None:
    found = a_pass(old(200), maxUnavailable="10%")
    assert found.promoted == everybody(5)
    assert [partition.unavailable for partition in found.partitions] == [50, 0, 0, 0]
    assert found.unavailable_partitions == 1
    more = a_pass(old(200), maxUnavailable="10%", maxUnavailablePartitions=1)
    assert len(more.promoted) == 10
    assert more.unavailable_partitions == 2


def test_the_next_partition_begins_when_few_enough_of_the_one_before_are_missing() -> None:
    through = range(50)
    found = a_pass(old(200, current=through, applied=through, ready=range(200)), maxUnavailable="10%")
    assert found.promoted == BitMap(range(50, 55))


def test_paused_clusters_are_created_but_not_promoted_and_hold_up_what_is_behind_them() -> None:
    found = a_pass(present(3, paused=[0]))
    assert (found.created, found.promoted) == (everybody(3), BitMap([1, 2]))
    held = a_pass(old(200, paused=range(200)), maxUnavailable="10%")
    assert not held.promoted
    assert held.partitions[0].unavailable == 50


def test_a_limit_of_nobody_promotes_only_those_that_are_unavailable() -> None:
    found = a_pass(old(10, unavailable=[4]), maxUnavailable=0)
    assert found.promoted == BitMap([4])


def test_a_cluster_in_two_partitions_is_promoted_once() -> None:
    one = {"name": "a", "clusterSelector": {}}
    strategy = Strategy.parse({"partitions": [one, {**one, "name": "b"}], "maxUnavailable": 2})
    parted = strategy.partitions(everybody(4), lambda _: everybody(4), ORDER)
    found = one_pass(strategy, parted, old(4), ORDER)
    assert (found.promoted, found.unavailable) == (everybody(2), 2)


@pytest.mark.parametrize(
    ("strategy", "where"),
    [
        ({"maxUnavailable": "x"}, "rolloutStrategy.maxUnavailable"),
        ({"maxNew": "x"}, "rolloutStrategy.maxNew"),
        ({"partitions": "all"}, "rolloutStrategy.partitions"),
        ({"partitions": [{"clusterSelector": {"matchLabels": {"a": 1}}}]}, "partitions[0].clusterSelector"),
        ("fast", "rolloutStrategy"),
    ],
)
def test_a_strategy_that_cannot_be_read_is_named(strategy: Any, where: str) -> None:
    with pytest.raises(TargetingError) as found:
        Strategy.parse(strategy).partitions(everybody(2), nobody, ORDER)
    assert where in str(found.value)


def test_passes_follow_each_other_until_one_changes_nothing() -> None:
    def ends(now: Present, **strategy: Any) -> tuple[BitMap, Pass]:
        parsed = Strategy.parse(strategy)
        return all_passes(parsed, parsed.partitions(now.everybody, nobody, ORDER), now, ORDER)

    assert ends(present(1000))[0] == everybody(1000)
    assert ends(present(1000), maxNew=0)[0] == BitMap()
    promoted, last = ends(present(1000), maxUnavailable="10%")
    assert (promoted, last.unavailable, last.unavailable_partitions) == (everybody(250), 250, 1)
    assert ends(old(10), maxUnavailable=3)[0] == everybody(3)
    new_and_paused = present(5, having=range(4), paused=[4])
    assert ends(new_and_paused, maxUnavailable=1)[1].unavailable == 1
    assert ends(new_and_paused, maxUnavailable=1)[0] == BitMap()
    assert len(ends(new_and_paused, maxUnavailable=2)[0]) == 1
