"""JSON patch, merge patch and strategic merge patch as their specifications say."""

from typing import Any

import pytest

from fleet.pocket.errors import ApiError
from fleet.pocket.patches import json_patch, merge_patch, strategic_patch
from fleet.pocket.typetable import struct

POD = struct("core.v1.PodSpec")


@pytest.mark.parametrize(
    ("target", "patch", "wanted"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        ("text", {"a": "b"}, {"a": "b"}),
    ],
)
def test_a_merge_patch_follows_rfc_7396(target: Any, patch: Any, wanted: Any) -> None:
    assert merge_patch(target, patch) == wanted


@pytest.mark.parametrize(
    ("target", "operation", "wanted"),
    [
        ({"a": 1}, {"op": "add", "path": "/b", "value": 2}, {"a": 1, "b": 2}),
        ({"a": [1, 3]}, {"op": "add", "path": "/a/1", "value": 2}, {"a": [1, 2, 3]}),
        ({"a": [1]}, {"op": "add", "path": "/a/-", "value": 2}, {"a": [1, 2]}),
        ({"a": 1, "b": 2}, {"op": "remove", "path": "/b"}, {"a": 1}),
        ({"a": 1}, {"op": "replace", "path": "/a", "value": 2}, {"a": 2}),
        ({"a": {"b": 1}, "c": {}}, {"op": "move", "from": "/a/b", "path": "/c/d"}, {"a": {}, "c": {"d": 1}}),
        ({"a": [1]}, {"op": "copy", "from": "/a", "path": "/b"}, {"a": [1], "b": [1]}),
        ({"a/b": {"~": 1}}, {"op": "replace", "path": "/a~1b/~0", "value": 2}, {"a/b": {"~": 2}}),
        ({"a": 1}, {"op": "add", "path": "", "value": {"b": 2}}, {"b": 2}),
    ],
)
def test_a_json_patch_follows_rfc_6902(target: Any, operation: Any, wanted: Any) -> None:
    assert json_patch(target, [operation]) == wanted


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "/none"},
        {"op": "replace", "path": "/none", "value": 1},
        {"op": "add", "path": "/list/9", "value": 1},
        {"op": "test", "path": "/a", "value": 2},
        {"op": "unknown", "path": "/a"},
        {"path": "/a"},
    ],
)
def test_an_operation_that_does_not_fit_is_invalid(operation: Any) -> None:
    with pytest.raises(ApiError) as caught:
        json_patch({"a": 1, "list": []}, [operation])
    assert caught.value.code == 422


def test_a_strategic_patch_merges_containers_by_name_and_replaces_arguments() -> None:
    target = {"containers": [{"name": "a", "image": "1", "args": ["x", "y"]}, {"name": "b"}]}
    patch = {"containers": [{"name": "a", "args": ["z"]}, {"name": "c"}]}
    wanted = [{"name": "a", "image": "1", "args": ["z"]}, {"name": "b"}, {"name": "c"}]
    assert strategic_patch(target, patch, POD) == {"containers": wanted}


def test_a_strategic_patch_knows_its_directives() -> None:
    target = {"containers": [{"name": "a"}, {"name": "b"}], "nodeSelector": {"x": "y"}}
    gone = {
        "containers": [{"name": "a", "$patch": "delete"}],
        "nodeSelector": {"$patch": "replace", "z": "1"},
    }
    assert strategic_patch(target, gone, POD) == {"containers": [{"name": "b"}], "nodeSelector": {"z": "1"}}
    whole = {"containers": [{"$patch": "replace"}, {"name": "c"}]}
    assert strategic_patch({"containers": [{"name": "a"}]}, whole, POD) == {"containers": [{"name": "c"}]}


def test_a_strategic_patch_keeps_the_keys_it_names() -> None:
    target = {"volumes": [{"name": "v", "emptyDir": {}}]}
    patch = {"volumes": [{"name": "v", "$retainKeys": ["name", "hostPath"], "hostPath": {"path": "/"}}]}
    assert strategic_patch(target, patch, POD) == {"volumes": [{"name": "v", "hostPath": {"path": "/"}}]}


def test_a_strategic_patch_takes_members_from_a_set() -> None:
    target = {"finalizers": ["a", "b"]}
    meta = struct("meta.v1.ObjectMeta")
    assert strategic_patch({**target}, {"finalizers": ["c"]}, meta) == {"finalizers": ["a", "b", "c"]}
    gone = {"$deleteFromPrimitiveList/finalizers": ["a"]}
    assert strategic_patch({**target}, gone, meta) == {"finalizers": ["b"]}


def test_a_list_item_without_its_key_is_a_bad_request() -> None:
    with pytest.raises(ApiError) as caught:
        strategic_patch({"containers": []}, {"containers": [{"image": "x"}]}, POD)
    assert caught.value.code == 400
