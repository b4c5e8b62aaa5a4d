"""Versions and constraints mean what they mean to Helm: answers recorded from Masterminds/semver 3.5.0."""

import pytest

from fleet.bundler.domain.tags import choose_tag, normalized
from fleet.bundler.domain.versions import (
    BadConstraint,
    BadVersion,
    compare,
    newest_first,
    parse_constraint,
    parse_strict,
    parse_version,
)

VERSIONS = [
    "1.2.3",
    "1.2.5",
    "1.3.0",
    "2.0.0",
    "0.0.3",
    "0.2.5",
    "3.1.4",
    "1.2.3-alpha",
    "1.2.4-beta.2",
    "1.2.3+up2",
    "v1.2.3",
    "1.2",
]
ALLOWED = [
    ("1.2.3", "1.2.3 1.2.3+up2 v1.2.3"),
    ("=1.2.3", "1.2.3 1.2.3+up2 v1.2.3"),
    ("1.2", "1.2.3 1.2.5 1.2.3+up2 v1.2.3 1.2"),
    ("1", "1.2.3 1.2.5 1.3.0 1.2.3+up2 v1.2.3 1.2"),
    ("*", "1.2.3 1.2.5 1.3.0 2.0.0 0.0.3 0.2.5 3.1.4 1.2.3+up2 v1.2.3 1.2"),
    ("", None),
    ("x", "1.2.3 1.2.5 1.3.0 2.0.0 0.0.3 0.2.5 3.1.4 1.2.3+up2 v1.2.3 1.2"),
    ("1.x", "1.2.3 1.2.5 1.3.0 1.2.3+up2 v1.2.3 1.2"),
    ("1.2.x", "1.2.3 1.2.5 1.2.3+up2 v1.2.3 1.2"),
    ("v1.2.3", "1.2.3 1.2.3+up2 v1.2.3"),
    (">1.2.3", "1.2.5 1.3.0 2.0.0 3.1.4"),
    (">1.2", "1.3.0 2.0.0 3.1.4"),
    (">1", "2.0.0 3.1.4"),
    (">=1.2", "1.2.3 1.2.5 1.3.0 2.0.0 3.1.4 1.2.3+up2 v1.2.3 1.2"),
    (">=1.2.3-0", "1.2.3 1.2.5 1.3.0 2.0.0 3.1.4 1.2.3-alpha 1.2.4-beta.2 1.2.3+up2 v1.2.3"),
    ("<1.2", "0.0.3 0.2.5"),
    ("<2", "1.2.3 1.2.5 1.3.0 0.0.3 0.2.5 1.2.3+up2 v1.2.3 1.2"),
    ("<=1.2", "1.2.3 1.2.5 0.0.3 0.2.5 1.2.3+up2 v1.2.3 1.2"),
    ("<=1", "1.2.3 1.2.5 1.3.0 0.0.3 0.2.5 1.2.3+up2 v1.2.3 1.2"),
    ("=<1.2", "1.2.3 1.2.5 0.0.3 0.2.5 1.2.3+up2 v1.2.3 1.2"),
    ("=>1.2", "1.2.3 1.2.5 1.3.0 2.0.0 3.1.4 1.2.3+up2 v1.2.3 1.2"),
    ("!=1.2.3", "1.2.5 1.3.0 2.0.0 0.0.3 0.2.5 3.1.4 1.2"),
    ("!=1.2", "1.3.0 2.0.0 0.0.3 0.2.5 3.1.4"),
    ("!=1", "2.0.0 0.0.3 0.2.5 3.1.4"),
    ("~1.2.3", "1.2.3 1.2.5 1.2.3+up2 v1.2.3"),
    ("~1.2", "1.2.3 1.2.5 1.2.3+up2 v1.2.3 1.2"),
    ("~1", "1.2.3 1.2.5 1.3.0 1.2.3+up2 v1.2.3 1.2"),
    ("~0.0.0", "1.2.3 1.2.5 1.3.0 2.0.0 0.0.3 0.2.5 3.1.4 1.2.3+up2 v1.2.3 1.2"),
    ("~>1.2", "1.2.3 1.2.5 1.2.3+up2 v1.2.3 1.2"),
    ("^1.2.3", "1.2.3 1.2.5 1.3.0 1.2.3+up2 v1.2.3"),
    ("^0.2.3", "0.2.5"),
    ("^0.0.3", "0.0.3"),
    ("^0", "0.0.3 0.2.5"),
    ("^0.0", "0.0.3"),
    ("^1.2.3-alpha", "1.2.3 1.2.5 1.3.0 1.2.3-alpha 1.2.4-beta.2 1.2.3+up2 v1.2.3"),
    (">1 <3", "2.0.0"),
    (">=1.0.0, <2 || ~3.1", "1.2.3 1.2.5 1.3.0 3.1.4 1.2.3+up2 v1.2.3 1.2"),
    ("1.2 - 2", "1.2.3 1.2.5 1.3.0 2.0.0 1.2.3+up2 v1.2.3 1.2"),
    ("1.2.0-alpha", ""),
    ("*-0", "1.2.3 1.2.5 1.3.0 2.0.0 0.0.3 0.2.5 3.1.4 1.2.3-alpha 1.2.4-beta.2 1.2.3+up2 v1.2.3 1.2"),
    ("foo", None),
    ("1.2.3.4", None),
    (">=1 <", None),
    ("== 1", None),
    (">0.0.0-0", "1.2.3 1.2.5 1.3.0 2.0.0 0.0.3 0.2.5 3.1.4 1.2.3-alpha 1.2.4-beta.2 1.2.3+up2 v1.2.3 1.2"),
    ("1.2.3+up1", "1.2.3 1.2.3+up2 v1.2.3"),
    ("~1.2.3, !=1.2.5", "1.2.3 1.2.3+up2 v1.2.3"),
]


@pytest.mark.parametrize(("constraint", "allowed"), ALLOWED)
def test_a_constraint_allows_the_versions_that_helm_takes(constraint: str, allowed: str | None) -> None:
    if allowed is None:
        with pytest.raises(BadConstraint, match=r"improper constraint: "):
            parse_constraint(constraint)
        return
    found = parse_constraint(constraint)
    assert " ".join(text for text in VERSIONS if found.allows(parse_version(text))) == allowed


@pytest.mark.parametrize(
    "text", ["", "a", "1.2.3.4", "1.2.3-01", "1..2", "1.2.3+", "18446744073709551616", " 1"]
)
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(BadVersion):
        parse_version(text)


@pytest.mark.parametrize("text", ["1.2", "v1.2.3", "01.2.3", "1"])
def test_a_loose_version_is_not_a_strict_one(text: str) -> None:
    assert parse_version(text)
    with pytest.raises(BadVersion):
        parse_strict(text)


def test_versions_are_ordered_by_precedence_and_what_is_none_comes_last() -> None:
    texts = ["1.0.0-alpha", "x", "1.0.0", "1.0.0-alpha.1", "2.0.0", "1.0.0-2", "1.0.0-10", "1.0.0+b"]
    order = [texts[n] for n in newest_first(texts)]

    assert order == ["2.0.0", "1.0.0", "1.0.0+b", "1.0.0-alpha.1", "1.0.0-alpha", "1.0.0-10", "1.0.0-2", "x"]
    assert compare(parse_version("1.0.0+a"), parse_version("1.0.0+b")) == 0


def test_a_constraint_that_is_made_to_be_slow_is_not() -> None:
    with pytest.raises(BadConstraint):
        parse_constraint("1  " * 160 + "!")
    with pytest.raises(BadConstraint, match="too long"):
        parse_constraint("1 " * 300)
    with pytest.raises(BadConstraint, match="too many constraint groups"):
        parse_constraint(" || ".join(["1"] * 33))


@pytest.mark.rule(id="12.1-40")
@pytest.mark.parametrize(
    ("tags", "version", "chosen"),
    [
        (["0.1.0", "0.2.0", "0.3.0"], "0.2.0", "0.2.0"),
        (["0.3.0", "0.2.0", "0.1.0"], "0.2.0", "0.2.0"),
        (["0.1.0", "0.1.9", "0.2.0"], "0.*.0", "0.2.0"),
        (["0.1.0", "0.2.0", "0.4.3", "0.9.9", "1.0.1"], "> 0.1.0, <= 1.0.0", "0.9.9"),
        (["1.1.0", "latest", "1.2"], "0.*.0", None),
        (["109.0.1_up1.0.10", "109.0.1_up1.0.2", "109.0.0_up9"], "109.0.1", "109.0.1+up1.0.10"),
        (["109.0.1_up1.0.10", "109.0.1_up1.0.2"], "109.0.1_up1.0.2", "109.0.1+up1.0.2"),
        (["1.0.0-rc.1", "0.9.0"], "", "0.9.0"),
    ],
)
def test_the_newest_tag_that_fits_is_chosen_whatever_their_order(
    tags: list[str], version: str, chosen: str | None
) -> None:
    assert choose_tag(tags, version) == chosen
    assert choose_tag(tags[::-1], version) == chosen


def test_a_version_spelled_as_a_tag_is_spelled_as_a_version() -> None:
    given = ["109.0.1_up1.0.2", "109.0.1+up1.0.2", ">= 1.0.0", "", "a_b"]

    assert [normalized(text) for text in given] == [
        "109.0.1+up1.0.2",
        "109.0.1+up1.0.2",
        ">= 1.0.0",
        "",
        "a_b",
    ]
