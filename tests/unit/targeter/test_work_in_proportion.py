"""Work follows the change, never the size of the fleet or the number of bundles (invariant 6)."""

from typing import Any

import pytest

from fleet.targeter.domain import placement
from fleet.targeter.domain.turns import Turns
from support.reports import a_report
from support.targeting import Draft, World, a_cluster, a_group

ENV = {"clusterSelector": {"matchLabels": {"env": "dev"}}}
RING = {"clusterSelector": {"matchExpressions": [{"key": "ring", "operator": "Exists"}]}}
GROUP = {"clusterGroup": "devs"}
Looks = list[tuple[str, list[int] | None]]


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    """Which bundles were placed, and for which clusters (None for all)."""
    found: Looks = []
    place, stage = placement.place, placement.stage

    def seen_place(targeting: Any, index: Any, workspaces: Any, within: Any = None) -> Any:
        found.append((found.pop()[0], None if within is None else list(within)))
        return place(targeting, index, workspaces, within)

    def seen_stage(bundle: Any, *arguments: Any) -> None:
        found.append((bundle.record.bundle, None))
        stage(bundle, *arguments)

    monkeypatch.setattr(placement, "place", seen_place)
    monkeypatch.setattr("fleet.targeter.domain.estate.stage", seen_stage)
    return found


def world(looks: Looks) -> World:
    found = World().clusters(*(a_cluster(f"c{n}", {"env": "dev"}) for n in range(5)))
    found.put(a_group("devs", {"matchLabels": {"env": "dev"}})).begin()
    found.deliver(Draft("env", targets=[ENV]), Draft("ring", targets=[RING]), Draft("group", targets=[GROUP]))
    found.flush()
    looks.clear()
    return found


def number(found: World, name: str) -> int:
    cluster = found.estate.clusters.get(("fleet-default", name))
    assert cluster is not None
    return cluster.ordinal


def test_a_changed_label_is_a_matter_of_the_bundles_that_read_it_and_of_that_cluster(looks: Looks) -> None:
    found = world(looks)
    found.put(a_cluster("c3", {"env": "dev", "ring": "1"})).flush()
    assert looks == [("ring", [number(found, "c3")])]


def test_a_label_that_no_bundle_reads_is_nobodys_matter(looks: Looks) -> None:
    found = world(looks)
    found.put(a_cluster("c3", {"env": "dev", "colour": "red"}))
    assert found.flush() == []
    assert looks == []


def test_a_changed_bundle_is_its_own_matter(looks: Looks) -> None:
    found = world(looks)
    others = Draft("ring", targets=[RING]), Draft("group", targets=[GROUP])
    found.deliver(Draft("env", targets=[ENV], content="new"), *others).flush()
    assert looks == [("env", None)]


def test_a_changed_group_is_a_matter_of_those_that_name_groups_and_of_the_clusters_that_moved(
    looks: Looks,
) -> None:
    found = world(looks)
    found.put(a_cluster("c3", {"env": "dev", "odd": "yes"}))
    odd = {"matchExpressions": [{"key": "odd", "operator": "DoesNotExist"}]}
    found.put(a_group("devs", odd)).flush()
    assert looks == [("group", [number(found, "c3")])]


def test_a_new_cluster_is_looked_at_alone(looks: Looks) -> None:
    found = world(looks)
    found.clusters(a_cluster("c9", {"env": "dev"})).flush()
    assert sorted(looks) == [(name, [number(found, "c9")]) for name in ("env", "group", "ring")]


def test_a_report_asks_whose_turn_it_is_only_where_somebody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    found = World().clusters(*(a_cluster(f"c{n}", {"env": "dev"}) for n in range(3))).begin()

    def drafts(content: str) -> list[Draft]:
        one = {"maxUnavailable": 1}
        slow = [Draft(name, targets=[ENV], content=content, rolloutStrategy=one) for name in "ab"]
        return [*slow, Draft("fast", targets=[ENV], content=content)]

    found.deliver(*drafts("v1")).flush()
    found.all_ready().flush()
    found.deliver(drafts("v2")[0], *drafts("v1")[1:]).flush()
    asked: list[str] = []
    passes = Turns.passes

    def seen(turns: Turns, bundle: Any) -> Any:
        asked.append(bundle.record.bundle)
        return passes(turns, bundle)

    monkeypatch.setattr(Turns, "passes", seen)
    found.all_ready().flush()
    assert asked == ["a"]


def test_reports_place_nothing(looks: Looks) -> None:
    found = world(looks)
    found.put(*(a_report(manifest) for manifest in found.desired.values()))
    assert found.flush() == []
    assert looks == []
