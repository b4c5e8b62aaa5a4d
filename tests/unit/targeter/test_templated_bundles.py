"""The acceptance scenarios C12 to C18: templates, labels that redeploy, and bundles of other workspaces."""

from typing import Any

from fleet.targeter.domain.states import BundleState
from support.targeting import (
    WORKSPACE,
    Draft,
    World,
    a_cluster,
    a_resource,
    three_clusters,
)

EVERY = {"clusterSelector": {}}


def with_values(values: dict[str, Any], **more: Any) -> Draft:
    return Draft(targets=[EVERY], options={"helm": {"values": values, **more}})


def values_on(world: World, cluster: str) -> Any:
    return world.options_on(cluster)["helm"]["values"]


def labelled(world: World, name: str, labels: dict[str, str]) -> None:
    world.put(a_cluster(name, labels))
    world.flush()


def test_c13_a_template_that_fails_is_shown_as_in_fleet_and_the_other_clusters_go_on() -> None:
    world = World().clusters(a_cluster("one", {"foo": "1"}), a_cluster("two", {"other": "x"})).begin()
    world.deliver(with_values({"a": "${ .ClusterLabels.foo }"})).flush()
    assert world.runs() == {"one": ["web"]}
    world.all_ready()
    for kind, name in (("bundle", "web"), ("gitrepo", "shop")):
        view = world.view(kind, name)
        assert view["ready"] == (
            "False",
            "Error",
            "targeting error: cluster two in namespace fleet-default: failed to render helm values template:"
            ' template: values:1:20: executing "values" at <.ClusterLabels.foo>:'
            ' map has no entry for key "foo"',
        )
    assert world.view("bundle", "web")["display"]["readyClusters"] == "1/2"
    hop = world.view("bundle", "web")["hop"]
    assert (hop["hop"], hop["cluster"]) == ("targeter", "fleet-default/two")
    assert "map has no entry" in hop["why"]
    labelled(world, "two", {"other": "x", "foo": "2"})
    world.all_ready()
    assert values_on(world, "two") == {"a": 2}
    assert world.view("bundle", "web")["ready"] == ("True", "", "")
    assert world.view("gitrepo", "shop")["ready"] == ("True", "", "")


def test_c13_a_cluster_whose_template_fails_later_keeps_what_it_runs() -> None:
    world = World().clusters(a_cluster("one", {"foo": "1"}), a_cluster("two", {"foo": "2"})).begin()
    world.deliver(with_values({"a": "${ .ClusterLabels.foo }"})).flush()
    before = world.entry_on("two")
    labelled(world, "two", {"other": "x"})
    assert world.entry_on("two") == before
    assert world.view("bundle", "web")["ready"][1] == "Error"
    restarted = world.again()
    restarted.flush()
    assert restarted.runs() == {"one": ["web"], "two": ["web"]}
    assert restarted.view("bundle", "web")["ready"][1] == "Error"


def test_c14_values_and_keys_are_rendered_with_labels_and_template_values() -> None:
    cluster = a_cluster("local", {"name": "local", "envType": "dev"})
    cluster = cluster.model_copy(update={"spec": {"templateValues": {"list": ["alpha", "beta", "omega"]}}})
    world = World().clusters(cluster).begin()
    draft = with_values(
        {
            "clusterName": "${ .ClusterLabels.name }",
            "join": '${ .ClusterValues.list | join "," }',
            "element3_${ .ClusterLabels.envType }": "${ .ClusterLabels.name }",
        }
    )
    world.deliver(draft).flush()
    assert values_on(world, "local") == {
        "clusterName": "local",
        "join": "alpha,beta,omega",
        "element3_dev": "local",
    }


def test_c15_the_first_label_of_a_cluster_gives_a_new_deployment_id() -> None:
    world = World().clusters(a_cluster("one")).begin().deliver(Draft(targets=[EVERY]))
    world.flush()
    before = world.entry_on("one").deployment_id
    labelled(world, "one", {"fleet.cattle.io/shard-ref": "other", "foo": "bar"})
    assert world.entry_on("one").deployment_id != before
    world.all_ready()
    display = world.view("bundle", "web")["display"]
    assert (display["readyClusters"], display["state"]) == ("1/1", "")


def test_c15_a_further_label_that_nothing_looks_at_changes_nothing() -> None:
    world = World().clusters(a_cluster("one", {"a": "1"})).begin().deliver(Draft(targets=[EVERY]))
    world.flush()
    before = world.entry_on("one")
    labelled(world, "one", {"a": "2", "b": "3"})
    assert world.entry_on("one") == before


def test_c16_namespace_labels_of_targets_are_put_over_those_of_the_bundle() -> None:
    target = {**EVERY, "namespaceLabels": {"this.is/a": "test"}}
    world = three_clusters().deliver(Draft(targets=[target], options={"namespaceLabels": {"foo": "bar"}}))
    world.flush()
    for name in world.runs():
        assert world.options_on(name)["namespaceLabels"] == {"foo": "bar", "this.is/a": "test"}


def mapped(bundles: dict[str, Any], namespaces: dict[str, Any] | None = None) -> Any:
    spec = {
        "bundleSelector": {"matchLabels": bundles},
        "namespaceSelector": {
            "matchLabels": {"kubernetes.io/metadata.name": "other"} if namespaces is None else namespaces
        },
    }
    return a_resource("bundlenamespacemapping", "mapping", spec)


def two_workspaces() -> World:
    here, there = a_cluster("here", {"env": "dev"}), a_cluster("there", {"env": "dev"}, workspace="other")
    return World().clusters(here, there).begin()


def shared(**more: Any) -> Draft:
    return Draft(targets=[EVERY], labels={"app": "shared"}, **more)


def test_c17_a_bundle_goes_to_another_workspace_only_where_a_mapping_selects_both() -> None:
    world = two_workspaces()
    world.put(mapped({"app": "else"})).deliver(shared()).flush()
    assert world.runs() == {"here": ["web"]}
    world.put(mapped({"app": "shared"}, {"kubernetes.io/metadata.name": "third"})).flush()
    assert world.runs() == {"here": ["web"]}
    world.put(mapped({"app": "shared"})).flush()
    assert world.runs() == {"here": ["web"], "there": ["web"]}
    assert world.entry_on("there").namespace == WORKSPACE
    world.all_ready()
    assert world.view("bundle", "web")["display"]["readyClusters"] == "2/2"


def test_c17_a_mapping_that_ends_takes_the_bundle_away_and_a_new_workspace_gets_it() -> None:
    world = two_workspaces()
    world.put(mapped({"app": "shared"}, {})).deliver(shared()).flush()
    world.clusters(a_cluster("late", workspace="third")).flush()
    assert set(world.runs()) == {"here", "late", "there"}
    world.put(a_resource("bundlenamespacemapping", "mapping", deleted=True)).flush()
    assert set(world.runs()) == {"here"}


def test_c17_labels_of_a_cluster_in_a_mapped_workspace_count() -> None:
    world = two_workspaces().put(mapped({"app": "shared"}))
    wanted = {"clusterSelector": {"matchLabels": {"env": "prod"}}}
    world.deliver(Draft(targets=[wanted], labels={"app": "shared"})).flush()
    assert world.runs() == {}
    world.put(a_cluster("there", {"env": "prod"}, workspace="other")).flush()
    assert world.runs() == {"there": ["web"]}


def test_c17_a_mapping_without_one_of_its_selectors_or_with_a_bad_one_maps_nothing() -> None:
    bad = {"matchExpressions": [{"key": "a", "operator": "Odd"}]}
    for spec in ({"bundleSelector": {}}, {"namespaceSelector": {}}, {"bundleSelector": bad}):
        world = two_workspaces().put(a_resource("bundlenamespacemapping", "mapping", spec))
        world.deliver(shared()).flush()
        assert world.runs() == {"here": ["web"]}


def test_c18_the_plain_values_and_where_further_ones_come_from_reach_the_agent_apart() -> None:
    sources = [{"configMapKeyRef": {"name": "c"}}, {"secretKeyRef": {"name": "s"}}]
    world = three_clusters().deliver(with_values({"a": 1, "b": 2, "c": 3}, valuesFrom=sources))
    world.flush()
    helm = world.options_on("one")["helm"]
    assert helm["values"] == {"a": 1, "b": 2, "c": 3}
    assert helm["valuesFrom"] == sources


def test_clusters_with_equal_labels_share_one_entry() -> None:
    records = [a_cluster(f"c{n}", {"region": "eu" if n % 2 else "us", "n": str(n)}) for n in range(10)]
    world = World().clusters(*records).begin()
    world.deliver(with_values({"r": "${ .ClusterLabels.region }"})).flush()
    assert len({world.entry_on(f"c{n}").digest() for n in range(10)}) == 2
    assert [values_on(world, f"c{n}")["r"] for n in range(3)] == ["us", "eu", "us"]


def test_values_of_a_cluster_that_a_template_looks_at_change_its_options() -> None:
    world = World().clusters(a_cluster("one", {"a": "1"}), a_cluster("two", {"a": "1"})).begin()
    world.deliver(with_values({"x": '${ default "none" (get .ClusterAnnotations "x") }'})).flush()
    assert values_on(world, "one") == {"x": "none"}
    changed = a_cluster("one", {"a": "1"})
    metadata = changed.metadata.model_copy(update={"annotations": {"x": "z"}})
    world.put(changed.model_copy(update={"metadata": metadata}))
    assert [writing.cluster.record.name for writing in world.flush()] == ["one"]
    assert values_on(world, "one") == {"x": "z"}


def test_a_failed_cluster_is_counted_with_the_state_of_what_it_has() -> None:
    world = World().clusters(a_cluster("one", {"x": "1"})).begin()
    world.deliver(with_values({"a": "${ .ClusterLabels.foo }"})).flush()
    assert world.view("bundle", "web")["summary"]["desiredReady"] == 1
    assert world.view("bundle", "web")["display"]["state"] == BundleState.WAIT_APPLIED.value


def test_a_policy_and_a_restriction_are_put_over_what_a_bundle_says() -> None:
    world = three_clusters()
    world.put(a_resource("policy", "p", {"requireServiceAccount": True}))
    one = {"matchLabels": {"team": "a"}}
    world.put(a_resource("gitreporestriction", "r", {"allowedTargetNamespaceSelector": one}))
    draft = Draft(targets=[EVERY], labels={"fleet.cattle.io/repo-name": "shop"})
    world.deliver(draft).flush()
    options = world.options_on("one")
    assert options["createNamespace"] is False
    assert options["allowedTargetNamespaceSelector"] == one
    world.put(a_resource("policy", "q", {"allowNamespaceCreation": True})).flush()
    assert "createNamespace" not in world.options_on("one")


def of_a_helm_op(version: str) -> Draft:
    labels = {"fleet.cattle.io/fleet-helm-name": "op"}
    return Draft(targets=[EVERY], labels=labels, options={"helm": {"version": version}})


def test_c12_a_version_that_is_not_resolved_yet_is_not_deployed() -> None:
    for version in ("1.x.x", "^1.2.3", ">1", "1.2", "01.2.3"):
        world = three_clusters().deliver(of_a_helm_op(version))
        world.flush()
        assert world.runs() == {}
        status, reason, message = world.view("bundle", "web")["ready"]
        assert (status, reason) == ("False", "Error")
        assert "version cannot be deployed" in message
    for version in ("v1.2.3", "1.2.3-rc.1+build", ""):
        world = three_clusters().deliver(of_a_helm_op(version))
        world.flush()
        assert len(world.runs()) == 3
