"""Names and marks are Fleet's, so that its releases and objects are known as ours."""

import pytest

from fleet.agent.domain.marks import ID_ANNOTATION, ReleaseMarks, mark, set_hash, set_id
from fleet.names import helm_release_name, safe_concat

DIGITS = "12345678901234567890123456789012345678901234567890123"


@pytest.mark.parametrize(
    ("bundle", "name"),
    [
        (DIGITS, DIGITS),
        (DIGITS + "a", "12345678901234567890123456789012345678901234567-fdba4"),
        ("long-name-test-shortpath-with@char", "long-name-test-shortpath-with-char-031bab5e"),
        ("long-name-test-shortpath-with+char", "long-name-test-shortpath-with-char-21c88393"),
        ("long-name-test-0.App_ ", "long-name-test-0-app-5bf6b3fb"),
        ("long-name-test--App_-_12.factor", "long-name-test-app-12-factor-0efbac37"),
        ("bundle.name.example.com", "bundle-name-example-com-645ef821"),
    ],
)
def test_release_names_are_those_that_fleet_computes(bundle: str, name: str) -> None:
    assert helm_release_name(bundle) == name


def test_a_name_that_is_none_becomes_a_digest() -> None:
    assert len(helm_release_name("///")) == 24


def test_long_names_are_joined_as_fleet_does() -> None:
    assert safe_concat("a" * 64) == "a" * 57 + "-ffe05"
    assert safe_concat("default", "shop") == "default-shop"


def test_the_mark_is_the_hash_of_the_sets_id() -> None:
    assert set_id("remove-metadata") == "default-remove-metadata"
    assert set_hash("remove-metadata") == "0f3e1d9d146fa8b290c0de403881184751430e59"


def test_fleets_own_agent_bundles_share_one_set() -> None:
    assert set_id("fleet-agent-local") == "fleet-agent-bootstrap"


def test_marking_adds_and_changes_nothing_else() -> None:
    item = {"kind": "ConfigMap", "metadata": {"name": "a", "labels": {"mine": "1"}}}
    marked = mark(item, "shop", keep_crds=True)
    assert marked["metadata"]["labels"]["mine"] == "1"
    assert marked["metadata"]["annotations"] == {ID_ANNOTATION: "default-shop"}
    assert item == {"kind": "ConfigMap", "metadata": {"name": "a", "labels": {"mine": "1"}}}


@pytest.mark.parametrize("keep", [True, False])
def test_definitions_are_kept_unless_the_options_let_them_go(keep: bool) -> None:
    marked = mark({"kind": "CustomResourceDefinition", "metadata": {"name": "a"}}, "shop", keep_crds=keep)
    assert (marked["metadata"]["annotations"].get("helm.sh/resource-policy") == "keep") is keep


def test_release_marks_survive_being_written_down() -> None:
    marks = ReleaseMarks(
        "shop", "fleet-default", "s-1:2", "e", keep_resources=True, service_account="deployer"
    )
    assert ReleaseMarks.read(marks.annotations()) == marks


def test_a_release_that_fleet_made_is_one_of_an_agent_without_a_deployment_id() -> None:
    fleets = {
        "fleet.cattle.io/bundle-id": "shop",
        "fleet.cattle.io/agent-namespace": "cattle-fleet-system",
        "fleet.cattle.io/keep-resources": "false",
    }
    marks = ReleaseMarks.read(fleets)
    assert marks is not None
    assert (marks.bundle, marks.deployment_id) == ("shop", "")


def test_anybody_elses_release_has_no_marks() -> None:
    assert ReleaseMarks.read({"category": "database"}) is None
