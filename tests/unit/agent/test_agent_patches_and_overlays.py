"""Overlays replace files or patch them, in the order in which they are named."""

import pytest

from fleet.agent.domain.errors import BadContent
from fleet.agent.domain.files import File
from fleet.agent.domain.overlays import apply_overlays
from fleet.agent.domain.patches import apply_patch, merge_patch, strategic_merge
from fleet.agent.domain.yamldocs import read_values

BASE = File("a.yaml", b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: '1', w: '2'}\n")


def overlaid(*extra: tuple[str, str], order: tuple[str, ...] = ("prod",)) -> dict[str, object]:
    files = [BASE, *(File(name, text.encode()) for name, text in extra)]
    return {file.name: read_values(file.data, file.name) for file in apply_overlays(files, order)}


def test_overlays_that_are_not_named_do_not_show() -> None:
    assert list(overlaid(("overlays/prod/b.yaml", "b: 1"), order=())) == ["a.yaml"]


def test_a_namesake_replaces_the_file_and_other_files_are_added() -> None:
    found = overlaid(("overlays/prod/a.yaml", "new: 1"), ("overlays/prod/sub/b.yaml", "b: 1"))
    assert found == {"a.yaml": {"new": 1}, "sub/b.yaml": {"b": 1}}


def test_a_patch_file_changes_its_base() -> None:
    found = overlaid(("overlays/prod/a_patch.yaml", "data: {x: '9', w: null}"))
    assert found["a.yaml"]["data"] == {"x": "9"}  # type: ignore[index]


def test_a_patch_may_be_a_list_of_operations() -> None:
    found = overlaid(("overlays/prod/a_patch.yaml", '[{"op": "add", "path": "/data/z", "value": "3"}]'))
    assert found["a.yaml"]["data"] == {"x": "1", "w": "2", "z": "3"}  # type: ignore[index]


def test_later_overlays_win() -> None:
    one, two = ("overlays/one/a.yaml", "from: one"), ("overlays/two/a.yaml", "from: two")
    assert overlaid(one, two, order=("one", "two"))["a.yaml"] == {"from": "two"}
    assert overlaid(one, two, order=("two", "one"))["a.yaml"] == {"from": "one"}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("overlays/prod/absent_patch.yaml", "{}", "there is no absent.yaml to patch"),
        ("overlays/prod/a_patch.yaml", "[{op: remove, path: /nope}]", "the JSON patch does not fit"),
        ("overlays/prod/a_patch.yaml", "text", "a patch is a map or a list"),
        ("overlays/other/a.yaml", "{}", "overlay 'prod' is not in the bundle"),
    ],
)
def test_an_overlay_that_does_not_fit_is_named(name: str, text: str, said: str) -> None:
    with pytest.raises(BadContent, match=said):
        overlaid((name, text))


CONTAINERS = {
    "apiVersion": "apps/v1",
    "spec": {
        "containers": [{"name": "a", "image": "1", "env": [{"name": "X", "value": "1"}]}, {"name": "b"}]
    },
}


def test_lists_of_built_in_kinds_are_merged_by_their_key() -> None:
    change = {"spec": {"containers": [{"name": "a", "image": "2", "env": [{"name": "Y", "value": "2"}]}]}}
    found = apply_patch(CONTAINERS, change, "x")["spec"]["containers"]
    env = [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}]
    assert found == [{"name": "a", "image": "2", "env": env}, {"name": "b"}]


def test_directives_delete_and_replace() -> None:
    deleted = strategic_merge(CONTAINERS, {"spec": {"containers": [{"name": "b", "$patch": "delete"}]}})
    assert [item["name"] for item in deleted["spec"]["containers"]] == ["a"]
    replaced = strategic_merge({"a": {"b": 1}}, {"a": {"$patch": "replace", "c": 2}})
    assert replaced == {"a": {"c": 2}}


def test_lists_of_other_kinds_are_one_value() -> None:
    custom = {"apiVersion": "example.com/v1", "spec": {"containers": [{"name": "a"}]}}
    found = apply_patch(custom, {"spec": {"containers": [{"name": "b"}]}}, "x")
    assert found["spec"]["containers"] == [{"name": "b"}]


def test_ports_are_told_apart_by_their_protocol_too() -> None:
    target = {"apiVersion": "v1", "ports": [{"port": 53, "protocol": "UDP"}, {"port": 53}]}
    found = strategic_merge(target, {"ports": [{"port": 53, "name": "tcp"}]})
    assert found["ports"] == [{"port": 53, "protocol": "UDP"}, {"port": 53, "name": "tcp"}]


def test_a_merge_patch_deletes_with_null() -> None:
    assert merge_patch({"a": {"b": 1, "c": 2}}, {"a": {"b": None}, "d": {"e": None}}) == {
        "a": {"c": 2},
        "d": {},
    }


def test_a_patch_changes_a_copy() -> None:
    target = {"apiVersion": "v1", "data": {"a": "1"}}
    apply_patch(target, {"data": {"a": "2"}}, "x")
    assert target == {"apiVersion": "v1", "data": {"a": "1"}}
