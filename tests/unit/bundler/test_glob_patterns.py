"""Patterns mean what Go's filepath.Match makes of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.bundler.domain.glob import BadPattern, is_magic, matches


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("abc", "abc", True),
        ("*", "abc", True),
        ("*c", "abc", True),
        ("a*", "ab/c", False),
        ("a*/b", "abc/b", True),
        ("a*b*c*d*e*/f", "axbxcxdxe/f", True),
        ("a*b?c*x", "abxbbxdbxebxczzx", True),
        ("a?b", "a/b", False),
        ("ab[c]", "abc", True),
        ("ab[b-d]", "abc", True),
        ("ab[e-g]", "abc", False),
        ("ab[^c]", "abc", False),
        ("ab[^e-g]", "abc", True),
        ("a[^a]b", "a/b", False),
        ("a\\*b", "a*b", True),
        ("a\\*b", "ab", False),
        ("a[\\]]b", "a]b", True),
        ("a[\\-x]", "a-", True),
        ("[!a]", "!", True),
        ("a[z-a]", "az", False),
        ("*.y?ml", "a.yaml", True),
        ("\\#x", "#x", True),
        ("é*", "éa", True),
    ],
)
def test_a_pattern_matches_as_in_go(pattern: str, name: str, expected: bool) -> None:
    assert matches(pattern, name) is expected


@pytest.mark.parametrize("pattern", ["[", "[^", "[^bc", "a[", "[]a]", "[-]", "[x-]", "[-x]", "a\\", "[a-\\"])
def test_a_broken_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(BadPattern):
        matches(pattern, "a")


def test_only_patterns_are_magic() -> None:
    assert [text for text in ("a", "a/b", "a*", "a?", "[a]", "a\\b") if is_magic(text)] == [
        "a*",
        "a?",
        "[a]",
        "a\\b",
    ]


PIECES = {
    "*": "",
    "?": "ab-*",
    "a": "a",
    "/": "/",
    "\\*": "*",
    "[ab]": "ab",
    "[^a]": "b-*",
    "[\\--b]": "-/ab",
    "[b-a]": "",
}
"""What a pattern is made of, and which characters of the names below each piece but the star may be."""


def slowly(pieces: list[str], name: str) -> bool:
    """Whether a name fits, by trying everything."""
    if not pieces:
        return not name
    first, rest = pieces[0], pieces[1:]
    if first == "*":
        return slowly(rest, name) or (name[:1] not in ("", "/") and slowly(pieces, name[1:]))
    return bool(name) and name[0] in PIECES[first] and slowly(rest, name[1:])


@given(st.lists(st.sampled_from(sorted(PIECES)), max_size=7), st.text("ab/-*", max_size=7))
def test_a_pattern_matches_what_trying_everything_finds(pieces: list[str], name: str) -> None:
    assert matches("".join(pieces), name) is slowly(pieces, name)


def test_many_stars_cost_no_more_than_their_number() -> None:
    name = "a" * 4000

    assert not matches("*a" * 16 + "*b", name)
    assert matches("*a" * 2000 + "**", name)
    assert not matches("*a" * 400_000 + "*b", name)
