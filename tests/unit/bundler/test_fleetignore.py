"""`.fleetignore` (fleet.md 2.5, quirk 32, scenario B16)."""

import pytest

from fleet.bundler.domain.errors import BadInput
from support.trees import names_of, read_one

TREE = {
    "a.yaml": "",
    "b.txt": "",
    "foo/x.yaml": "",
    "bar/foo/y.yaml": "",
    "bar/foo.yaml": "",
    "bar/z.yaml": "",
    "other/foo": "a file",
}


def kept(ignore: str, *, at: str = ".fleetignore", **more: str) -> list[str]:
    """The files that are left of the tree with this ignore file."""
    return names_of(read_one({**TREE, at: ignore, **more}))


@pytest.mark.rule(id="12.1-36")
def test_without_rules_everything_but_hidden_files_is_kept() -> None:
    assert kept("") == sorted(TREE)


@pytest.mark.rule(id="12.1-36")
def test_b16_dir_star_ignores_folders_of_that_name_at_every_level_and_no_file() -> None:
    assert kept("foo/*\n") == ["a.yaml", "b.txt", "bar/foo.yaml", "bar/z.yaml", "other/foo"]


@pytest.mark.rule(id="12.1-36")
@pytest.mark.parametrize(
    ("ignore", "gone"),
    [
        ("b.txt", {"b.txt"}),
        ("*.txt", {"b.txt"}),
        ("foo", {"foo/x.yaml", "bar/foo/y.yaml", "other/foo"}),
        ("# b.txt", set()),
        ("b.txt  \t", {"b.txt"}),
        ("b.txt\r\n", {"b.txt"}),
        ("\n\n  \nb.txt", {"b.txt"}),
        ("bar/z.yaml", set()),
        ("!b.txt", set()),
        ("**/z.yaml", set()),
    ],
)
def test_a_pattern_is_compared_with_the_bare_name(ignore: str, gone: set[str]) -> None:
    assert set(TREE) - set(kept(ignore)) == gone


@pytest.mark.rule(id="12.1-36")
def test_a_trailing_space_can_be_escaped() -> None:
    assert "b.txt " not in kept("b.txt\\ \n", **{"b.txt ": "x"})
    assert "b.txt" in kept("b.txt\\ \n", **{"b.txt ": "x"})


def test_no_line_of_stars_or_spaces_takes_long() -> None:
    hostile = "*a" * 16 + "*b\n" + " " * 200_000 + "x\n"

    assert "a" * 200 in kept(hostile, **{"a" * 200: "x"})


@pytest.mark.rule(id="12.1-36")
def test_a_hash_can_be_escaped() -> None:
    assert "#x" not in kept("\\#x\n", **{"#x": "x"})


@pytest.mark.rule(id="12.1-36")
def test_rules_hold_below_their_folder_and_add_to_those_above() -> None:
    files = {**TREE, ".fleetignore": "a.yaml\n", "bar/.fleetignore": "z.yaml\n", "bar/a.yaml": ""}

    assert names_of(read_one(files)) == [
        "b.txt",
        "bar/foo.yaml",
        "bar/foo/y.yaml",
        "foo/x.yaml",
        "other/foo",
    ]


@pytest.mark.rule(id="12.1-36")
def test_siblings_do_not_influence_each_other() -> None:
    found = kept("x.yaml\n", at="bar/.fleetignore", **{"bar/x.yaml": ""})

    assert "foo/x.yaml" in found
    assert "bar/x.yaml" not in found


def test_quirk_32_a_sibling_whose_name_begins_alike_is_under_the_same_rules() -> None:
    found = kept(
        "x.yaml\n", at="foo/.fleetignore", **{"foo-2/x.yaml": "", "foot.d/x.yaml": "", "fo/x.yaml": ""}
    )

    assert [name for name in found if name.endswith("/x.yaml")] == ["fo/x.yaml"]


def test_a_broken_pattern_is_an_error_with_its_line() -> None:
    with pytest.raises(BadInput, match=r"^\.fleetignore:2: syntax error in pattern$"):
        kept("a.yaml\n[x\n")


def test_rules_behind_a_line_of_64_kib_do_not_count() -> None:
    long = "#" * (1 << 16)

    assert "b.txt" not in kept(f"b.txt\n{long}\n")
    assert "b.txt" in kept(f"{long}\nb.txt\n")


def test_a_broken_pattern_is_met_by_hidden_files_too() -> None:
    with pytest.raises(BadInput, match=r"^.fleetignore:1: syntax error in pattern"):
        read_one({"fleet.yaml": "", ".fleetignore": "[\n"})
