"""A file of a repository is a document, or an error that names the file, the line and the field."""

import pytest

from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.yamltext import parse


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"a: [\n", "f.yaml:2: is not valid YAML"),
        (b"a: b\n\tc: d\n", "f.yaml:2: is not valid YAML"),
        (b"a: \xff\xfe", "f.yaml:1: is not valid YAML"),
        (b"a:\n  [1, 2]: b\n", "f.yaml:2: a: a key must be"),
        (b"a: " + b"[" * 100_000, "f.yaml:1: more than 100 levels deep"),
    ],
    ids=range(5),
)
def test_what_is_no_document_is_bad_input_of_that_file(data: bytes, error: str) -> None:
    with pytest.raises(BadInput) as failure:
        parse(data, "f.yaml")

    assert str(failure.value).startswith(error)


def test_only_the_first_document_of_a_file_counts() -> None:
    assert parse(b"a: 1\n---\nb: [\n", "f.yaml").value == {"a": 1}
    assert parse(b"", "f.yaml").value is None


def test_lines_are_known_for_every_value() -> None:
    document = parse(b"a: 1\nb:\n  c:\n  - x\n  - y\n", "f.yaml")

    assert document.line(("b", "c", 1)) == 5
    assert document.line(("b", "c", 7)) == 3
    assert str(document.wrong(("b", "c", 1), "is bad")) == "f.yaml:5: b.c[1]: is bad"
