"""YAML that would end the process or fill its memory is refused while it is read, with its line."""

import pytest

from fleet.yaml import MAX_DEPTH, InvalidYaml, read_all

DEEP = "b: 1\na: " + "[" * 100_000
BOMB = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 11))


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (DEEP, 2, "more than 100 levels deep"),
        (DEEP.encode(), 2, "more than 100 levels deep"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), 1, "more than 100 levels deep"),
        ("- " * 100_000 + "x", 1, "levels deep"),
        ("".join(f"{' ' * n}a:\n" for n in range(200)), MAX_DEPTH + 1, "levels deep"),
        (f"a: &a {'[' * 60}{']' * 60}\nb: {'[' * 60}*a{']' * 60}\n", 2, "levels deep"),
        (f"a: &a {'[' * 60}{']' * 60}\nb: &b [*a]\nc: {'[' * 39}*b{']' * 39}\n", 3, "levels deep"),
        (f"a: [&a {'[' * 60}{']' * 60}, &b [1], *a]\nb: {'[' * 60}*a{']' * 60}\n", 2, "levels deep"),
        (f"a: &a '{'x' * (1 << 20)}'\nb: [{'*a,' * 100_000}]\n", 2, "more than 1000000 values"),
        (BOMB, 7, "more than 1000000 values, aliases included"),
        ("- 1\n---\n" * 510_000, 1_000_001, "more than 1000000 values, aliases included"),
    ],
    ids=range(11),
)
def test_what_is_too_deep_or_too_large_is_refused_with_its_line(
    text: str | bytes, line: int, reason: str
) -> None:
    with pytest.raises(InvalidYaml, match=reason) as refused:
        for _ in read_all(text):
            pass
    assert refused.value.line == line


@pytest.mark.parametrize(
    "text",
    [
        "a: &a {b: 1}\nc: {<<: *a, d: *a}\n---\na: &a [1]\nb: *a\n",
        "[" * MAX_DEPTH + "]" * MAX_DEPTH,
        "[" * MAX_DEPTH + "x" + "]" * MAX_DEPTH,
        f"a: &a {'[' * 60}{']' * 60}\nb: {'[' * 39}*a{']' * 39}\n",
        f"a: {'[' * 90}&a [1]{']' * 90}\nb: {'[' * 90}*a{']' * 90}\n",
        "".join(f"- name: item-{n}\n  value: &v{n} {n}\n  again: *v{n}\n" for n in range(20_000)),
    ],
    ids=range(6),
)
def test_ordinary_files_pass(text: str) -> None:
    assert list(read_all(text))
