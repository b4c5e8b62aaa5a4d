"""YAML is read and written as the API server, Helm and kubectl do."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.agent.domain.errors import BadContent
from fleet.agent.domain.yamldocs import read_objects, read_values, write_objects, write_values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("y", True),
        ("Off", False),
        ("n", False),
        ("12:30", "12:30"),
        ("2020-01-01", "2020-01-01"),
        ("2001-12-14t21:59:43.10-05:00", "2001-12-14t21:59:43.10-05:00"),
        ("1e3", 1000),
        ("0644", 420),
        ("0o17", 15),
        ("0x1f", 31),
        ("0b11", 3),
        ("1_000", 1000),
        ("08", 8),
        ("~", None),
        ("null", None),
        ("'yes'", "yes"),
        ("1.5", 1.5),
        ("v1.2.3", "v1.2.3"),
    ],
)
def test_scalars_are_what_kubernetes_takes_them_for(text: str, value: object) -> None:
    found = read_values(f"a: {text}\n", "x")["a"]
    assert found == value
    assert type(found) is type(value) or isinstance(found, float)


def test_keys_that_are_no_strings_become_what_json_makes_of_them() -> None:
    assert read_values("{n: 1, 2: 3, null: 4}", "x") == {"false": 1, "2": 3, "null": 4}


WORDS = ("y", "n", "yes", "No", "on", "off", "~", "null", "<<", "=", "'", "", " ")
NUMBERS = ("1e3", "0644", "0o17", "0x1F", ".5", "1.", "12:30", "2020-01-01")
SIGNS = ("#x", "@x", "*a", "&a", "!t", "%d", "|", "a: b", "- x", "{{ x }}")
SPACE = ("a\nb", "a \nb\n\n", "\ttab", " a\n  b")
AWKWARD = st.sampled_from((*WORDS, *NUMBERS, *SIGNS, *SPACE))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | AWKWARD | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(AWKWARD | st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_written_is_read_back_the_same(value: object) -> None:
    assert read_values(write_values(value), "x") == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_keep_their_value(number: float) -> None:
    found = read_values(write_values(number), "x")
    assert math.isclose(found, number, rel_tol=1e-12, abs_tol=1e-300)


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


def test_a_syntax_error_names_the_line() -> None:
    with pytest.raises(BadContent, match="line 3"):
        read_objects("apiVersion: v1\nkind: A\nx: y: z\n", "a.yaml")


def test_the_same_objects_are_always_written_the_same() -> None:
    one = {"apiVersion": "v1", "kind": "A", "data": {"b": "1", "a": "2"}}
    other = {"kind": "A", "data": {"a": "2", "b": "1"}, "apiVersion": "v1"}
    assert write_objects([one]) == write_objects([other])
