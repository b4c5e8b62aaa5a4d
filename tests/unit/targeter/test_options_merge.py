"""Merging options field by field as Fleet does, and what is in a deployment id (fleet.md 3.3)."""

from typing import Any

import orjson
import pytest

from fleet.targeter.domain.options import merge, merged_options, plan_for
from support.targeting import name_of


def plan(base: dict[str, Any], *targets: dict[str, Any], choice: tuple[int, ...] = ()) -> Any:
    options = merged_options(base, targets, choice)
    return plan_for(options, targets, content="c0", name=lambda text: name_of("ws", text))


@pytest.mark.parametrize("field", ["defaultNamespace", "namespace", "serviceAccount"])
def test_a_name_is_replaced_by_one_that_is_not_empty(field: str) -> None:
    assert merge({field: "a"}, {field: "b"}) == {field: "b"}
    assert merge({field: "a"}, {field: ""}) == {field: "a"}
    assert merge({field: "a"}, {field: "-"}) == {field: "-"}


@pytest.mark.parametrize("field", ["repo", "chart", "version", "releaseName"])
def test_a_chart_is_replaced_part_by_part(field: str) -> None:
    assert merge({"helm": {field: "a", "x": 1}}, {"helm": {field: "b"}}) == {"helm": {field: "b", "x": 1}}
    assert merge({"helm": {field: "a"}}, {"helm": {}}) == {"helm": {field: "a"}}


def test_values_are_merged_deeply_and_lists_replaced() -> None:
    base = {"helm": {"values": {"a": {"x": 1, "y": 2}, "l": [1, 2]}}}
    custom = {"helm": {"values": {"a": {"y": 3, "z": 4}, "l": [9]}}}
    assert merge(base, custom)["helm"]["values"] == {"a": {"x": 1, "y": 3, "z": 4}, "l": [9]}
    assert base["helm"]["values"]["a"] == {"x": 1, "y": 2}


def test_template_values_are_replaced_by_key() -> None:
    merged = merge(
        {"helm": {"templateValues": {"a": "1", "b": "2"}}}, {"helm": {"templateValues": {"b": "3"}}}
    )
    assert merged["helm"]["templateValues"] == {"a": "1", "b": "3"}


def test_a_timeout_is_replaced_by_a_positive_one_and_taken_away_by_a_negative_one() -> None:
    assert merge({"helm": {"timeoutSeconds": 5}}, {"helm": {"timeoutSeconds": 9}})["helm"] == {
        "timeoutSeconds": 9
    }
    assert merge({"helm": {"timeoutSeconds": 5}}, {"helm": {"timeoutSeconds": 0}})["helm"] == {
        "timeoutSeconds": 5
    }
    assert merge({"helm": {"timeoutSeconds": 5}}, {"helm": {"timeoutSeconds": -1}})["helm"] == {}


@pytest.mark.parametrize(
    "field", ["force", "atomic", "takeOwnership", "disablePreProcess", "waitForJobs", "disableDNS"]
)
def test_a_helm_switch_that_one_side_turns_on_is_on(field: str) -> None:
    assert merge({"helm": {}}, {"helm": {field: True}})["helm"][field] is True
    assert merge({"helm": {field: True}}, {"helm": {field: False}})["helm"][field] is True


@pytest.mark.parametrize(
    "helm", [{"maxHistory": 7}, {"skipSchemaValidation": True}, {"valuesFiles": ["b.yaml"]}]
)
def test_what_a_customization_cannot_change_stays(helm: dict[str, Any]) -> None:
    assert merge({"helm": {"chart": "c"}}, {"helm": helm}) == {"helm": {"chart": "c"}}


@pytest.mark.parametrize("field", ["deleteNamespace", "deleteCRDResources", "createNamespace", "overwrites"])
def test_what_no_target_may_say_is_ignored(field: str) -> None:
    assert merge({}, {field: True}) == {}


@pytest.mark.rule(id="12.1-48")
def test_sources_of_values_are_united_by_kind_namespace_name_and_key() -> None:
    def source(kind: str, name: str, **more: str) -> dict[str, Any]:
        return {kind: {"name": name, "namespace": "n", "key": "k"}, **more}

    base = {"helm": {"valuesFrom": [source("configMapKeyRef", "a"), source("secretKeyRef", "a")]}}
    custom = {
        "helm": {"valuesFrom": [source("secretKeyRef", "b"), source("configMapKeyRef", "a", note="new")]}
    }
    assert merge(base, custom)["helm"]["valuesFrom"] == [
        source("configMapKeyRef", "a", note="new"),
        source("secretKeyRef", "a"),
        source("secretKeyRef", "b"),
    ]


@pytest.mark.rule(id="12.1-48")
def test_downstream_resources_are_united_whatever_the_case_of_their_kind() -> None:
    base = {"downstreamResources": [{"kind": "Secret", "name": "a"}]}
    custom = {"downstreamResources": [{"kind": "secret", "name": "a"}, {"kind": "ConfigMap", "name": "a"}]}
    assert merge(base, custom)["downstreamResources"] == [
        {"kind": "secret", "name": "a"},
        {"kind": "ConfigMap", "name": "a"},
    ]
    assert merge(base, {}) == base
    assert merge({}, base) == base


@pytest.mark.rule(id="12.1-48")
def test_compare_patches_are_united_and_the_customization_wins() -> None:
    one = {"apiVersion": "v1", "kind": "Service", "namespace": "n", "name": "s", "jsonPointers": ["/a"]}
    other = {**one, "jsonPointers": ["/b"]}
    more = {**one, "name": "t"}
    merged = merge({"diff": {"comparePatches": [one]}}, {"diff": {"comparePatches": [other, more]}})
    assert merged["diff"]["comparePatches"] == [other, more]


def test_overlays_are_appended_and_drift_correction_replaced() -> None:
    base = {"yaml": {"overlays": ["a"]}, "correctDrift": {"enabled": True, "force": True}}
    custom = {"yaml": {"overlays": ["b"]}, "correctDrift": {"enabled": True}}
    assert merge(base, custom) == {"yaml": {"overlays": ["a", "b"]}, "correctDrift": {"enabled": True}}


def test_a_generation_that_forces_a_sync_counts_when_positive() -> None:
    assert merge({"forceSyncGeneration": 3}, {"forceSyncGeneration": 0}) == {"forceSyncGeneration": 3}
    assert merge({"forceSyncGeneration": 3}, {"forceSyncGeneration": 1}) == {"forceSyncGeneration": 1}


def test_empty_helm_options_of_a_customization_are_not_the_same_as_none() -> None:
    assert merge({}, {"helm": {}}) == {"helm": {}}


@pytest.mark.parametrize(
    "change",
    [{"diff": {"comparePatches": [{"kind": "Service"}]}}, {"correctDrift": {"enabled": True}}],
)
def test_comparing_and_correcting_never_redeploy(change: dict[str, Any]) -> None:
    before, after = plan({"namespace": "n"}), plan({"namespace": "n", **change})
    assert before.deployment_id == after.deployment_id
    assert before.options != after.options


def test_namespace_labels_of_every_target_reach_every_cluster_without_a_redeployment() -> None:
    base = {"namespaceLabels": {"foo": "bar"}}
    target = {"namespaceLabels": {"this.is/a": "test"}, "namespaceAnnotations": {"n": "1"}}
    chosen, other = plan(base, target, {}, choice=(0,)), plan(base, target, {}, choice=(1,))
    for found in (chosen, other):
        options = orjson.loads(found.plaintext)
        assert options["namespaceLabels"] == {"foo": "bar", "this.is/a": "test"}
        assert options["namespaceAnnotations"] == {"n": "1"}
    assert chosen.deployment_id == plan(base, {}, choice=(0,)).deployment_id


def test_a_deployment_id_names_content_and_options() -> None:
    found = plan({"namespace": "n"})
    assert found.deployment_id == "s-c0:" + name_of("ws", b'{"namespace":"n"}')
    assert plan({"namespace": "m"}).deployment_id != found.deployment_id


def test_a_bundle_without_content_of_its_own_has_an_empty_manifest_id() -> None:
    found = plan_for({}, (), content="", name=lambda text: name_of("ws", text))
    assert found.deployment_id.startswith(":")


@pytest.mark.rule(id="12.1-48")
def test_lists_are_united_by_key_in_order_and_what_has_no_key_is_appended() -> None:
    def united(base: list[Any], custom: list[Any]) -> Any:
        return merge({"helm": {"valuesFrom": base}}, {"helm": {"valuesFrom": custom}})["helm"].get(
            "valuesFrom"
        )

    def source(name: str, **more: str) -> dict[str, Any]:
        return {"secretKeyRef": {"name": name, "namespace": "n", "key": "k"}, **more}

    one, two, three, none = source("a"), source("b"), source("c"), {"note": "refers to nothing"}
    again, later = source("c", note="again"), source("c", note="later")

    assert united([one], []) == [one]
    assert united([], [one]) == [one]
    assert united([two, one], [three]) == [two, one, three]
    assert united([one, two], [source("a", note="new")]) == [source("a", note="new"), two]
    assert united([one], [again, later]) == [one, again]
    assert united([one, none], [none]) == [one, none, none]
