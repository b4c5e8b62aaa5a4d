"""What is written is read back as it was."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.yaml import read_all, read_first, write, write_all

WORDS = ("y", "n", "yes", "No", "on", "off", "~", "null", "<<", "=", "'", "", " ")
NUMBERS = ("1e3", "0644", "0o17", "0x1F", ".5", "1.", "12:30", "2020-01-01", "1_0", "+5", ".inf", "0b1")
SIGNS = ("#x", "@x", "*a", "&a", "!t", "%d", "|", "a: b", "- x", "{{ x }}")
SPACE = ("a\nb", "a \nb\n\n", "\ttab", " a\n  b")
AWKWARD = st.sampled_from((*WORDS, *NUMBERS, *SIGNS, *SPACE))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | AWKWARD | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(AWKWARD | st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_written_is_read_back_the_same(value: object) -> None:
    assert read_first(write(value)).value == value


@given(st.lists(VALUES, max_size=4))
def test_a_stream_is_read_back_the_same(values: list[object]) -> None:
    assert [document.value for document in read_all(write_all(values))] == values


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_keep_their_value(number: float) -> None:
    assert float(read_first(write(number)).value) == number


@pytest.mark.parametrize(("number", "text"), [(3.0, "3"), (1.5, "1.5"), (1e22, "1e+22"), (-0.0, "0")])
def test_a_float_that_is_whole_is_written_as_json_has_it(number: float, text: str) -> None:
    assert write({"a": number}) == f"a: {text}\n"


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_has_not_is_not_written(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write({"a": number})


def test_the_same_values_are_always_written_the_same_without_aliases() -> None:
    shared = {"b": "1", "a": "2"}

    assert write([shared, {"a": "2", "b": "1"}, shared]) == "- a: '2'\n  b: '1'\n" * 3
