"""What a cluster's labels, annotations and values make of a bundle's options (fleet.md 3.4)."""

from typing import Any

import pytest

from fleet.targeter.domain.preparing import UNLABELLED, CannotPrepare, ClusterView, Recipe


def view(labels: dict[str, str] | None = None, **values: Any) -> ClusterView:
    return ClusterView("fleet-default", "one", {"env": "dev"} if labels is None else labels, {}, values)


def prepared(helm: dict[str, Any] | None, cluster: ClusterView | None = None) -> Any:
    return Recipe({} if helm is None else {"helm": helm}).prepare(cluster or view()).get("helm")


def test_without_labels_nothing_is_filled_in() -> None:
    helm = {"values": {"a": "${ .ClusterName }"}}
    for labels in ({}, {"objectset.cattle.io/x": "1"}, {"kubectl.kubernetes.io/x": "1"}):
        assert prepared(helm, view(labels)) == helm
        assert prepared(None, view(labels)) is None
        assert Recipe({"helm": helm}).reading(view(labels)) == UNLABELLED


@pytest.mark.parametrize("key", ["env", "fleet.cattle.io/x", "management.cattle.io/cluster-name"])
def test_a_label_of_a_user_of_fleet_or_of_management_is_enough(key: str) -> None:
    labels = {key: "1"}
    assert prepared({"values": {"a": "${ .ClusterName }"}}, view(labels)) == {"values": {"a": "one"}}


def test_a_cluster_with_labels_gets_empty_helm_options_and_values() -> None:
    assert prepared(None) == {}
    assert prepared({"chart": "c"}) == {"chart": "c", "values": {}}


def test_a_placeholder_is_replaced_by_the_label_in_maps_and_in_maps_of_lists() -> None:
    label = "global.fleet.clusterLabels.env"
    values = {"a": label, "m": {"b": label}, "l": [{"c": label}, label], "n": label + "x", "x": "y"}
    assert prepared({"values": values})["values"] == {
        "a": "dev",
        "m": {"b": "dev"},
        "l": [{"c": "dev"}, label],
        "n": "",
        "x": "y",
    }


def test_placeholders_that_are_too_deep_are_an_error() -> None:
    values: dict[str, Any] = {}
    for _ in range(60):
        values = {"a": values}
    with pytest.raises(CannotPrepare, match="maximum recursion depth of 50 exceeded"):
        prepared({"values": values, "disablePreProcess": True})


def test_preprocessing_can_be_disabled_for_templates_but_not_for_placeholders() -> None:
    values = {"a": "${ .ClusterName }", "b": "global.fleet.clusterLabels.env"}
    helm = {"values": values, "templateValues": {"c": "${ .ClusterName }"}, "disablePreProcess": True}
    assert prepared(helm)["values"] == {"a": "${ .ClusterName }", "b": "dev"}


def test_template_values_are_rendered_read_as_yaml_and_win() -> None:
    helm = {
        "values": {"a": 1, "kept": True},
        "templateValues": {
            "a": "x: ${ .ClusterLabels.env }",
            "l": "${ range .ClusterValues.list }\n- ${ . }\n${ end }",
        },
    }
    assert prepared(helm, view(list=["p", "q"]))["values"] == {
        "a": {"x": "dev"},
        "kept": True,
        "l": ["p", "q"],
    }


def test_what_is_rendered_has_the_type_that_yaml_gives_it() -> None:
    values = {
        "n": "${ .ClusterValues.port }",
        "q": "'${ .ClusterValues.port }'",
        "t": "${ upper .ClusterName }",
    }
    assert prepared({"values": values}, view(port=8080))["values"] == {"n": 8080, "q": "'8080'", "t": "ONE"}


def test_numbers_are_those_of_go() -> None:
    values = {"a": 'x${ printf "%d" .ClusterValues.port }', "b": "${ .ClusterValues.large }"}
    found = prepared({"values": values}, view(port=80, large=12345678))["values"]
    assert found == {"a": "x%!d(float64=80)", "b": 12345678}


@pytest.mark.parametrize(
    ("values", "error"),
    [
        (
            {"a": "${ .ClusterLabels.foo }"},
            'failed to render helm values template: template: values:1:20: executing "values"'
            ' at <.ClusterLabels.foo>: map has no entry for key "foo"',
        ),
        ({"a": "${ nosuch }"}, 'failed to parse helm values template: template: values:1: function "nosuch"'),
        (
            {"a": "${ .ClusterValues.list | first }"},
            "failed to interpret rendered template as helm values: line 2: ",
        ),
    ],
)
def test_an_error_says_what_failed_in_fleets_words(values: dict[str, Any], error: str) -> None:
    with pytest.raises(CannotPrepare) as found:
        prepared({"values": values}, view(list=["[", "]"]))
    assert str(found.value).startswith(error)


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("${ .ClusterLabels.env }", [("ClusterLabels", "env")]),
        ('${ index .ClusterLabels "a/b" }', [("ClusterLabels", "a/b")]),
        ('${ hasKey .ClusterLabels "env" }', [("ClusterLabels", "env")]),
        ("${ $.ClusterName }${ .ClusterNamespace }", [("ClusterName",), ("ClusterNamespace",)]),
        ("${ .ClusterValues.a.b }", [("ClusterValues", "a")]),
        ("${ range $k, $v := .ClusterLabels }${ $k }${ end }", [("ClusterLabels",)]),
        ("${ with .ClusterLabels }${ .env }${ end }", [("ClusterLabels",)]),
        ("global.fleet.clusterLabels.env", [("ClusterLabels", "env")]),
        ("plain", []),
    ],
)
def test_what_options_look_at_is_known_beforehand(text: str, reads: list[Any]) -> None:
    assert list(Recipe({"helm": {"values": {"a": text}}}).reads) == reads


def test_the_bare_context_counts_as_everything() -> None:
    assert len(Recipe({"helm": {"values": {"a": '${ define "x" }${ end }${ template "x" . }'}}}).reads) == 5
