"""What Bundle, GitRepo and ClusterGroup show: scenarios D05, D06 and D08, and what is held back."""

import pytest

from fleet.events import ResourceReport
from support.reports import a_report, a_trouble
from support.targeting import Draft, World, a_cluster, a_group

EVERYWHERE = {"clusterSelector": {}}


def world(*names: str) -> World:
    return World().clusters(*(a_cluster(name, {"name": name}) for name in names)).begin()


def test_d05_one_ready_deployment() -> None:
    found = world("one").deliver(Draft(targets=[EVERYWHERE]))
    found.flush()
    found.all_ready()
    view = found.view("bundle", "web")
    assert view["summary"] == {"ready": 1, "desiredReady": 1}
    assert view["display"] == {"readyClusters": "1/1", "state": ""}
    assert view["ready"] == ("True", "", "")
    assert "resourceKey" not in view
    assert "hop" not in view


def test_d06_a_failed_installation_shows_until_the_spec_moves_on() -> None:
    found = world("one").deliver(Draft(targets=[EVERYWHERE]))
    found.flush()
    trouble = a_trouble(found.entry_on("one"), "NotReady", 'not installed: unknown field "spec.x"')
    found.put(a_report(found.desired["one"], troubles=[trouble]))
    view = found.view("bundle", "web")
    assert view["summary"]["notReady"] == 1
    assert view["ready"] == (
        "False",
        "",
        'NotReady(1) [Cluster fleet-default/one: not installed: unknown field "spec.x"]',
    )
    found.deliver(Draft(targets=[EVERYWHERE], content="new")).flush()
    view = found.view("bundle", "web")
    assert (view["summary"]["waitApplied"], "errApplied" in view["summary"]) == (1, False)
    assert view["ready"][2] == "WaitApplied(1) [Cluster fleet-default/one]"


def test_d08_a_repository_with_one_ready_bundle_and_then_with_none() -> None:
    found = world("one").deliver(Draft(targets=[EVERYWHERE]))
    found.flush()
    found.all_ready()
    view = found.view("gitrepo", "shop")
    assert (view["readyClusters"], view["desiredReadyClusters"], view["summary"]["ready"]) == (1, 1, 1)
    found.deliver().flush()
    view = found.view("gitrepo", "shop")
    assert view["display"]["readyBundleDeployments"] == "0/0"
    assert (view["readyClusters"], view["desiredReadyClusters"]) == (0, 0)
    assert view["ready"] == ("True", "", "")
    assert view["rollup"]["set"]["size"] == 0


def test_a_repository_names_the_set_that_is_acted_on() -> None:
    found = world("one").deliver(Draft("a", targets=[EVERYWHERE]), Draft("b", targets=[EVERYWHERE]))
    found.flush()
    acted = found.view("gitrepo", "shop")["rollup"]["set"]
    whole = next(iter(found.estate.bundles)).record.set
    assert acted == {"size": 2, "digest": whole.digest}


def test_a_repository_is_ready_when_all_bundles_are_on_all_clusters() -> None:
    found = world("one", "two").deliver(Draft("a", targets=[EVERYWHERE]), Draft("b", targets=[EVERYWHERE]))
    found.flush()
    found.put(a_report(found.desired["one"]))
    view = found.view("gitrepo", "shop")
    assert (view["readyClusters"], view["desiredReadyClusters"]) == (1, 2)
    assert view["display"]["readyBundleDeployments"] == "2/4"
    assert view["display"]["state"] == "WaitApplied"
    assert view["ready"][0] == "False"
    found.put(a_report(found.desired["two"]))
    assert found.view("gitrepo", "shop")["ready"] == ("True", "", "")


def test_a_repository_shows_the_targeting_error_of_its_bundle_and_the_others_go_on() -> None:
    bad = {"clusterSelector": {"matchExpressions": [{"key": "a", "operator": "Like"}]}}
    found = world("one").deliver(Draft("bad", targets=[bad]), Draft("good", targets=[EVERYWHERE]))
    found.flush()
    assert found.runs() == {"one": ["good"]}
    found.all_ready()
    status, reason, message = found.view("gitrepo", "shop")["ready"]
    assert (status, reason) == ("False", "Error")
    assert message.startswith("targeting error: targets[0].clusterSelector")
    assert found.view("bundle", "good")["ready"][0] == "True"
    assert found.view("gitrepo", "shop")["hop"]["hop"] == "targeter"


def test_what_runs_of_a_bundle_stays_while_its_targets_are_wrong() -> None:
    bad = {"clusterSelector": {"matchExpressions": [{"key": "a", "operator": "Like"}]}}
    found = world("one").deliver(Draft(targets=[EVERYWHERE]))
    found.flush()
    found.all_ready()
    assert found.deliver(Draft(targets=[bad], content="new")).flush() == []
    assert found.view("bundle", "web")["display"]["readyClusters"] == "1/1"
    later = found.again()
    assert later.flush() == []
    assert later.view("bundle", "web")["ready"][:2] == ("False", "Error")
    assert later.view("bundle", "web")["display"]["readyClusters"] == "1/1"


def test_options_that_are_not_stored_yet_hold_that_bundle_only() -> None:
    missing = Draft("a", targets=[EVERYWHERE], options={"namespace": "x"})
    found = world("one").deliver(missing, Draft("b", targets=[EVERYWHERE]))
    opened = found.opened.pop((missing.workspace, missing.options_digest()))
    found.flush()
    assert found.runs() == {"one": ["b"]}
    assert found.view("bundle", "a")["ready"] == ("False", "Error", "targeting error: it is not there")
    found.opened[missing.workspace, missing.options_digest()] = opened
    assert found.estate.retry_options()
    found.flush()
    assert found.runs() == {"one": ["a", "b"]}
    assert not found.estate.retry_options()


@pytest.mark.parametrize(
    ("broken", "where"),
    [
        (Draft("bad", targets=[{**EVERYWHERE, "helm": "secret"}]), "targets[0]"),
        (Draft("bad", targets=[EVERYWHERE], dependsOn={"name": "x"}), "dependsOn"),
    ],
)
def test_a_bundle_that_makes_no_sense_holds_itself_up_and_tells_no_value(broken: Draft, where: str) -> None:
    found = world("one").deliver(broken, Draft("good", targets=[EVERYWHERE]))
    found.flush()
    assert found.runs() == {"one": ["good"]}
    status, reason, message = found.view("bundle", "bad")["ready"]
    assert (status, reason) == ("False", "Error")
    assert message.startswith(f"targeting error: {where}")
    assert "secret" not in message


def test_a_group_counts_its_clusters_and_names_those_that_are_not_ready() -> None:
    found = world("one", "two", "three")
    found.put(
        a_group("some", {"matchExpressions": [{"key": "name", "operator": "NotIn", "values": ["two"]}]})
    )
    found.deliver(Draft(targets=[EVERYWHERE])).flush()
    found.put(a_report(found.desired["one"]))
    view = found.view("clustergroup", "some")
    assert (view["clusterCount"], view["nonReadyClusterCount"]) == (2, 1)
    assert view["nonReadyClusters"] == ["three"]
    assert view["display"] == {
        "readyClusters": "1/2 (three)",
        "readyBundles": "1/2",
        "state": "WaitApplied",
    }
    assert view["ready"][2] == "WaitApplied(1) [Bundle web]"
    found.all_ready()
    assert found.view("clustergroup", "some")["display"]["readyClusters"] == "2/2"


def test_a_group_whose_selector_is_wrong_says_so() -> None:
    found = world("one")
    found.put(a_group("some", {"matchExpressions": [{"key": "a", "operator": "Like"}]}))
    status, reason, message = found.view("clustergroup", "some")["ready"]
    assert (status, reason) == ("False", "Error")
    assert message.startswith("spec.selector")


def test_ten_examples_are_listed_in_the_order_of_their_names_and_all_are_counted() -> None:
    found = world(*(f"c{n:02}" for n in range(14))).deliver(Draft(targets=[EVERYWHERE]))
    found.flush()
    summary = found.view("bundle", "web")["summary"]
    names = [entry["name"] for entry in summary["nonReadyResources"]]
    assert names == [f"fleet-default/c{n:02}" for n in range(10)]
    assert summary["waitApplied"] == 14


def test_drift_shows_with_its_objects() -> None:
    found = world("one").deliver(Draft(targets=[EVERYWHERE]))
    found.flush()
    drift = ResourceReport(
        api_version="v1", kind="Service", namespace="ns", name="svc", state="modified", message='{"a":1}'
    )
    found.put(
        a_report(found.desired["one"], troubles=[a_trouble(found.entry_on("one"), "Modified", "", [drift])])
    )
    view = found.view("bundle", "web")
    assert view["ready"][2] == 'Modified(1) [Cluster fleet-default/one]; service.v1 ns/svc modified {"a":1}'
    assert view["display"]["state"] == "Modified"
    assert view["hop"]["hop"] == "cluster"
    assert found.view("gitrepo", "shop")["display"]["state"] == "Modified"


def test_a_paused_bundle_keeps_what_runs_and_shows_what_is_held_back() -> None:
    found = world("one").deliver(Draft(targets=[EVERYWHERE]))
    found.flush()
    found.all_ready()
    before = found.entry_on("one")
    found.deliver(Draft(targets=[EVERYWHERE], content="new", paused=True)).flush()
    entry = found.entry_on("one")
    assert entry.paused
    assert (entry.deployment_id, entry.content) == (before.deployment_id, before.content)
    found.all_ready()
    assert found.view("bundle", "web")["ready"][2] == "WaitApplied(1) [Cluster fleet-default/one]"
    assert found.view("gitrepo", "shop")["display"]["state"] == "OutOfSync"
    assert "paused" in found.view("bundle", "web")["hop"]["why"]
    found.clusters(a_cluster("two"))
    found.flush()
    assert set(found.runs()) == {"one"}
    assert found.view("bundle", "web")["display"]["readyClusters"] == "0/2"
    later = found.again()
    assert later.flush() == []
    later.deliver(Draft(targets=[EVERYWHERE], content="new")).flush()
    assert {later.entry_on(name).content for name in ("one", "two")} == {"new"}


def test_a_paused_bundle_that_changed_nothing_else_is_ready() -> None:
    found = world("one").deliver(Draft(targets=[EVERYWHERE]))
    found.flush()
    found.deliver(Draft(targets=[EVERYWHERE], paused=True)).flush()
    found.all_ready()
    assert found.view("bundle", "web")["ready"][0] == "True"


def test_a_paused_cluster_is_passed_over_while_the_others_go_on() -> None:
    found = world("one", "two").deliver(Draft(targets=[EVERYWHERE]))
    found.flush()
    found.all_ready()
    found.put(a_cluster("one", {"name": "one"}, paused=True)).flush()
    found.deliver(Draft(targets=[EVERYWHERE], content="new")).flush()
    assert {name: found.entry_on(name).content for name in ("one", "two")} == {"one": "c0ffee", "two": "new"}
    found.put(a_cluster("one", {"name": "one"})).flush()
    assert found.entry_on("one").content == "new"
    assert not found.entry_on("one").paused


def test_dependencies_are_data_for_the_agent() -> None:
    depends = [{"name": "db", "acceptedStates": ["Ready"]}, {"selector": {"matchLabels": {"a": "b"}}}]
    labels = {
        "app": "x",
        "objectset.rio.cattle.io/hash": "h",
        "fleet.cattle.io/commit": "c",
        "fleet.cattle.io/x": "y",
    }
    found = world("one").deliver(Draft(targets=[EVERYWHERE], dependsOn=depends, labels=labels))
    found.flush()
    entry = found.entry_on("one")
    assert list(entry.depends_on) == depends
    assert entry.labels == {
        "app": "x",
        "fleet.cattle.io/x": "y",
        "fleet.cattle.io/bundle-name": "web",
        "fleet.cattle.io/bundle-namespace": "fleet-default",
        "fleet.cattle.io/managed": "true",
    }
