"""YAML means what Kubernetes' parser makes of it (fleet.md 2.1, quirks 36 and 37)."""

import math
from typing import Any

import pytest

from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.scalars import plain
from fleet.bundler.domain.yamltext import MAX_DEPTH, parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("NULL", None),
        ("nULL", "nULL"),
        ("y", True),
        ("Yes", True),
        ("on", True),
        ("TRUE", True),
        ("tRUE", "tRUE"),
        ("n", False),
        ("NO", False),
        ("off", False),
        ("False", False),
        ("0", 0),
        ("007", 7),
        ("017", 15),
        ("0o17", 15),
        ("0o8", "0o8"),
        ("08", 8.0),
        ("0x1F", 31),
        ("0b11", 3),
        ("-5", -5),
        ("+5", 5),
        ("-0b11", -3),
        ("1_000", 1000),
        ("-", "-"),
        (".", "."),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e", "1e"),
        ("1.2.3", "1.2.3"),
        ("18446744073709551615", 18446744073709551615),
        ("18446744073709551616", 18446744073709551616.0),
        ("-9223372036854775809", -9223372036854775809.0),
        ("2020-01-01", "2020-01-01"),
        ("12:30:45", "12:30:45"),
        ("0755a", "0755a"),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("1_0.5", 10.5),
        ("text", "text"),
        ("1 2", "1 2"),
    ],
)
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
        ("a: 1\na: 2\n", {"a": 2}),
        ("1: a\ntrue: b\n1.5: c\n1e3: d\n", {"1": "a", "true": "b", "1.5": "c", "1000": "d"}),
        ('a: "5"\nb: \'yes\'\nc: !!str 5\nd: !!int "5"\n', {"a": "5", "b": "yes", "c": "5", "d": 5}),
        ("x: &x {a: 1, b: 2}\nk:\n  a: 0\n  <<: *x\n", {"x": {"a": 1, "b": 2}, "k": {"a": 1, "b": 2}}),
        ("x: &x {a: 1}\nk:\n  <<: *x\n  a: 0\n", {"x": {"a": 1}, "k": {"a": 0}}),
        ("a: &a {k: 1}\nb: &b {k: 2, m: 2}\nc: {<<: [*a, *b]}\n",
         {"a": {"k": 1}, "b": {"k": 2, "m": 2}, "c": {"k": 1, "m": 2}}),
        ("a: 1\n---\nb: [\n", {"a": 1}),
        ("\ufeffa: b\r\nc:\r\n- d\r\n", {"a": "b", "c": ["d"]}),
        ("# only a comment\n", None), ("", None), ("---\n", None),
        ("a: |\n  x\n  y\nb: >-\n  x\n  y\n", {"a": "x\ny\n", "b": "x y"}),
        ("a: '*b'\n", {"a": "*b"}),
        ("'<<': {a: 1}\n", {"<<": {"a": 1}}),
    ],
)  # fmt: skip
def test_a_document_is_read_as_in_kubernetes(text: str, expected: Any) -> None:
    assert parse(text.encode(), "f.yaml").value == expected


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: [\n", "f.yaml:2: is not valid YAML"),
        ("a: b\n\tc: d\n", "f.yaml:2: is not valid YAML"),
        ("a: *nowhere\n", "f.yaml:1: found an alias to an anchor"),
        ("a: &a [*a]\n", "f.yaml:1: found an alias to an anchor"),
        ("a:\n  [1, 2]: b\n", "f.yaml:2: a key must be"),
        ("~: b\n", "f.yaml:1: a key must be"),
        ("<<: 5\n", "f.yaml:1: map merge requires a map"),
        ("%YAML 1.2\n---\na: b\n", "f.yaml:1: found incompatible YAML document"),
        ("a: " + "[" * 100_000, f"f.yaml:1: is more than {MAX_DEPTH} levels deep"),
        ("a: b\n" + "".join("  " * n + "- \n" for n in range(500)), "f.yaml"),
    ],
    ids=range(10),
)
def test_what_is_no_document_is_an_error_with_its_line(text: str, place: str) -> None:
    with pytest.raises(BadInput) as failure:
        parse(text.encode(), "f.yaml")

    assert str(failure.value).startswith(place)


def test_bytes_that_are_no_text_are_an_error() -> None:
    with pytest.raises(BadInput, match=r"^f\.yaml: is not valid YAML"):
        parse(b"a: \xff\xfe", "f.yaml")


def test_a_million_laughs_end_early() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
    for one, other in zip("abcdefg", "bcdefgh", strict=True):
        bomb += f"{other}: &{other} [{','.join([f'*{one}'] * 10)}]\n"

    with pytest.raises(BadInput, match=r"more than 500000 values"):
        parse(bomb.encode(), "f.yaml")


def test_lines_are_known_for_every_value() -> None:
    document = parse(b"a: 1\nb:\n  c:\n  - x\n  - y\n", "f.yaml")

    assert document.line(("b", "c", 1)) == 5
    assert document.line(("b", "c", 7)) == 3
    assert str(document.wrong(("b", "c", 1), "is bad")) == "f.yaml:5: b.c[1]: is bad"
