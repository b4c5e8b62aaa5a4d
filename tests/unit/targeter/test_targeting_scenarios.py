"""The acceptance scenarios C01 to C11: who gets a bundle, and with which options."""

from typing import Any

from support.targeting import Draft, World, three_clusters


def values(replicas: str) -> dict[str, Any]:
    return {"helm": {"values": {"replicas": replicas}}}


def replicas(world: World) -> dict[str, str]:
    return {name: world.options_on(name)["helm"]["values"]["replicas"] for name in world.runs()}


GROUP_ALL = {"clusterGroup": "all"}
ONE, TWO = {"clusterGroup": "one"}, {"clusterGroup": "two"}


def with_customizations(*customizations: dict[str, Any], repo: dict[str, Any], **spec: Any) -> Draft:
    public = {key: value for key, value in repo.items() if key.startswith("cluster")}
    return Draft(targets=[*customizations, repo], restrictions=[public], **spec)


def test_c01_a_group_without_customization_gets_it_without_values_and_a_narrower_target_takes_it_away() -> (
    None
):
    world = three_clusters().deliver(Draft(targets=[GROUP_ALL], restrictions=[GROUP_ALL]))
    world.flush()
    assert world.runs() == {"one": ["web"], "two": ["web"], "three": ["web"]}
    assert all("values" not in world.options_on(name)["helm"] for name in world.runs())
    narrow = {"clusterName": "one"}
    world.deliver(Draft(targets=[narrow], restrictions=[narrow])).flush()
    assert world.runs() == {"one": ["web"]}


def test_c02_a_customization_for_all_replaces_the_values_of_the_repository_target() -> None:
    draft = with_customizations({**GROUP_ALL, **values("3")}, repo={**GROUP_ALL, **values("1")})
    world = three_clusters().deliver(draft)
    world.flush()
    assert replicas(world) == {"one": "3", "two": "3", "three": "3"}


def test_c03_each_cluster_gets_its_own_customization_and_the_rest_the_target() -> None:
    draft = with_customizations(
        {**ONE, **values("1")}, {**TWO, **values("2")}, repo={**GROUP_ALL, **values("4")}
    )
    world = three_clusters().deliver(draft)
    world.flush()
    assert replicas(world) == {"one": "1", "two": "2", "three": "4"}


def test_c04_the_first_matching_customization_wins() -> None:
    draft = with_customizations(
        {**ONE, **values("1")}, {**GROUP_ALL, **values("4")}, repo={**GROUP_ALL, **values("5")}
    )
    world = three_clusters().deliver(draft)
    world.flush()
    assert replicas(world) == {"one": "1", "two": "4", "three": "4"}


def test_c05_a_customization_deploys_nowhere_by_itself() -> None:
    draft = with_customizations({**GROUP_ALL, **values("2")}, repo={**ONE, **values("5")})
    world = three_clusters().deliver(draft)
    world.flush()
    assert replicas(world) == {"one": "2"}


def test_c06_do_not_deploy_for_all_means_none_and_a_ready_bundle() -> None:
    draft = with_customizations({**GROUP_ALL, "doNotDeploy": True}, repo=GROUP_ALL)
    world = three_clusters().deliver(draft)
    assert world.flush() == []
    assert world.view("bundle", "web")["ready"] == ("True", "", "")
    assert world.view("bundle", "web")["display"]["readyClusters"] == "0/0"


def test_c07_a_broad_customization_before_do_not_deploy_wins() -> None:
    draft = with_customizations(
        {**GROUP_ALL, **values("1")}, {**ONE, "doNotDeploy": True}, repo={**ONE, **values("5")}
    )
    world = three_clusters().deliver(draft)
    world.flush()
    assert replicas(world) == {"one": "1"}


def test_c08_do_not_deploy_that_comes_later_takes_it_from_that_cluster_only() -> None:
    one = {**ONE, **values("1")}
    repo = {**GROUP_ALL, **values("3")}
    world = three_clusters().deliver(with_customizations(one, repo=repo))
    world.flush()
    assert replicas(world) == {"one": "1", "two": "3", "three": "3"}
    written = world.deliver(with_customizations(one, {**TWO, "doNotDeploy": True}, repo=repo)).flush()
    assert replicas(world) == {"one": "1", "three": "3"}
    assert [writing.manifest.cluster for writing in written] == ["two"]


def test_c09_all_matches_merges_every_customization() -> None:
    draft = with_customizations(
        {**ONE, "helm": {"values": {"region": "us-west"}}},
        {**GROUP_ALL, "helm": {"values": {"env": "prod"}}},
        repo=GROUP_ALL,
        targetCustomizationMode="AllMatches",
    )
    world = three_clusters().deliver(draft)
    world.flush()
    found = {name: world.options_on(name)["helm"]["values"] for name in world.runs()}
    assert found["one"] == {"region": "us-west", "env": "prod"}
    assert found["two"] == found["three"] == {"env": "prod"}


def test_c10_all_matches_skips_a_cluster_for_which_one_of_them_says_do_not_deploy() -> None:
    draft = with_customizations(
        {**GROUP_ALL, **values("1")},
        {**ONE, "doNotDeploy": True},
        repo=GROUP_ALL,
        targetCustomizationMode="AllMatches",
    )
    world = three_clusters().deliver(draft)
    world.flush()
    assert replicas(world) == {"two": "1", "three": "1"}


def test_c11_an_invalid_selector_shows_as_an_error_until_it_is_corrected() -> None:
    bad = {"clusterSelector": {"matchExpressions": [{"key": "env", "operator": "Unknown", "values": ["x"]}]}}
    world = three_clusters().deliver(Draft(targets=[bad]))
    assert world.flush() == []
    status, reason, message = world.view("bundle", "web")["ready"]
    assert (status, reason) == ("False", "Error")
    assert "targeting error" in message
    assert "targets[0].clusterSelector" in message
    world.deliver(Draft(targets=[{"clusterSelector": {}}])).flush()
    world.all_ready()
    assert world.view("bundle", "web")["ready"] == ("True", "", "")
