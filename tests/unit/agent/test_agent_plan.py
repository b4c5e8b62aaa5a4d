"""What a bundle needs follows from its entry and from the releases that are there."""

from dataclasses import replace

import pytest

from fleet.agent.domain.dependencies import check_dependencies, matches
from fleet.agent.domain.errors import Waiting
from fleet.agent.domain.marks import AGENT_NAMESPACE, ReleaseMarks
from fleet.agent.domain.plan import BundleKey, Step, decide, doubled, key_of, moved, unnamed
from fleet.agent.domain.releases import ReleaseName, Revision
from fleet.events import Entry


def entry(bundle: str = "shop", **changes: object) -> Entry:
    made = Entry(
        namespace="fleet-default",
        bundle=bundle,
        bundle_uid="u",
        deployment_id="s-1:2",
        content="c",
        options="o",
        labels={"fleet.cattle.io/bundle-name": bundle},
    )
    return made.model_copy(update=changes)


def revision(bundle: str = "shop", name: str = "shop", status: str = "deployed", **marks: object) -> Revision:
    own = replace(ReleaseMarks(bundle, "fleet-default", "s-1:2", "e"), **marks)  # type: ignore[arg-type]
    return Revision(ReleaseName("web", name), 1, status, own)


def test_a_bundle_without_a_release_is_deployed() -> None:
    assert decide(entry(), None).step is Step.DEPLOY


def test_a_release_with_the_deployment_id_is_only_looked_at() -> None:
    assert decide(entry(), revision()).step is Step.OBSERVE


def test_options_that_do_not_count_do_not_redeploy() -> None:
    assert decide(entry(options="other"), revision()).step is Step.OBSERVE


@pytest.mark.parametrize("status", ["failed", "pending-upgrade", "superseded", "uninstalling"])
def test_a_release_that_is_not_deployed_is_deployed_again(status: str) -> None:
    assert decide(entry(), revision(status=status)).step is Step.DEPLOY


def test_another_deployment_id_is_deployed() -> None:
    assert decide(entry(deployment_id="s-9:9"), revision()).step is Step.DEPLOY


def test_a_release_that_is_not_ours_is_taken_over() -> None:
    foreign = Revision(ReleaseName("web", "shop"), 3, "deployed", None)
    assert decide(entry(), foreign).step is Step.DEPLOY


@pytest.mark.parametrize("flag", ["paused", "off_schedule", "waiting_for_values"])
def test_a_bundle_that_is_held_back_is_left_alone(flag: str) -> None:
    decision = decide(entry(**{flag: True}), None)
    assert decision.step is Step.WAIT
    assert decision.reason


def test_only_our_own_releases_of_bundles_that_are_not_named_are_removed() -> None:
    ours, named = revision("gone", "gone"), revision("shop", "shop")
    scoped = revision("gone", "scoped", agent_namespace="other-agent")
    foreign = Revision(ReleaseName("web", "foreign"), 1, "deployed", None)
    assert unnamed([entry("shop")], [ours, named, scoped, foreign], AGENT_NAMESPACE) == [ours]


def test_releases_that_a_bundle_left_behind_are_found() -> None:
    old, now = revision(name="old"), revision(name="new")
    other = revision("other", "other")
    assert moved("shop", now.release, [old, now, other], AGENT_NAMESPACE) == [old]


def test_of_two_bundles_with_one_name_the_first_runs() -> None:
    first, second = entry(), entry(namespace="fleet-local")
    assert doubled([first, second]) == {key_of(second): key_of(first)}
    assert doubled([first, entry("other")]) == {}


ROOT = entry("root", labels={"role": "root", "tier": "1"})
OTHER = entry("other", labels={"role": "leaf"})


def test_a_dependency_that_is_ready_lets_go() -> None:
    check_dependencies(entry(depends_on=({"name": "root"},)), [ROOT, OTHER], {key_of(ROOT): "Ready"})


def test_name_and_selector_both_have_to_fit() -> None:
    both = {"name": "root", "selector": {"matchLabels": {"role": "leaf"}}}
    with pytest.raises(Waiting, match="no bundles matching labels"):
        check_dependencies(entry(depends_on=(both,)), [ROOT, OTHER], {})


def test_states_other_than_ready_can_be_accepted() -> None:
    wanted = {"name": "root", "acceptedStates": ["Ready", "Modified"]}
    check_dependencies(entry(depends_on=(wanted,)), [ROOT], {key_of(ROOT): "Modified"})


@pytest.mark.parametrize("states", [{}, {BundleKey("fleet-default", "root"): "NotReady"}])
def test_a_dependency_that_is_not_ready_is_named(states: dict[BundleKey, str]) -> None:
    with pytest.raises(Waiting, match=r"^dependent bundle\(s\) are not ready: \[root\]$"):
        check_dependencies(entry(depends_on=({"name": "root"},)), [ROOT], states)


def test_a_dependency_of_another_workspace_does_not_count() -> None:
    foreign = entry("root", namespace="fleet-local")
    with pytest.raises(Waiting) as caught:
        check_dependencies(entry(depends_on=({"name": "root"},)), [foreign], {key_of(foreign): "Ready"})
    assert str(caught.value) == (
        "list bundledeployments: no bundles matching labels fleet.cattle.io/bundle-name=root,"
        "fleet.cattle.io/bundle-namespace=fleet-default in namespace fleet-default"
    )


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        ({}, True),
        ({"matchLabels": {"role": "root"}}, True),
        ({"matchLabels": {"role": "leaf"}}, False),
        ({"matchExpressions": [{"key": "role", "operator": "In", "values": ["root"]}]}, True),
        ({"matchExpressions": [{"key": "role", "operator": "NotIn", "values": ["root"]}]}, False),
        ({"matchExpressions": [{"key": "absent", "operator": "NotIn", "values": ["x"]}]}, True),
        ({"matchExpressions": [{"key": "role", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "role", "operator": "DoesNotExist"}]}, False),
        ({"matchExpressions": [{"key": "role", "operator": "Typo"}]}, False),
    ],
)
def test_selectors_are_kubernetes_own(selector: dict[str, object], selected: bool) -> None:
    assert matches(selector, ROOT.labels) is selected
