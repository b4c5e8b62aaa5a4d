"""Values against schemas: built-in types and structural ones."""

from typing import Any

import pytest

from fleet.pocket.conform import Walk
from fleet.pocket.quantity import canonical
from fleet.pocket.registry import Registry
from fleet.pocket.resources import built_in
from fleet.pocket.shapes import ListShape, list_shape
from fleet.pocket.typetable import resolve, struct


def _walk(value: Any, schema: Any, **options: Any) -> tuple[Any, Walk]:
    walk = Walk(**options)
    return walk.conform(value, schema), walk


def test_every_built_in_kind_has_its_type() -> None:
    for resource in built_in():
        fields = resolve(resource.schema)["properties"]
        assert "metadata" in fields
        assert resource.status == ("status" in fields and resource.kind not in ("Event", "FlowSchema")), (
            resource.kind
        )


def test_unknown_fields_are_dropped_and_named() -> None:
    value, walk = _walk({"containers": [{"name": "c", "colour": 1}]}, struct("core.v1.PodSpec"))
    assert value == {"containers": [{"name": "c"}]}
    assert walk.unknown == ["containers[0].colour"]


@pytest.mark.parametrize(
    ("field", "value", "wanted"),
    [
        ("port", "80", "integer"),
        ("port", True, "integer"),
        ("name", 80, "string"),
        ("targetPort", [], "integer or string"),
        ("appProtocol", {}, "string"),
    ],
)
def test_a_value_of_another_type_is_a_mismatch(field: str, value: Any, wanted: str) -> None:
    _, walk = _walk({"port": 1, field: value}, struct("core.v1.ServicePort"))
    assert [(m.path, m.wanted) for m in walk.mismatches] == [(field, wanted)]


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("1", "1"),
        (2, "2"),
        (0.5, "500m"),
        ("0.1", "100m"),
        ("1000m", "1"),
        ("1500m", "1500m"),
        ("1000", "1k"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("512Ki", "512Ki"),
        ("0.5Ki", "512"),
        ("128974848", "128974848"),
        ("129e6", "129e6"),
        ("1e3", "1e3"),
        (".5", "500m"),
        ("0", "0"),
        ("-1000m", "-1"),
        ("0.0000000001", "1n"),
    ],
)
def test_a_quantity_is_written_in_its_canonical_form(value: Any, wanted: str) -> None:
    result, walk = _walk({"limits": {"cpu": value}}, struct("core.v1.ResourceRequirements"))
    assert walk.mismatches == []
    assert result["limits"]["cpu"] == wanted
    assert canonical(wanted) == wanted


@pytest.mark.parametrize("value", ["", "1 Gi", "much", "1GiB", True, []])
def test_what_is_no_quantity_is_a_mismatch(value: Any) -> None:
    _, walk = _walk({"limits": {"cpu": value}}, struct("core.v1.ResourceRequirements"))
    assert [m.wanted for m in walk.mismatches] == ["quantity"]


def test_defaults_are_filled_in_and_conform_themselves() -> None:
    inner = {"type": "object", "properties": {"b": {"type": "integer", "default": 2}}}
    schema = {"type": "object", "properties": {"a": {**inner, "default": {}}}}
    assert _walk({}, schema)[0] == {"a": {"b": 2}}
    assert _walk({}, schema, whole=False)[0] == {}


def test_empty_fields_that_go_leaves_out_are_left_out() -> None:
    spec = {"hostNetwork": False, "automountServiceAccountToken": False, "nodeSelector": {}, "volumes": []}
    container = {"name": "c", "env": [{"name": "A", "value": ""}], "resources": {}}
    value, _ = _walk({**spec, "containers": [container]}, struct("core.v1.PodSpec"))
    left = {"name": "c", "env": [{"name": "A"}], "resources": {}}
    assert value == {"automountServiceAccountToken": False, "containers": [left]}


def test_null_is_dropped_unless_it_is_allowed() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "string", "nullable": True}},
    }
    assert _walk({"a": None, "b": None}, schema)[0] == {"b": None}


def test_ports_are_told_apart_by_number_and_protocol() -> None:
    ports = struct("core.v1.ServiceSpec")["properties"]["ports"]
    shape = list_shape(ports)
    assert shape == ListShape("map", ("port", "protocol"))
    assert shape.key({"port": 53}) == shape.key({"port": 53, "protocol": "TCP"})
    assert shape.key({"port": 53}) != shape.key({"port": 53, "protocol": "UDP"})


def test_versions_are_preferred_as_kubernetes_prefers_them() -> None:
    registry = Registry()
    names = ["v1alpha1", "v2", "v1beta2", "v10", "v1", "other"]
    versions = [{"name": name, "served": True, "storage": name == "v1"} for name in names]
    spec = {
        "group": "example.com",
        "scope": "Cluster",
        "names": {"plural": "things", "kind": "Thing"},
        "versions": versions,
    }
    registry.define({"metadata": {"name": "things.example.com"}, "spec": spec})
    assert registry.groups()["example.com"] == ["v10", "v2", "v1", "v1beta2", "v1alpha1", "other"]
    assert registry.of_table("things.example.com").version == "v1"
