"""A scalar is what sigs.k8s.io/yaml makes of it; the expectations were asked of that library itself."""

import math

import pytest

from fleet.yaml import InvalidYaml, number_text, read_first
from fleet.yaml.scalars import json_number, plain

PLAIN = [
    ("", None),
    ("~", None),
    ("null", None),
    ("NULL", None),
    ("nULL", "nULL"),
    ("y", True),
    ("yes", True),
    ("Yes", True),
    ("on", True),
    ("TRUE", True),
    ("tRUE", "tRUE"),
    ("n", False),
    ("NO", False),
    ("off", False),
    ("Off", False),
    ("False", False),
    ("0", 0),
    ("007", 7),
    ("017", 15),
    ("0644", 420),
    ("0o17", 15),
    ("0o8", "0o8"),
    ("08", 8.0),
    ("0x1F", 31),
    ("0X1f", 31),
    ("-0x1f", -31),
    ("0x", "0x"),
    ("0b11", 3),
    ("-5", -5),
    ("+5", 5),
    ("-0b11", -3),
    ("1_000", 1000),
    ("1__0", 10),
    ("_1", "_1"),
    ("-", "-"),
    ("-_", "-_"),
    ("+", "+"),
    (".", "."),
    ("1.5", 1.5),
    ("1e3", 1000.0),
    ("1E-2", 0.01),
    (".5", 0.5),
    ("+.5", 0.5),
    ("-.5e3", -500.0),
    (".5_0", 0.5),
    (".5_", ".5_"),
    ("1.", 1.0),
    ("1e", "1e"),
    ("1e400", "1e400"),
    ("1.2.3", "1.2.3"),
    ("v1.2.3", "v1.2.3"),
    ("9223372036854775808", 9223372036854775808),
    ("18446744073709551615", 18446744073709551615),
    ("18446744073709551616", 18446744073709551616.0),
    ("-9223372036854775809", -9223372036854775809.0),
    ("0xFFFFFFFFFFFFFFFFFF", "0xFFFFFFFFFFFFFFFFFF"),
    ("9" * 5000, "9" * 5000),
    ("2020-01-01", "2020-01-01"),
    ("2001-12-14t21:59:43.10-05:00", "2001-12-14t21:59:43.10-05:00"),
    ("12:30", "12:30"),
    ("12:30:45", "12:30:45"),
    ("0755a", "0755a"),
    (".inf", math.inf),
    ("-.INF", -math.inf),
    ("1_0.5", 10.5),
    ("text", "text"),
    ("1 2", "1 2"),
    ("<<", "<<"),
]


@pytest.mark.parametrize(("text", "expected"), PLAIN, ids=lambda word: str(word)[:30])
def test_a_plain_scalar_is_what_go_makes_of_it(text: str, expected: object) -> None:
    found = plain(text)

    assert found == expected
    assert type(found) is type(expected)


def test_not_a_number_is_a_float() -> None:
    found = plain(".nan")

    assert isinstance(found, float)
    assert math.isnan(found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"5"', "5"),
        ("'yes'", "yes"),
        ("!!str 5", "5"),
        ("!!str null", "null"),
        ("!!str", ""),
        ('!!int "5"', 5),
        ("!!float 5", 5),
        ("!!bool 'yes'", True),
        ("!!null ''", None),
        ("!!timestamp 2020-01-01", "2020-01-01"),
        ("!!binary aGVsbG8=", "hello"),
        ("!!binary |\n  aGVs\n  bG8=", "hello"),
        ("! 5", "5"),
        ("!foo 5", "5"),
        ("!foo {x: 1}", {"x": 1}),
        ("!!python/none x", "x"),
    ],
)
def test_quotes_and_tags_say_what_a_scalar_is(text: str, expected: object) -> None:
    found = read_first(f"a: {text}\n").value["a"]

    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize("text", ["!!int x", "!!int 1.5", "!!int", "!!null x", "!!bool 1", "!!binary x"])
def test_a_scalar_that_is_not_what_its_tag_says_is_refused(text: str) -> None:
    with pytest.raises(InvalidYaml, match=r"^line 2: is not .* its tag !!\w+ says$") as refused:
        read_first(f"a: 1\nb: {text}\n")

    assert refused.value.at == ("b",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1e3", 1000),
        ("1.0", 1),
        ("-0.0", 0),
        ("1e18", 10**18),
        ("4.6032331371093645e17", 460323313710936450),
        ("1e19", 1e19),
        ("0.1", 0.1),
    ],
)
def test_a_float_that_is_whole_is_an_integer_to_json(text: str, expected: object) -> None:
    found = read_first(f"a: {text}\n").value["a"]

    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize("text", [".nan", ".inf", "-.inf"])
def test_a_number_that_json_has_not_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(InvalidYaml, match=r"^line 2: is not a number that JSON has$") as refused:
        read_first(f"a:\n- {text}\n")

    assert refused.value.at == ("a", 0)


def test_who_makes_text_of_floats_can_have_them_as_yaml_does() -> None:
    found = read_first("[1e6, .inf, 1]", yaml_floats=True).value

    assert found == [1e6, math.inf, 1]
    assert [type(item) for item in found] == [float, float, int]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.5, "1.5"),
        (1000.0, "1000"),
        (123456.0, "123456"),
        (1e6, "1e+06"),
        (1234567.5, "1.2345675e+06"),
        (16777217.0, "1.6777216e+07"),
        (0.1, "0.1"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (-0.5, "-0.5"),
        (-0.0, "-0"),
        (1e21, "1e+21"),
        (1e39, "+Inf"),
        (-math.inf, "-Inf"),
        (math.nan, "NaN"),
        (1e-46, "0"),
    ],
)
def test_a_float_as_text_is_gos(value: float, text: str) -> None:
    assert number_text(value) == text


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_json_has_no_such_number(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        json_number(value)
