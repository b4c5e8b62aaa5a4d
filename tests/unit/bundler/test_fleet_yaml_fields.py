"""fleet.yaml: fields in any case, unknown ones ignored, wrong ones refused with their line (scenario B09)."""

from typing import Any

import pytest

from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.fleetyaml import STATES, FleetYaml, read_fleet_yaml


def given(text: str) -> FleetYaml:
    return read_fleet_yaml(text.encode(), "app/fleet.yaml")


def wrong(text: str) -> str:
    with pytest.raises(BadInput) as failure:
        given(text)
    return str(failure.value)


def test_an_empty_file_has_no_options() -> None:
    assert given("").spec == given("# nothing\n").spec == {"ignore": {}}


def test_keys_are_found_in_any_case_and_unknown_ones_are_passed_over() -> None:
    found = given("Namespace: a\nHELM:\n  disablePreprocess: true\n  Values: {Keep: Case}\nnonsense: 1\n")

    assert found.spec == {
        "namespace": "a",
        "helm": {"values": {"Keep": "Case"}, "disablePreProcess": True},
        "ignore": {},
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("keepResources: false\npaused: false\nnamespace: ''\n", {}),
        ("helm:\n", {}),
        ("helm: {}\nkustomize: {dir: ''}\n", {"helm": {}, "kustomize": {}}),
        ("helm: {chart: '', repo: '', force: false, timeoutSeconds: 0}\n", {"helm": {}}),
        ("helm: {values: {}}\n", {"helm": {"values": {}}}),
        ("namespaceLabels: {}\nnamespaceAnnotations:\n", {"namespaceLabels": {}}),
        ("createNamespace: false\n", {"createNamespace": False}),
        ("dependsOn: []\nyaml: {overlays: []}\n", {"yaml": {}}),
        (
            "rolloutStrategy: {maxUnavailable: 0, autoPartitionSize: 10%,"
            " maxNew: 0, autoPartitionThreshold: 0}\n",
            {
                "rolloutStrategy": {
                    "maxUnavailable": 0,
                    "autoPartitionSize": "10%",
                    "autoPartitionThreshold": 0,
                    "maxNew": 0,
                }
            },
        ),
    ],
)
def test_empty_fields_are_left_out_as_go_does(text: str, expected: dict[str, Any]) -> None:
    assert given(text).spec == expected | {"ignore": {}}


def test_numbers_in_values_take_the_way_through_float64() -> None:
    found = given("helm: {values: {a: 1e3, b: 9007199254740993, c: 1.5, d: [0x10, yes], e: 2}}\n")

    assert found.spec["helm"]["values"] == {
        "a": 1000, "b": 9007199254740992, "c": 1.5, "d": [16, True], "e": 2,
    }  # fmt: skip


def test_text_is_taken_leniently_only_where_fleets_parser_sees_the_field_itself() -> None:
    found = given(
        "targetCustomizations: [{name: 7, clusterSelector: {matchLabels: {env: 1, x: yes, z: 1.5}}}]\n"
    )

    assert found.spec["targets"][0]["name"] == "7"
    assert found.spec["targets"][0]["clusterSelector"] == {
        "matchLabels": {"env": "1", "x": "true", "z": "1.5"}
    }
    assert "must be text" in wrong("targets: [{name: 7}]\n")
    assert "must be text" in wrong("namespace: n\n")


@pytest.mark.parametrize("text", ["name: 5\n", "name: n\n", "labels: {a: 1}\n", "annotations: {a: yes}\n"])
def test_fleet_reads_the_file_as_metadata_too_and_that_reading_is_strict(text: str) -> None:
    assert ": must be text, is " in wrong(text)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("creationTimestamp: today\n", "creationTimestamp: must be a time"),
        ("generation: x\n", "generation: must be a whole number, is text"),
        ("finalizers: [1]\n", "finalizers[0]: must be text, is a number"),
        ("ownerReferences: [{controller: x}]\n", "ownerReferences[0].controller: must be true or false"),
    ],
)
def test_metadata_that_comes_to_nothing_is_checked_all_the_same(text: str, field: str) -> None:
    assert wrong(text).startswith(f"app/fleet.yaml:1: {field}")


def test_annotations_are_those_of_the_bundle() -> None:
    found = given("annotations: {a: b}\ncreationTimestamp: '2024-01-02T03:04:05Z'\n")

    assert found.annotations == {"a": "b"}
    assert found.spec == {"ignore": {}}


def test_letters_are_compared_one_by_one_as_in_go() -> None:
    assert given("di\ufb00: {}\n").spec == given("").spec  # one letter that looks like two
    assert given("paus\u017fed: true\n").spec == given("").spec
    assert given("pau\u017fed: true\n").spec == given("paused: true\n").spec


def test_a_field_in_two_spellings_adds_up_as_in_go() -> None:
    found = given(
        "Helm: {chart: a, version: '1'}\nhelm: {repo: b, version: '2'}\nPaused: true\npaused: false\n"
    )

    assert found.spec == {"helm": {"chart": "a", "repo": "b", "version": "2"}, "ignore": {}}


def test_a_field_in_two_spellings_adds_up_at_every_level() -> None:
    found = given(
        "targetCustomizations:\n"
        "- ClusterSelector: {matchLabels: {a: b}}\n"
        "  clusterSelector: {matchLabels: {c: d}, MatchLabels: {e: f}}\n"
    )

    assert found.spec["targets"][0]["clusterSelector"] == {"matchLabels": {"a": "b", "c": "d", "e": "f"}}


def test_an_item_that_is_null_is_an_empty_one() -> None:
    found = given("targets: [~]\ndependsOn: [{selector: {matchExpressions: [~]}}]\nyaml: {overlays: [~]}\n")

    assert found.spec["targets"] == [{"ignore": {}}]
    assert found.spec["dependsOn"] == [{"selector": {"matchExpressions": [{"key": "", "operator": ""}]}}]
    assert found.spec["yaml"] == {"overlays": [""]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nnamespace: 5\n", "app/fleet.yaml:2: namespace: must be text, is a number (quote it)"),
        ("helm:\n- a\n", "app/fleet.yaml:1: helm: must be a map, is a list"),
        ("helm:\n  values: text\n", "app/fleet.yaml:2: helm.values: must be a map, is text"),
        ("helm:\n  values: {a: .nan}\n", "app/fleet.yaml:2: helm.values.a: is not a number that JSON has"),
        ("helm:\n  force: 'true'\n", "app/fleet.yaml:2: helm.force: must be true or false, is text"),
        (
            "rolloutStrategy:\n  maxUnavailable: 3000000000\n",
            "app/fleet.yaml:2: rolloutStrategy.maxUnavailable: must be a whole number of 32 bits",
        ),
        ("helm:\n  timeoutSeconds: 1.5\n", "app/fleet.yaml:2: helm.timeoutSeconds: must be a whole number"),
        ("yaml:\n  overlays: a\n", "app/fleet.yaml:2: yaml.overlays: must be a list, is text"),
        ("labels: 5\n", "app/fleet.yaml:1: labels: must be a map, is a number"),
        ("- a\n", "app/fleet.yaml:1: must be a map, is a list"),
        (
            "targetCustomizations:\n- name: a\n  helm:\n    chart: 5\n",
            "app/fleet.yaml:4: targetCustomizations[0].helm.chart: must be text",
        ),
    ],
)
def test_a_field_of_the_wrong_type_is_an_error_with_its_place(text: str, message: str) -> None:
    assert wrong(text).startswith(message)


def test_an_error_never_repeats_a_value() -> None:
    assert "hunter2" not in wrong("namespace: [hunter2]\n") + wrong("helm: {values: hunter2}\n")


def test_b09_a_dependency_needs_a_name_or_a_selector() -> None:
    message = wrong("dependsOn:\n- name: a\n- acceptedStates: [Ready]\n")

    assert message.startswith("app/fleet.yaml:3: dependsOn[1]: must specify either 'name' or 'selector'")
    assert given("dependsOn: [{selector: {}}]\n").spec["dependsOn"] == [{"selector": {}}]


@pytest.mark.parametrize("state", ["InvalidState", "''", "ready"])
def test_b09_an_unknown_state_is_refused_with_the_list_of_states(state: str) -> None:
    message = wrong(f"dependsOn:\n- name: a\n  acceptedStates:\n  - Ready\n  - {state}\n")

    assert message == (
        f'app/fleet.yaml:5: dependsOn[0].acceptedStates[1]: invalid state "{state.strip(chr(39))}", '
        "valid values are: [Ready NotReady Pending OutOfSync Modified WaitApplied ErrApplied]"
    )


def test_b09_every_state_of_fleet_is_accepted() -> None:
    found = given(f"dependsOn: [{{name: a, acceptedStates: [{', '.join(STATES)}]}}]\n")

    assert found.spec["dependsOn"][0]["acceptedStates"] == list(STATES)


SCANS = "imageScans:\n- {name: unused, image: a, tagName: t, interval: 5m}\n- {}\n- {image: b, tagName: u}\n"


def test_image_scans_keep_their_position_and_lose_their_name() -> None:
    found = read_fleet_yaml(SCANS.encode(), "fleet.yaml", image_scans=True)

    assert found.scans == (
        (0, {"tagName": "t", "image": "a", "interval": "5m0s", "policy": {}}),
        (2, {"tagName": "u", "image": "b", "interval": "0s", "policy": {}}),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("imageScans:\n- image: a\n", "fleet.yaml:2: imageScans[0]: the name of scan is required (tagName)"),
        (
            "imageScans: [{image: a, interval: 5}]\n",
            "fleet.yaml:1: imageScans[0].interval: must be a duration",
        ),
        (
            "imageScans: [{image: a, interval: 5d}]\n",
            "fleet.yaml:1: imageScans[0].interval: must be a duration",
        ),
        ("imageScans: [{image: 5}]\n", "fleet.yaml:1: imageScans[0].image: must be text"),
    ],
)
def test_an_image_scan_that_is_wrong_is_named(text: str, message: str) -> None:
    with pytest.raises(BadInput) as failure:
        read_fleet_yaml(text.encode(), "fleet.yaml", image_scans=True)

    assert str(failure.value).startswith(message)


def test_image_scans_are_refused_while_they_are_disabled() -> None:
    assert wrong("a: b\nimageScans:\n- image: x\n") == (
        "app/fleet.yaml:2: imageScans: imagescan is disabled; remove imagescans from your config files, "
        "or enable imagescan"
    )


def test_targets_stand_before_customizations_and_both_keep_their_place_in_the_file() -> None:
    found = given("targetCustomizations: [{name: c}]\ntargets: [{name: a}, {name: b}]\n")

    assert [target["name"] for target in found.spec["targets"]] == ["a", "b", "c"]
    assert [found.target_path(n) for n in range(3)] == [
        ("targets", 0), ("targets", 1), ("targetCustomizations", 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"), [("", None), ("overrideTargets:\n", None), ("overrideTargets: []\n", [])]
)
def test_an_empty_override_is_one_and_a_missing_one_is_none(text: str, expected: object) -> None:
    assert given(text).override == expected
