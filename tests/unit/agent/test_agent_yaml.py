"""The files of a bundle become objects, or an error that names the file and the line."""

import pytest

from fleet.agent.domain.errors import BadContent
from fleet.agent.domain.files import File
from fleet.agent.domain.rendering import plain_objects
from fleet.agent.domain.yamldocs import read_objects, read_values, write_objects

GOOD = "{apiVersion: v1, kind: A}"
DEEP = "b: 1\na: " + "[" * 100_000
BOMB = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 11))


def test_a_stream_of_objects_leaves_out_empty_documents_and_unfolds_lists() -> None:
    text = (
        "---\n# nothing\n---\napiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: A}\n"
        "- {apiVersion: v1, kind: B}\n---\n{apiVersion: v1, kind: C}\n"
    )
    assert [item["kind"] for item in read_objects(text, "x")] == ["A", "B", "C"]


def test_json_is_yaml() -> None:
    assert read_objects('{"apiVersion": "v1", "kind": "A"}', "x") == [{"apiVersion": "v1", "kind": "A"}]


@pytest.mark.parametrize("text", ["a: b: c\n", "just text\n", "{kind: A}\n", "- 1\n"])
def test_what_is_no_object_is_refused_with_the_file(text: str) -> None:
    with pytest.raises(BadContent, match=r"^conf/a\.yaml: YAML parse error"):
        read_objects(text, "conf/a.yaml")


@pytest.mark.parametrize(
    "text", ["apiVersion: v1\nkind: A\nx: y: z\n", "{apiVersion: v1, kind: A}\n---\na: 1\n"]
)
def test_an_error_names_the_line(text: str) -> None:
    with pytest.raises(BadContent, match="line 3"):
        read_objects(text, "a.yaml")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("metadata: [x]\n", "line 3: metadata must be a map"),
        ("metadata:\n  name: a\n  labels: x\n", "line 5: metadata.labels must be a map"),
        ("metadata:\n  annotations: [a]\n", "line 4: metadata.annotations must be a map"),
    ],
)
def test_metadata_that_no_object_can_have_is_refused_with_its_line(text: str, reason: str) -> None:
    with pytest.raises(BadContent) as caught:
        read_objects(f"apiVersion: v1\nkind: A\n{text}", "a.yaml")
    assert str(caught.value) == f"a.yaml: YAML parse error: {reason}"


@pytest.mark.parametrize("item", ["null", "5", "{a: 1}", "{apiVersion: v1, kind: A, metadata: 1}"])
def test_an_item_of_a_list_that_is_no_object_is_refused_with_its_line(item: str) -> None:
    with pytest.raises(BadContent, match=r"^a\.yaml: YAML parse error: line 5: "):
        read_objects(f"apiVersion: v1\nkind: List\nitems:\n- {GOOD}\n- {item}\n", "a.yaml")


def test_items_of_a_typed_list_have_its_kind() -> None:
    text = "apiVersion: v1\nkind: ConfigMapList\nitems:\n- metadata: {name: a}\n"
    assert read_objects(text, "x") == [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}},
    ]


def test_values_are_one_document() -> None:
    assert read_values("", "x") is None
    assert read_values("---\na: 1\n", "x") == {"a": 1}
    with pytest.raises(BadContent, match="line 3: another document"):
        read_values("a: 1\n---\nb: 1\n", "x")


def test_the_same_objects_are_always_written_the_same() -> None:
    one = {"apiVersion": "v1", "kind": "A", "data": {"b": "1", "a": "2"}}
    other = {"kind": "A", "data": {"a": "2", "b": "1"}, "apiVersion": "v1"}
    assert write_objects([one]) == write_objects([other])


@pytest.mark.parametrize(("text", "line"), [(DEEP, 2), (BOMB, 7)])
def test_a_manifest_beyond_the_bounds_is_bad_content_of_that_file(text: str, line: int) -> None:
    with pytest.raises(BadContent, match=rf"^apps/deep\.yaml: YAML parse error: line {line}: more than"):
        plain_objects([File("apps/deep.yaml", text.encode())])


@pytest.mark.parametrize("text", [DEEP, BOMB])
def test_values_and_patches_beyond_the_bounds_are_bad_content(text: str) -> None:
    with pytest.raises(BadContent, match="values: YAML parse error: line"):
        read_values(text, "values")
