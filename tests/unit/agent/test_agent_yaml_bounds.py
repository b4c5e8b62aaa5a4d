"""YAML that would end the process or fill its memory is refused before it is read, with file and line."""

import pytest

from fleet.agent.domain.errors import BadContent
from fleet.agent.domain.files import File
from fleet.agent.domain.rendering import plain_objects
from fleet.agent.domain.yaml_bounds import MAX_DEPTH, TooComplex, check_bounds
from fleet.agent.domain.yamldocs import read_values

DEEP = "b: 1\na: " + "[" * 100_000
BOMB = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 11))


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (DEEP, 2, "levels deep"),
        (DEEP.encode(), 2, "levels deep"),
        ("- " * 100_000 + "x", 1, "levels deep"),
        ("".join(f"{' ' * n}a:\n" for n in range(200)), MAX_DEPTH + 1, "levels deep"),
        (f"a: &a {'[' * 60}{']' * 60}\nb: {'[' * 60}*a{']' * 60}\n", 2, "levels deep"),
        (f"a: &a {'[' * 60}{']' * 60}\nb: &b [*a]\nc: {'[' * 39}*b{']' * 39}\n", 3, "levels deep"),
        (BOMB, 7, "aliases included"),
        ("a: &a [*a]\n", 1, "leads back to itself"),
        ("a: 1\n---\nb: &b {c: {d: *b}}\n", 3, "leads back to itself"),
    ],
)
def test_what_is_too_deep_or_too_large_is_refused_with_its_line(
    text: str | bytes, line: int, reason: str
) -> None:
    with pytest.raises(TooComplex, match=reason) as refused:
        check_bounds(text)
    assert refused.value.line == line


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: &a {b: 1}\nc: {<<: *a, d: *a}\n---\na: &a [1]\nb: *a\n",
        "[" * MAX_DEPTH + "]" * MAX_DEPTH,
        "".join(f"- name: item-{n}\n  value: &v{n} {n}\n  again: *v{n}\n" for n in range(20_000)),
    ],
)
def test_ordinary_files_pass(text: str) -> None:
    check_bounds(text)


@pytest.mark.parametrize(("text", "line"), [(DEEP, 2), (BOMB, 7)])
def test_a_manifest_beyond_the_bounds_is_bad_content_of_that_file(text: str, line: int) -> None:
    with pytest.raises(BadContent, match=rf"^apps/deep\.yaml: YAML parse error: line {line}: more than"):
        plain_objects([File("apps/deep.yaml", text.encode())])


@pytest.mark.parametrize("text", [DEEP, BOMB])
def test_values_and_patches_beyond_the_bounds_are_bad_content(text: str) -> None:
    with pytest.raises(BadContent, match="values: YAML parse error: line"):
        read_values(text, "values")
