"""What a Bundle shows of its rollout: Fleet's fields, and for each cluster that waits what it waits for."""

from typing import Any

from fleet.targeter.domain.pages import answer
from support.reports import a_report, a_trouble
from support.targeting import Draft, World, a_cluster

EVERYWHERE = {"clusterSelector": {}}
HALVES = {"autoPartitionThreshold": 4, "autoPartitionSize": "50%", "maxUnavailable": "50%"}


def world(*names: str, **labels: dict[str, str]) -> World:
    return World().clusters(*(a_cluster(name, labels.get(name)) for name in names)).begin()


def deliver(found: World, content: str, strategy: Any = None) -> None:
    given = {} if strategy is None else {"rolloutStrategy": strategy}
    found.deliver(Draft(content=content, targets=[EVERYWHERE], **given)).flush()


def settle(found: World) -> None:
    while found.all_ready().flush():
        pass


def numbers(found: World) -> dict[str, Any]:
    names = ("unavailable", "unavailablePartitions", "maxUnavailable", "maxUnavailablePartitions")
    view = found.view("bundle", "web")
    return {name: view[name] for name in names}


def deployment(found: World, cluster: str) -> Any:
    items = answer(found.estate, "bundledeployments", "_", {"name": "web"})["items"]
    return next(item for item in items if item["metadata"]["labels"]["fleet.cattle.io/cluster"] == cluster)


def test_a_bundle_without_a_strategy_is_one_partition_of_which_all_may_be_unavailable() -> None:
    found = world("a", "b")
    deliver(found, "v1")
    view = found.view("bundle", "web")
    wanted = {"unavailablePartitions": 0, "maxUnavailable": 2, "maxUnavailablePartitions": 0}
    assert numbers(found) == {**wanted, "unavailable": 2}
    (part,) = view["partitions"]
    assert part == {
        "name": "All",
        "count": 2,
        "maxUnavailable": 2,
        "unavailable": 2,
        "summary": view["summary"],
    }
    settle(found)
    view = found.view("bundle", "web")
    assert numbers(found) == {**wanted, "unavailable": 0}
    summary = {"desiredReady": 2, "ready": 2}
    assert view["partitions"] == [{"name": "All", "count": 2, "maxUnavailable": 2, "summary": summary}]


def test_partitions_show_how_far_each_is() -> None:
    found = world("a", "b", "c", "d")
    deliver(found, "v1", HALVES)
    settle(found)
    deliver(found, "v2", HALVES)
    view = found.view("bundle", "web")
    assert numbers(found) == {
        "unavailable": 1,
        "unavailablePartitions": 1,
        "maxUnavailable": 2,
        "maxUnavailablePartitions": 0,
    }
    first, second = view["partitions"]
    assert (first["name"], first["count"], first["unavailable"]) == ("Partition 0 - 2", 2, 2)
    assert (second["name"], second["maxUnavailable"], second.get("unavailable")) == (
        "Partition 2 - 4",
        1,
        None,
    )
    assert [entry["name"] for entry in first["summary"]["nonReadyResources"]] == [
        "fleet-default/a",
        "fleet-default/b",
    ]
    assert first["summary"]["desiredReady"] == 2


def test_who_waits_for_a_new_version_is_out_of_sync_and_waiting_on_the_bundle() -> None:
    found = world("a", "b", "c")
    deliver(found, "v1", {"maxUnavailable": 1})
    settle(found)
    deliver(found, "v2", {"maxUnavailable": 1})
    found.put(a_report(found.desired["a"], troubles=[a_trouble(found.entry_on("a"), "NotReady")])).flush()
    assert found.view("bundle", "web")["summary"]["waitApplied"] == 2
    assert found.view("gitrepo", "shop")["summary"]["outOfSync"] == 2
    item = deployment(found, "b")
    assert item["status"]["display"]["state"] == "OutOfSync"
    assert item["spec"]["stagedDeploymentID"] != item["spec"]["deploymentID"]
    hop = item["status"]["hop"]
    assert hop["hop"] == "targeter"
    assert "1 of at most 1 clusters are unavailable (first a)" in hop["why"]
    assert hop["next"]


def test_who_never_had_the_bundle_is_pending() -> None:
    found = world("a", "b", "c", "d")
    deliver(found, "v1", HALVES)
    view = found.view("bundle", "web")
    assert (view["summary"]["pending"], view["summary"]["waitApplied"]) == (2, 2)
    assert found.view("gitrepo", "shop")["summary"]["pending"] == 2
    item = deployment(found, "d")
    assert item["status"]["display"]["state"] == "Pending"
    assert item["status"]["ready"] is False
    assert "deploymentID" not in item["spec"]
    assert "2 of at most 1 clusters of 'Partition 0 - 2'" in item["status"]["hop"]["why"]
    settle(found)
    assert found.view("bundle", "web")["ready"][0] == "True"


def test_who_is_in_no_partition_and_who_may_not_be_new_is_told_so() -> None:
    found = world("a", "b")
    deliver(found, "v1", {"partitions": [{"name": "first", "clusterName": "a"}]})
    settle(found)
    assert "no partition" in deployment(found, "b")["status"]["hop"]["why"]
    assert found.view("bundle", "web")["ready"][2] == "Pending(1) [Cluster fleet-default/b]"
    none = world("a")
    deliver(none, "v1", {"maxNew": 0})
    assert "maxNew" in deployment(none, "a")["status"]["hop"]["why"]


def test_a_view_follows_what_the_limits_let_through() -> None:
    found = world("a", "b", "c")
    deliver(found, "v1", {"maxUnavailable": 1})
    settle(found)
    deliver(found, "v2", {"maxUnavailable": 1})
    key = ("bundle", "fleet-default", "web")
    found.estate.work.views.clear()
    found.put(a_report(found.desired["a"])).plan()
    assert key in found.estate.work.views
    found.estate.work.views.clear()
    found.plan()
    assert key not in found.estate.work.views


def test_what_is_wrong_stands_once_in_a_status_and_not_in_each_partition() -> None:
    found = world("a")
    deliver(found, "v1")
    trouble = a_trouble(found.entry_on("a"), "ErrApplied", "no such image")
    found.put(a_report(found.desired["a"], troubles=[trouble]))
    view = found.view("bundle", "web")
    assert view["summary"]["nonReadyResources"][0]["message"] == "no such image"
    listed = view["partitions"][0]["summary"]["nonReadyResources"]
    assert listed == [{"name": "fleet-default/a", "bundleState": "ErrApplied"}]


def test_of_very_many_partitions_those_are_shown_that_are_not_through() -> None:
    found = world(*(f"c{n:03}" for n in range(120)))
    each = {"autoPartitionThreshold": 1, "autoPartitionSize": 1}
    deliver(found, "v1", each)
    view = found.view("bundle", "web")
    assert [view["partitions"][n]["name"] for n in (0, -1)] == ["Partition 0 - 1", "Partition 49 - 50"]
    ready = [found.desired[f"c{n:03}"] for n in range(50)]
    found.put(*(a_report(manifest) for manifest in ready)).flush()
    shown = found.view("bundle", "web")["partitions"]
    assert [shown[n]["name"] for n in (0, -1)] == ["Partition 50 - 51", "Partition 99 - 100"]
