"""A document is what sigs.k8s.io/yaml makes of it (fleet.md, quirk 36), and its lines are known."""

from typing import Any

import pytest

from fleet.yaml import InvalidYaml, dotted, read_all, read_first


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\na: 2\n", {"a": 2}),
        ("1: a\ntrue: b\n1.5: c\n1e3: d\n1e6: e\n",
         {"1": "a", "true": "b", "1.5": "c", "1000": "d", "1e+06": "e"}),
        ("n: 1\n.inf: 2\n!!binary aGVsbG8=: 3\n2020-01-01: 4\n",
         {"false": 1, ".inf": 2, "hello": 3, "2020-01-01": 4}),
        ('a: "5"\nb: \'yes\'\nc: !!str 5\nd: !!int "5"\n', {"a": "5", "b": "yes", "c": "5", "d": 5}),
        ("x: &x {a: 1, b: 2}\nk:\n  a: 0\n  <<: *x\n", {"x": {"a": 1, "b": 2}, "k": {"a": 1, "b": 2}}),
        ("x: &x {a: 1}\nk:\n  <<: *x\n  a: 0\n", {"x": {"a": 1}, "k": {"a": 0}}),
        ("x: &x {a: 1}\nk: {!!merge <<: *x}\n", {"x": {"a": 1}, "k": {"a": 1}}),
        ("a: &a {k: 1}\nb: &b {k: 2, m: 2}\nc: {<<: [*a, *b]}\n",
         {"a": {"k": 1}, "b": {"k": 2, "m": 2}, "c": {"k": 1, "m": 2}}),
        ("b: {<<: {a: 1}, <<: {c: 1}}\n", {"b": {"a": 1, "c": 1}}),
        ("'<<': {a: 1}\n", {"<<": {"a": 1}}),
        ("? !!str <<\n: {a: 1}\n", {"<<": {"a": 1}}),
        ("&a a: *a\n", {"a": "a"}),
        ("a: &x 5\n*x : 3\n", {"a": 5, "5": 3}),
        ("a: &x [&x 1, *x]\nb: *x\n", {"a": [1, 1], "b": 1}),
        ("a: &x 1e6\n*x : *x\n", {"a": 1000000, "1e+06": 1000000}),
        ("a: 1\n---\nb: [\n", {"a": 1}),
        ("\ufeffa: b\r\nc:\r\n- d\r\n", {"a": "b", "c": ["d"]}),
        ("# only a comment\n", None), ("", None), ("---\n", None),
        ("--- text\n", "text"),
        ("a: |\n  x\n  y\nb: >-\n  x\n  y\n", {"a": "x\ny\n", "b": "x y"}),
        ("a: '*b'\n", {"a": "*b"}),
        ('{"a": ["b", null, 1.5]}', {"a": ["b", None, 1.5]}),
    ],
)  # fmt: skip
def test_a_document_is_read_as_in_kubernetes(text: str, expected: Any) -> None:
    assert read_first(text).value == expected
    assert read_first(text.encode()).value == expected


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a: [\n", "line 2: is not valid YAML: did not find"),
        ("a: b\n\tc: d\n", "line 2: is not valid YAML: a tab in the indentation; use spaces"),
        ("a:\n  \t- b\n", "line 2: is not valid YAML: a tab in the indentation; use spaces"),
        ("a: 1\n---\nb: x: y\n", "document 2, line 3: is not valid YAML: mapping values"),
        ("a: 1\nb: \x07\n", "line 2: is not valid YAML: control characters are not allowed"),
        ("a: \ud800\n", "is not valid YAML: cannot be decoded"),
        (b"a: 1\nb: \xff\xfe", "line 2: is not valid YAML: invalid leading UTF-8 octet"),
        ("a: *nowhere\n", "line 1: an alias to an anchor that is not there before it"),
        ("a: &a 1\n---\nb: *a\n", "document 2, line 3: an alias to an anchor"),
        ("a: &a [*a]\n", "line 1: an alias that leads back to itself"),
        ("a: 1\n---\nb: &b {c: {d: *b}}\n", "document 2, line 3: an alias that leads back to itself"),
        ("a:\n  [1, 2]: b\n", "line 2: a key must be"),
        ("a: &a {}\n*a : b\n", "line 2: a key must be"),
        ("~: b\n", "line 1: a key must be"),
        ("18446744073709551615: b\n", "line 1: a key must be"),
        ("<<: 5\n", "line 1: map merge requires a map"),
        ("a: &a [{b: 1}]\nc:\n  <<: *a\n", "line 3: map merge requires a map"),
        ("%YAML 1.2\n---\na: b\n", "line 1: is not valid YAML: only version 1.1 is read"),
    ],
)
def test_what_is_no_document_is_an_error_with_its_document_and_line(text: str | bytes, error: str) -> None:
    with pytest.raises(InvalidYaml) as refused:
        list(read_all(text))

    assert str(refused.value).startswith(error)


def test_documents_come_one_after_the_other_with_their_numbers() -> None:
    found = list(read_all("a: 1\n---\n# nothing\n---\n- b\n...\n---\n~\n"))

    assert [(document.number, document.value) for document in found] == [
        (1, {"a": 1}),
        (2, None),
        (3, ["b"]),
        (4, None),
    ]
    assert [document.line(()) for document in found] == [1, 4, 5, 8]


def test_what_is_wrong_further_down_does_not_keep_back_what_is_before() -> None:
    documents = read_all("a: 1\n---\nb: [\n")

    assert next(documents).value == {"a": 1}
    with pytest.raises(InvalidYaml):
        next(documents)


def test_lines_are_known_for_every_value() -> None:
    document = read_first("a: 1\nb:\n  c:\n  - x\n  - y\n")

    assert document.line(("b",)) == 2
    assert document.line(("b", "c", 1)) == 5
    assert document.line(("b", "c", 7)) == 3
    assert document.line(("z",)) == 1


def test_a_key_that_stands_twice_is_an_error_for_who_says_so() -> None:
    text = "x: &x {a: 1}\nm:\n  a: 0\n  <<: *x\n  b: 1\n  'a': 2\n"

    assert read_first(text).value["m"] == {"a": 2, "b": 1}
    with pytest.raises(InvalidYaml, match=r"^line 6: is there twice, first on line 3$") as refused:
        list(read_all(text, unique_keys=True))
    assert dotted(refused.value.at) == "m.a"


def test_equal_keys_of_different_documents_and_merges_are_no_doubles() -> None:
    text = "a: {b: 1}\n---\na: &a {b: 1}\nc: {<<: *a, b: 2}\nd: {b: 2, <<: *a}\n"

    assert len(list(read_all(text, unique_keys=True))) == 2
