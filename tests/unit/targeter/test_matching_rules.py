"""Rules of matching that the acceptance scenarios leave open (fleet.md 3.1 and 3.2, 12.2)."""

from support.targeting import Draft, World, a_cluster, a_group

DISPLAY = "management.cattle.io/cluster-display-name"


def world(*targets: dict, **spec: object) -> World:  # type: ignore[type-arg]
    found = World().clusters(
        a_cluster("one", {"env": "dev", DISPLAY: "Shown"}),
        a_cluster("two", {"env": "prod"}),
        a_cluster("three"),
    )
    found.put(a_group("devs", {"matchLabels": {"env": "dev"}}, {"tier": "low"}))
    found.put(a_group("empty", None, {"tier": "low"}))
    found.begin().deliver(Draft(targets=targets, **spec)).flush()
    return found


def test_a_target_without_conditions_matches_nothing() -> None:
    assert world({"name": "x"}).runs() == {}


def test_an_empty_selector_matches_every_cluster() -> None:
    assert set(world({"clusterSelector": {}}).runs()) == {"one", "two", "three"}


def test_a_cluster_is_found_by_its_name_and_by_the_name_that_it_shows() -> None:
    assert set(world({"clusterName": "two"}).runs()) == {"two"}
    assert set(world({"clusterName": "Shown"}).runs()) == {"one"}
    assert set(world({"clusterName": "other"}).runs()) == set()


def test_all_conditions_of_a_target_must_hold() -> None:
    by_both = {"clusterSelector": {"matchLabels": {"env": "dev"}}, "clusterName": "two"}
    assert world(by_both).runs() == {}


def test_a_group_without_a_selector_has_no_members() -> None:
    assert world({"clusterGroup": "empty"}).runs() == {}


def test_clusters_are_found_by_the_labels_of_their_groups() -> None:
    assert set(world({"clusterGroupSelector": {"matchLabels": {"tier": "low"}}}).runs()) == {"one"}


def test_a_cluster_without_groups_is_seen_as_in_a_group_without_name_and_labels() -> None:
    no_tier = {"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}
    assert set(world({"clusterGroupSelector": no_tier}).runs()) == {"two", "three"}


def test_the_first_target_that_matches_decides_even_if_it_says_do_not_deploy() -> None:
    found = world({"clusterName": "one", "doNotDeploy": True}, {"clusterSelector": {}})
    assert set(found.runs()) == {"two", "three"}


def test_without_restrictions_every_entry_is_a_regular_target() -> None:
    found = world({"clusterName": "one", "namespace": "a"}, {"clusterName": "two", "namespace": "b"})
    assert {name: found.options_on(name)["namespace"] for name in found.runs()} == {"one": "a", "two": "b"}


def test_a_restriction_narrows_the_targets() -> None:
    everywhere = {"clusterSelector": {}}
    found = world(everywhere, targetRestrictions=[{"clusterSelector": {"matchLabels": {"env": "dev"}}}])
    assert set(found.runs()) == {"one"}


def test_clusters_of_another_workspace_are_none_of_the_bundles() -> None:
    found = World().clusters(a_cluster("here"), a_cluster("there", workspace="other")).begin()
    found.deliver(Draft(targets=[{"clusterSelector": {}}])).flush()
    assert set(found.runs()) == {"here"}


def test_a_relabelled_cluster_moves_and_the_others_are_not_looked_at() -> None:
    found = world({"clusterSelector": {"matchLabels": {"env": "dev"}}})
    found.put(a_cluster("two", {"env": "dev"}))
    assert [w.manifest.cluster for w in found.flush()] == ["two"]
    found.put(a_cluster("one", {"env": "prod"}))
    assert [w.manifest.cluster for w in found.flush()] == ["one"]
    assert found.runs() == {"two": ["web"]}


def test_a_group_that_changes_moves_its_clusters() -> None:
    found = world({"clusterGroup": "devs"})
    assert set(found.runs()) == {"one"}
    found.put(a_group("devs", {"matchLabels": {"env": "prod"}}, {"tier": "low"})).flush()
    assert set(found.runs()) == {"two"}


def test_a_group_that_is_relabelled_moves_its_clusters() -> None:
    found = world({"clusterGroupSelector": {"matchLabels": {"tier": "low"}}})
    found.put(a_group("devs", {"matchLabels": {"env": "dev"}}, {"tier": "high"})).flush()
    assert found.runs() == {}


def test_a_new_cluster_gets_what_is_there_already() -> None:
    found = world({"clusterSelector": {}})
    found.clusters(a_cluster("four"))
    assert [w.manifest.cluster for w in found.flush()] == ["four"]
