"""Clusters and BundleDeployments as people see them, page by page, with the hop where something waits."""

from datetime import UTC, datetime

import pytest

from fleet.events import ResourceReport, timestamp
from fleet.targeter.domain.errors import InvalidQuestion
from fleet.targeter.domain.names import cluster_namespace
from fleet.targeter.domain.pages import answer
from support.reports import a_beat, a_report, a_trouble
from support.targeting import NOW, Draft, World, a_cluster

EVERYWHERE = {"clusterSelector": {}}


def world(*names: str, bundles: tuple[str, ...] = ("web",)) -> World:
    found = World().clusters(*(a_cluster(name, {"name": name}) for name in names)).begin()
    found.deliver(*(Draft(name, targets=[EVERYWHERE]) for name in bundles)).flush()
    return found


def cluster(found: World, name: str = "one") -> dict:  # type: ignore[type-arg]
    return answer(found.estate, "clusters", "fleet-default", {"name": name})["items"][0]  # type: ignore[no-any-return]


def deployment(found: World, name: str = "web") -> dict:  # type: ignore[type-arg]
    found_items = answer(found.estate, "bundledeployments", "_", {"name": name})["items"]
    return found_items[0]  # type: ignore[no-any-return]


def hop(found: World) -> dict:  # type: ignore[type-arg]
    return deployment(found)["status"]["hop"]  # type: ignore[no-any-return]


def test_a_cluster_has_the_fields_of_fleet() -> None:
    found = world("one", bundles=("a", "b"))
    found.all_ready()
    item = cluster(found)
    assert item["kind"] == "Cluster"
    assert item["metadata"]["labels"] == {"name": "one"}
    status = item["status"]
    assert status["namespace"] == cluster_namespace("fleet-default", "one")
    assert status["display"] == {"readyBundles": "2/2", "state": ""}
    assert status["summary"] == {"ready": 2, "desiredReady": 2}
    assert (status["readyGitRepos"], status["desiredReadyGitRepos"]) == (1, 1)
    assert (status["readyHelmOps"], status["desiredReadyHelmOps"]) == (0, 0)
    assert status["agent"]["lastSeen"].startswith("2027-01-15T")
    assert status["conditions"] == [{"type": "Ready", "status": "True"}]


def test_a_cluster_that_was_asked_for_shows_the_labels_it_got_afterwards() -> None:
    found = world("one")
    assert cluster(found)["metadata"]["labels"] == {"name": "one"}

    found.put(a_cluster("one", {"name": "one", "env": "prod"}))

    assert cluster(found)["metadata"]["labels"] == {"name": "one", "env": "prod"}
    everything = answer(found.estate, "clusters", "_", {})["items"]
    assert everything[0]["metadata"]["labels"] == {"name": "one", "env": "prod"}


def test_a_cluster_that_was_never_heard_of_waits_for_its_check_in() -> None:
    status = cluster(world("one"))["status"]
    assert status["agent"]["lastSeen"] is None
    assert status["display"]["state"] == "WaitCheckIn"
    assert status["conditions"][0]["status"] == "False"


def test_a_cluster_is_not_ready_while_a_bundle_is_not() -> None:
    found = world("one", bundles=("a", "b"))
    trouble = a_trouble(found.entry_on("one", "b"), "ErrApplied", "no chart")
    found.put(a_report(found.desired["one"], troubles=[trouble]))
    status = cluster(found)["status"]
    assert status["display"] == {"readyBundles": "1/2", "state": "ErrApplied"}
    assert status["conditions"][0]["message"] == "ErrApplied(1) [Bundle b: no chart]"
    assert status["readyGitRepos"] == 1
    assert status["hop"]["bundle"] == "b"


def test_a_deployment_stands_in_the_namespace_of_its_cluster_under_the_name_of_its_bundle() -> None:
    found = world("one")
    found.all_ready()
    item = deployment(found)
    assert item["kind"] == "BundleDeployment"
    assert item["metadata"]["name"] == "web"
    assert item["metadata"]["namespace"] == cluster_namespace("fleet-default", "one")
    assert item["metadata"]["labels"] == {
        "fleet.cattle.io/bundle-name": "web",
        "fleet.cattle.io/bundle-namespace": "fleet-default",
        "fleet.cattle.io/cluster": "one",
        "fleet.cattle.io/cluster-namespace": "fleet-default",
        "fleet.cattle.io/managed": "true",
    }
    wanted = found.entry_on("one").deployment_id
    assert item["spec"]["deploymentID"] == item["spec"]["stagedDeploymentID"] == wanted
    status = item["status"]
    assert status["appliedDeploymentID"] == wanted
    assert status["display"] == {"deployed": "True", "monitored": "True", "state": "Ready"}
    assert "hop" not in status


def test_a_deployment_on_its_way_still_has_what_was_applied_before() -> None:
    found = world("one")
    found.all_ready()
    before = found.entry_on("one").deployment_id
    found.deliver(Draft(targets=[EVERYWHERE], content="new")).flush()
    item = deployment(found)
    assert item["status"]["appliedDeploymentID"] == before
    assert item["spec"]["deploymentID"] == found.entry_on("one").deployment_id
    assert item["status"]["display"]["state"] == "WaitApplied"


def test_a_failed_deployment_shows_its_error_where_fleet_does() -> None:
    found = world("one")
    trouble = a_trouble(found.entry_on("one"), "ErrApplied", "no chart")
    found.put(a_report(found.desired["one"], applied=[], troubles=[trouble]))
    status = deployment(found)["status"]
    assert status["display"]["deployed"] == "Error: no chart"
    assert status["conditions"][0] == {
        "type": "Deployed",
        "status": "False",
        "reason": "Error",
        "message": "no chart",
    }


def test_drift_and_readiness_have_the_lists_of_fleet() -> None:
    found = world("one")
    missing = ResourceReport(api_version="v1", kind="Service", namespace="n", name="s", state="missing")
    slow = missing.model_copy(update={"kind": "Deployment", "name": "d", "state": "in-progress"})
    trouble = a_trouble(found.entry_on("one"), "NotReady", "", [missing, slow])
    found.put(a_report(found.desired["one"], troubles=[trouble]))
    status = deployment(found)["status"]
    assert status["modifiedStatus"] == [
        {"kind": "Service", "apiVersion": "v1", "namespace": "n", "name": "s", "missing": True}
    ]
    assert status["nonReadyStatus"][0]["name"] == "d"
    assert status["ready"] is False


def test_what_is_not_written_yet_waits_at_the_targeter() -> None:
    found = world("one")
    found.deliver(Draft(targets=[EVERYWHERE], content="new")).plan()
    assert hop(found)["hop"] == "targeter"


def test_what_the_agent_has_not_taken_waits_at_the_wake() -> None:
    found = world("one")
    assert (hop(found)["hop"], "never heard of" in hop(found)["why"]) == ("wake", True)
    found.put(a_beat(found.desired["one"], digest=""))
    assert "last heard of at 2027-" in hop(found)["why"]
    assert hop(found)["since"] == "2027-01-15T08:00:00Z"


def test_what_the_agent_has_and_did_not_report_waits_at_the_agent() -> None:
    found = world("one")
    found.put(a_beat(found.desired["one"]))
    assert hop(found)["hop"] == "agent"


def test_what_the_agent_cannot_apply_waits_at_the_agent_since_it_says_so() -> None:
    found = world("one")
    trouble = a_trouble(found.entry_on("one"), "ErrApplied", "no chart", seconds=3)
    found.put(a_report(found.desired["one"], applied=[], troubles=[trouble]))
    assert hop(found)["hop"] == "agent"
    assert hop(found)["why"] == "no chart"
    assert "tries again" in hop(found)["next"]
    assert hop(found)["since"] == timestamp(datetime.fromtimestamp(NOW + found.sequence - 3, UTC))


def test_what_is_applied_and_not_ready_waits_in_the_cluster() -> None:
    found = world("one")
    trouble = a_trouble(found.entry_on("one"), "NotReady", "deployment.apps n/d [progressing] 0 of 1")
    found.put(a_report(found.desired["one"], troubles=[trouble]))
    assert hop(found)["hop"] == "cluster"


@pytest.mark.parametrize(
    "state", ["ErrApplied", "WaitApplied", "Modified", "OutOfSync", "Pending", "NotReady"]
)
def test_whatever_is_not_ready_says_which_hop_since_when_why_and_what_next(state: str) -> None:
    found = world("one")
    found.put(a_report(found.desired["one"], troubles=[a_trouble(found.entry_on("one"), state, seconds=7)]))
    since = timestamp(datetime.fromtimestamp(NOW + found.sequence - 7, UTC))
    places = [hop(found), cluster(found)["status"]["hop"], found.view("bundle", "web")["hop"]]
    for told in [*places, found.view("gitrepo", "shop")["hop"]]:
        assert told["hop"] in ("agent", "cluster")
        assert told["since"] == since
        assert told["why"]
        assert told["next"]


def test_what_is_paused_is_listed_and_waits_at_the_targeter() -> None:
    found = World().clusters(a_cluster("one", paused=True)).begin()
    found.deliver(Draft(targets=[EVERYWHERE])).flush()
    item = deployment(found)
    assert item["spec"]["paused"] is True
    assert "deploymentID" not in item["spec"]
    assert item["spec"]["stagedDeploymentID"]
    assert item["status"]["hop"]["hop"] == "targeter"
    assert "paused" in item["status"]["hop"]["why"]


@pytest.mark.parametrize("kind", ["clusters", "bundledeployments"])
def test_pages_have_every_object_once_in_the_order_of_their_names(kind: str) -> None:
    names = [f"c{n:02}" for n in range(7)] + ["c0", "c0-a", "c0.a"]
    found = world(*names)
    seen: list[str] = []
    position = ""
    while True:
        page = answer(found.estate, kind, "_", {"limit": 3, "continue": position})
        assert page["total"] == len(names)
        assert len(page["items"]) <= 3
        seen += [
            item["metadata"]["labels"].get("fleet.cattle.io/cluster", item["metadata"]["name"])
            for item in page["items"]
        ]
        position = page["continue"]
        if not position:
            break
    assert seen == sorted(names)


def test_deployments_of_one_cluster_are_found_by_its_namespace() -> None:
    found = world("one", "two")
    namespace = cluster_namespace("fleet-default", "two")
    (item,) = answer(found.estate, "bundledeployments", namespace, {})["items"]
    assert item["metadata"]["namespace"] == namespace


def test_a_workspace_without_clusters_has_none() -> None:
    assert answer(world("one").estate, "clusters", "elsewhere", {}) == {
        "items": [],
        "continue": "",
        "total": 0,
    }


@pytest.mark.parametrize(("kind", "question"), [("secrets", {}), ("clusters", {"limit": "many"})])
def test_a_question_that_makes_no_sense_is_refused(kind: str, question: dict[str, str]) -> None:
    with pytest.raises(InvalidQuestion):
        answer(world("one").estate, kind, "_", question)
