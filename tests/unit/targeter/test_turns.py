"""A new version goes to the clusters whose turn it is, as reports come in; what is none goes out at once."""

import base64
from typing import Any

import pytest
from pyroaring import BitMap

from fleet.targeter.domain.readiness import Readiness
from fleet.targeter.domain.rollouts import rollout
from fleet.targeter.domain.states import BundleState
from support.reports import a_report, a_trouble
from support.targeting import Draft, World, a_cluster

EVERYWHERE = {"clusterSelector": {}}
NAMES = ("a", "b", "c", "d")
ONE = {"maxUnavailable": 1}


def draft(content: str, strategy: Any = None, **more: Any) -> Draft:
    return Draft(content=content, rolloutStrategy=strategy or ONE, **({"targets": [EVERYWHERE]} | more))


def ready_with(content: str, *names: str, strategy: Any = None) -> World:
    """Clusters that joined in the opposite order of their names; all are Ready with a version."""
    found = World().begin()
    for name in sorted(names or NAMES, reverse=True):
        found.clusters(a_cluster(name))
    found.deliver(draft(content, strategy)).flush()
    while found.all_ready().flush():
        pass
    return found


def contents(found: World) -> dict[str, str]:
    return {name: found.entry_on(name).content for name in sorted(found.desired)}


def having(found: World, content: str) -> str:
    return "".join(name for name, has in contents(found).items() if has == content)


def say(found: World, name: str, state: str = "") -> None:
    troubles = [a_trouble(found.entry_on(name), state)] if state else []
    found.put(a_report(found.desired[name], troubles=troubles)).flush()


def test_one_after_the_other_by_name_each_when_the_one_before_is_ready() -> None:
    found = ready_with("v1")
    found.deliver(draft("v2")).flush()
    for ready, told in (("a", "ab"), ("b", "abc"), ("c", "abcd")):
        assert having(found, "v2") == told[:-1]
        assert found.flush() == []
        say(found, ready)
        assert having(found, "v2") == told


@pytest.mark.parametrize("state", ["NotReady", "ErrApplied", "Pending", "WaitApplied"])
def test_a_cluster_that_fails_stops_the_rollout_until_it_is_ready(state: str) -> None:
    found = ready_with("v1")
    found.deliver(draft("v2")).flush()
    say(found, "a", state)
    assert having(found, "v2") == "a"
    say(found, "a")
    assert having(found, "v2") == "ab"


def test_what_somebody_modified_on_a_cluster_stops_nothing() -> None:
    found = ready_with("v1")
    found.deliver(draft("v2")).flush()
    say(found, "a", "Modified")
    assert having(found, "v2") == "ab"


def test_a_commit_that_mends_it_goes_first_to_those_that_failed() -> None:
    found = ready_with("v1")
    found.deliver(draft("v2")).flush()
    say(found, "a", "ErrApplied")
    found.deliver(draft("v3")).flush()
    assert contents(found) == {"a": "v3", "b": "v1", "c": "v1", "d": "v1"}
    say(found, "a")
    assert having(found, "v3") == "ab"


def test_who_is_away_counts_as_unavailable_and_gets_it_at_once() -> None:
    found = ready_with("v1")
    say(found, "c", "NotReady")
    found.deliver(draft("v2")).flush()
    assert having(found, "v2") == "c"


def test_clusters_that_are_new_get_it_however_few_may_be_unavailable() -> None:
    found = World().clusters(*(a_cluster(name) for name in NAMES)).begin()
    found.deliver(draft("v1")).flush()
    assert having(found, "v1") == "abcd"
    found.all_ready().flush()
    found.deliver(draft("v2")).flush()
    found.clusters(a_cluster("e")).flush()
    assert having(found, "v2") == "ae"


def test_none_is_created_where_no_new_ones_are_allowed() -> None:
    found = World().clusters(*(a_cluster(name) for name in NAMES)).begin()
    found.deliver(draft("v1", {"maxNew": 0}))
    assert found.flush() == []
    found.deliver(draft("v1", {"maxNew": 1})).flush()
    assert having(found, "v1") == "abcd"


def test_partitions_follow_each_other_and_the_rest_never_gets_it() -> None:
    strategy = {
        "partitions": [
            {"name": "late", "clusterName": "a", "maxUnavailable": 0},
            {"name": "two", "clusterSelector": {"matchLabels": {"ring": "2"}}, "maxUnavailable": 0},
        ]
    }
    found = World().clusters(*(a_cluster(name, {"ring": "2"} if name in "bc" else {}) for name in NAMES))
    found.begin().deliver(draft("v1", strategy)).flush()
    assert having(found, "v1") == "a"
    say(found, "a")
    assert having(found, "v1") == "abc"
    found.all_ready().flush()
    assert having(found, "v1") == "abc"
    found.put(a_cluster("d", {"ring": "2"})).flush()
    assert having(found, "v1") == "abcd"


def test_a_part_of_many_waits_for_the_parts_before_it() -> None:
    names = [f"c{n}" for n in range(8)]
    strategy = {"autoPartitionThreshold": 8, "autoPartitionSize": "25%", "maxUnavailable": "50%"}
    found = ready_with("v1", *names, strategy=strategy)
    found.deliver(draft("v2", strategy)).flush()
    assert having(found, "v2") == "c0"
    say(found, "c0")
    assert having(found, "v2") == "c0c1c2"
    say(found, "c1", "NotReady")
    assert having(found, "v2") == "c0c1c2"
    say(found, "c2")
    assert having(found, "v2") == "c0c1c2c3c4"


def test_what_deploys_nothing_anew_goes_to_everybody_at_once_and_keeps_them_available() -> None:
    found = ready_with("v1")
    patches = {"diff": {"comparePatches": [{"kind": "Service", "apiVersion": "v1"}]}}
    found.deliver(draft("v1", options=patches)).flush()
    assert all(found.options_on(name) == patches for name in NAMES)
    found.deliver(draft("v2", options=patches)).flush()
    assert having(found, "v2") == "a"


def test_a_cluster_that_was_not_ready_is_not_made_available_by_another_diff() -> None:
    found = ready_with("v1")
    say(found, "b", "NotReady")
    found.deliver(draft("v1", labels={"team": "x"})).flush()
    found.deliver(draft("v2", labels={"team": "x"})).flush()
    assert having(found, "v2") == "b"


def test_a_relabelled_cluster_waits_for_its_turn_and_an_untargeted_one_does_not() -> None:
    east = {"clusterSelector": {"matchLabels": {"region": "east"}}, "namespace": "east"}
    west = {"clusterSelector": {"matchLabels": {"region": "west"}}, "namespace": "west"}
    found = World().clusters(*(a_cluster(name, {"region": "east"}) for name in NAMES)).begin()
    found.deliver(draft("v1", targets=[east, west])).flush()
    found.all_ready().flush()
    for name in ("a", "b"):
        found.put(a_cluster(name, {"region": "west"})).flush()
    assert [found.options_on(name)["namespace"] for name in ("a",)] == ["west"]
    assert found.entry_on("b") == found.entry_on("c")
    found.put(a_cluster("b")).flush()
    assert "b" not in found.runs()
    say(found, "a")
    found.put(a_cluster("b", {"region": "west"})).flush()
    assert found.options_on("b")["namespace"] == "west"


def test_nothing_is_let_out_while_the_bundle_is_paused_and_turns_go_on_after_it() -> None:
    found = ready_with("v1")
    found.deliver(draft("v2")).flush()
    found.deliver(draft("v2", paused=True)).flush()
    found.all_ready().flush()
    assert having(found, "v2") == "a"
    assert all(found.entry_on(name).paused for name in NAMES)
    found.deliver(draft("v2")).flush()
    assert having(found, "v2") == "ab"
    assert not any(found.entry_on(name).paused for name in NAMES)


def test_a_cluster_that_leaves_makes_room_for_the_next() -> None:
    found = ready_with("v1")
    found.deliver(draft("v2")).flush()
    found.put(a_cluster("a", deleted=True)).flush()
    del found.desired["a"]
    assert having(found, "v2") == "b"


def test_after_a_restart_turns_go_on_from_what_clusters_were_told() -> None:
    found = ready_with("v1")
    found.deliver(draft("v2")).flush()
    later = found.again()
    assert later.flush() == []
    say(later, "a")
    assert having(later, "v2") == "ab"
    again = later.again()
    assert again.flush() == []
    assert having(again, "v2") == "ab"


@pytest.mark.parametrize(
    "strategy",
    [
        {"maxUnavailable": "many"},
        {"maxUnavailablePartitions": "x%"},
        {"maxNew": "5"},
        {"partitions": [{"clusterSelector": {"matchExpressions": [{"key": "a", "operator": "Like"}]}}]},
        {"partitions": [{"clusterName": "a", "maxUnavailable": "x"}]},
        {"autoPartitionSize": "x", "autoPartitionThreshold": 1},
        "fast",
    ],
)
def test_a_strategy_that_cannot_be_read_holds_the_bundle_and_says_so(strategy: Any) -> None:
    found = ready_with("v1")
    found.deliver(draft("v2", strategy)).flush()
    assert having(found, "v1") == "abcd"
    ready = found.view("bundle", "web")["ready"]
    assert ready[:2] == ("False", "Error")
    assert ready[2].startswith("targeting error: rolloutStrategy")
    found.deliver(draft("v3")).flush()
    assert having(found, "v3") == "a"


def test_a_bundle_without_a_strategy_goes_to_everybody_at_once() -> None:
    found = ready_with("v1")
    found.deliver(Draft(content="v2", targets=[EVERYWHERE])).flush()
    assert having(found, "v2") == "abcd"


def test_a_new_version_while_the_last_is_on_its_way_lets_nobody_else_out() -> None:
    found = ready_with("v1")
    found.deliver(draft("v2")).flush()
    found.deliver(draft("v3")).flush()
    assert contents(found) == {"a": "v3", "b": "v1", "c": "v1", "d": "v1"}


def test_whom_only_another_diff_was_given_stays_as_available_as_it_was() -> None:
    key = ("ws", "web")
    found = Readiness()
    found.put(key, 2, BundleState.NOT_READY)
    found.wait(key, BitMap([1, 2, 3]), BitMap([1, 2]))
    assert found.unavailable(key) == BitMap([2, 3])
    found.wait(key, BitMap([1]), BitMap([1]))
    assert found.unavailable(key) == BitMap([2, 3])
    found.put(key, 1, BundleState.ERR_APPLIED)
    found.put(key, 2, BundleState.READY)
    assert found.unavailable(key) == BitMap([1, 3])
    found.wait(key, BitMap([2]))
    assert found.unavailable(key) == BitMap([1, 2, 3])


def members(cohorts: Any) -> list[list[int]]:
    return [list(BitMap.deserialize(base64.b64decode(cohort.members))) for cohort in cohorts]


def test_what_is_said_of_a_rollout_names_who_has_what_and_who_waits() -> None:
    found = ready_with("v1", "a", "b", "c")
    key = ("fleet-default", "web")
    assert key not in found.estate.work.waves or found.estate.work.take_waves()
    found.deliver(draft("v2")).plan()
    said = rollout(found.estate, key, complete=False)
    assert said is not None
    numbers = {c.record.name: c.ordinal for c in found.estate.clusters}
    by_content = {cohort.content: members((cohort,))[0] for cohort in said.cohorts}
    assert by_content == {"v2": [numbers["a"]], "v1": sorted([numbers["b"], numbers["c"]])}
    assert [cohort.content for cohort in said.staged] == ["v2"]
    assert members(said.staged) == [sorted([numbers["b"], numbers["c"]])]
    assert found.estate.work.take_waves()[0] == {key}
    found.flush()
    say(found, "a")
    assert found.estate.work.take_waves()[0] == {key}


def test_who_restarts_knows_whom_only_another_diff_was_given() -> None:
    found = ready_with("v1")
    found.deliver(draft("v1", labels={"team": "x"})).flush()
    later = found.again()
    key = ("fleet-default", "web")
    assert later.estate.standing.readiness.unavailable(key) == BitMap()
    later.deliver(draft("v2")).flush()
    assert having(later, "v2") == "a"


def test_who_restarts_takes_nobody_for_available_that_has_another_deployment_to_apply() -> None:
    found = ready_with("v1")
    found.deliver(draft("v2")).flush()
    later = found.again()
    assert len(later.estate.standing.readiness.unavailable(("fleet-default", "web"))) == 1
