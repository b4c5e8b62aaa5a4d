"""The acceptance scenarios D07, D10 and D11: repositories on a cluster, and bundles that wait for others."""

from collections.abc import Mapping
from typing import Any

import pytest

from fleet.agent.domain.dependencies import check_dependencies
from fleet.agent.domain.errors import Waiting
from fleet.agent.domain.plan import BundleKey
from fleet.events import Entry, Owner
from fleet.targeter.domain.objects import Objects
from support.reports import a_report, a_trouble
from support.targeting import WORKSPACE, Draft, World, a_cluster, a_resource, uid_of, whole_set

EVERY = {"clusterSelector": {}}
ROOT = {"selector": {"matchLabels": {"role": "root"}}}


def waits(world: World, states: Mapping[str, str]) -> str:
    """What the agent of cluster `one` says about the bundle `leaf`."""
    entries: list[Entry] = [world.entry(digest) for digest in world.desired["one"].entries]
    leaf = next(entry for entry in entries if entry.bundle == "leaf")
    try:
        check_dependencies(
            leaf, entries, {BundleKey(WORKSPACE, name): state for name, state in states.items()}
        )
    except Waiting as error:
        return str(error)
    return ""


def leaf(**depends_on: Any) -> Draft:
    return Draft("leaf", targets=[EVERY], dependsOn=[depends_on])


def root() -> Draft:
    return Draft("root", targets=[EVERY], labels={"role": "root"})


def one_cluster() -> World:
    return World().clusters(a_cluster("one", {"env": "dev"})).begin()


def reported(world: World, state: str, message: str) -> None:
    """The agent reports on the bundle `leaf` and has nothing to say about the others."""
    manifest = world.desired["one"]
    trouble = a_trouble(world.entry_on("one", "leaf"), state, message)
    world.put(
        a_report(manifest, applied=[e for e in manifest.entries if e != trouble.entry], troubles=[trouble])
    )


def test_d07_a_cluster_counts_the_repositories_and_charts_that_are_ready_on_it() -> None:
    world = one_cluster().deliver(Draft("web", targets=[EVERY]))
    chart = Draft("chart", targets=[EVERY], labels={"fleet.cattle.io/fleet-helm-name": "op"})
    owner = Owner(kind="HelmOp", name="op", uid=uid_of("helmop", WORKSPACE, "op"))
    world.opened[WORKSPACE, chart.options_digest()] = chart.sealed
    world.put(a_resource("helmop", "op"), chart.rendered(whole_set([chart]), owner=owner, commit=9))
    world.flush()
    world.all_ready()
    cluster = world.estate.clusters.get((WORKSPACE, "one"))
    assert cluster is not None
    status = Objects(world.estate).cluster(cluster)["status"]
    assert status["summary"]["ready"] == 2
    assert (status["readyGitRepos"], status["desiredReadyGitRepos"]) == (1, 1)
    assert (status["readyHelmOps"], status["desiredReadyHelmOps"]) == (1, 1)
    assert status["display"]["readyBundles"] == "2/2"


def test_d10_a_bundle_whose_dependency_is_nowhere_says_so_until_it_is_there() -> None:
    world = one_cluster().deliver(leaf(**ROOT))
    world.flush()
    message = waits(world, {})
    assert message == (
        f"list bundledeployments: no bundles matching labels role=root in namespace {WORKSPACE}"
    )
    reported(world, "ErrApplied", message)
    summary = world.view("bundle", "leaf")["summary"]
    assert summary["nonReadyResources"] == [
        {"name": f"{WORKSPACE}/one", "bundleState": "ErrApplied", "message": message}
    ]
    world.deliver(leaf(**ROOT), root()).flush()
    assert waits(world, {"root": "WaitApplied"}) == "dependent bundle(s) are not ready: [root]"
    assert waits(world, {"root": "Ready"}) == ""
    world.all_ready()
    assert world.view("bundle", "leaf")["display"]["readyClusters"] == "1/1"


def test_d11_a_state_that_is_accepted_is_enough() -> None:
    world = one_cluster().deliver(leaf(**ROOT), root())
    world.flush()
    assert waits(world, {"root": "Modified"}) == "dependent bundle(s) are not ready: [root]"
    world.deliver(leaf(**ROOT, acceptedStates=["Ready", "Modified"]), root()).flush()
    assert waits(world, {"root": "Modified"}) == ""
    world.all_ready()
    assert world.view("bundle", "leaf")["display"]["readyClusters"] == "1/1"


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (
            {"name": "db", "selector": {"matchLabels": {"app": "x", "z": "y"}}},
            f"app=x,fleet.cattle.io/bundle-name=db,fleet.cattle.io/bundle-namespace={WORKSPACE},z=y",
        ),
        (
            {
                "selector": {
                    "matchExpressions": [
                        {"key": "d", "operator": "DoesNotExist"},
                        {"key": "b", "operator": "NotIn", "values": ["y", "x"]},
                        {"key": "c", "operator": "Exists"},
                        {"key": "a", "operator": "In", "values": ["x"]},
                    ]
                }
            },
            "a in (x),b notin (x,y),c,!d",
        ),
    ],
)
def test_what_is_waited_for_is_written_as_kubernetes_writes_selectors(
    wanted: dict[str, Any], text: str
) -> None:
    world = one_cluster().deliver(leaf(**wanted))
    world.flush()
    assert waits(world, {}) == (
        f"list bundledeployments: no bundles matching labels {text} in namespace {WORKSPACE}"
    )
