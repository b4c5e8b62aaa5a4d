"""Which names a branch or tag can have (fleet.md 7.2)."""

import pytest

from fleet.git import BadReference, check_reference, is_commit


@pytest.mark.parametrize("name", ["main", "release/1.0", "feature-x", "größe", "a.b", "@x", "v1.0.0-rc.1"])
def test_ordinary_names_pass(name: str) -> None:
    check_reference(name, repo="r")


@pytest.mark.parametrize(
    "name",
    [
        *("", "@", ".hidden", "x.lock", "a..b", "a//b", "a?b", "a*b", "a[b", "a@{b", "a\\b", "a b"),
        *("a~b", "a^b", "a:b", "a\nb", "a\x7fb", "-x", "--upload-pack=x", "/a", "a/", "a.", "x" * 251),
    ],
)
def test_names_that_git_cannot_have_are_refused(name: str) -> None:
    with pytest.raises(BadReference, match=r"spec\.branch"):
        check_reference(name, repo="r")


def test_a_full_commit_id_is_40_or_64_hexadecimal_digits() -> None:
    assert is_commit("a" * 40)
    assert is_commit("0" * 64)
    assert not is_commit("a" * 39)
    assert not is_commit("A" * 40)
    assert not is_commit("main")
