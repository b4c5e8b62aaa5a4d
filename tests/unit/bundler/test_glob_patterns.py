"""Patterns mean what Go's filepath.Match makes of them."""

import pytest

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
