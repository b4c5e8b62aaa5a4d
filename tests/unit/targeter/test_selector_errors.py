"""Selectors that Kubernetes would refuse are refused here, with the part that is wrong."""

from typing import Any

import pytest

from fleet.targeter.domain.errors import InvalidSelector, TargetingError
from fleet.targeter.domain.matching import Targeting
from fleet.targeter.domain.selectors import Selector


def expression(**fields: Any) -> dict[str, Any]:
    return {"matchExpressions": [fields]}


@pytest.mark.parametrize(
    ("selector", "part"),
    [
        (expression(key="env", operator="Foo", values=["a"]), '"Foo" is not a valid label selector operator'),
        (expression(key="env", operator="In"), "values"),
        (expression(key="env", operator="NotIn", values=[]), "values"),
        (expression(key="env", operator="Exists", values=["a"]), "values"),
        (expression(key="env", operator="DoesNotExist", values=["a"]), "values"),
        (expression(key="a b", operator="Exists"), "'a b'"),
        (expression(key="", operator="Exists"), "key"),
        (expression(key="Bad.Prefix_/x", operator="Exists"), "key"),
        (expression(key="/x", operator="Exists"), "key"),
        (expression(key="env", operator="In", values=["a b"]), "'a b'"),
        ({"matchLabels": {"env": "-a"}}, "'-a'"),
        ({"matchLabels": {"env": "a" * 64}}, "63"),
        ({"matchLabels": {"x/y/z": "a"}}, "key"),
        ({"matchExpressions": ["env"]}, "matchExpressions"),
        (["env"], "object"),
    ],
)
def test_what_is_wrong_is_named(selector: Any, part: str) -> None:
    with pytest.raises(InvalidSelector) as raised:
        Selector.parse(selector)
    assert part in str(raised.value)


@pytest.mark.parametrize(
    "selector",
    [
        {},
        {"matchLabels": {"example.com/env": ""}},
        {"matchLabels": {"env": "a_b.c-d"}},
        expression(key="env", operator="NotIn", values=["a", "b"]),
    ],
)
def test_what_kubernetes_takes_is_taken(selector: dict[str, Any]) -> None:
    assert Selector.parse(selector) is not None


def test_no_selector_is_no_selector() -> None:
    assert Selector.parse(None) is None


@pytest.mark.parametrize(
    ("spec", "where"),
    [
        (
            {"targets": [{}, {"clusterSelector": expression(key="a", operator="X")}]},
            "targets[1].clusterSelector",
        ),
        ({"targets": [{"clusterGroupSelector": "a"}]}, "targets[0].clusterGroupSelector"),
        ({"targets": [{}], "targetRestrictions": [{"clusterSelector": 3}]}, "targetRestrictions[0]"),
        ({"targets": ["x"]}, "targets[0]"),
        ({"targets": [{}, "x"], "targetRestrictions": [{}]}, "targets[0]"),
        ({"targets": ["x", {}], "targetRestrictions": [{}]}, "targetCustomizations[0]"),
        ({"targets": {"a": 1}}, "targets"),
        ({"targets": [{"clusterName": ["x"]}]}, "targets[0].clusterName"),
        ({"targetCustomizationMode": "All"}, "targetCustomizationMode"),
    ],
)
def test_a_targeting_error_names_the_field(spec: dict[str, Any], where: str) -> None:
    with pytest.raises(TargetingError) as raised:
        Targeting.parse(spec)
    assert str(raised.value).startswith(f"targeting error: {where}")
