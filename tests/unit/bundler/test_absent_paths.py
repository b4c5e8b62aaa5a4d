"""A path that no bundle comes of is named with the reason: as a warning, or in the error if none has any."""

import pytest

from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.order import Order
from fleet.bundler.domain.reading import read_tree
from support.trees import a_tree

FILES = {"a/a.yaml": "", "only/fleet.yaml": "", "text/a.txt": "", "file.yaml": ""}
LINKS = {"link": "a"}
ABOVE = "leads above the folder that is read (for `fleet apply` the present one, so go up and run it there)"

WHY = [
    ("nowhere", "is not there, or has no files"),
    ("../a", ABOVE),
    ("../*", ABOVE),
    ("a/../..", ABOVE),
    ("/home/a", 'is taken for "home/a", as in Fleet, and there is no such folder'),
    ("/", 'names no folder; write "." for the one that is read'),
    ("x*", "fits no folder"),
    ("file.yaml", "is a file, and must be a folder"),
    ("link", "is a link, which is not followed"),
]


@pytest.mark.parametrize(("path", "why"), WHY)
def test_a_path_that_is_no_folder_is_told_beside_others_that_are(path: str, why: str) -> None:
    found = read_tree(a_tree(FILES, links=LINKS), Order(name="r", paths=("a", path, path)))

    assert [bundle.name for bundle in found.bundles] == ["r-a"]
    assert [str(one) for one in found.warnings] == [f'the path "{path}" {why}']


@pytest.mark.parametrize(
    ("path", "why"),
    [
        *((path, f'"{path}" {why}') for path, why in WHY),
        ("only", 'there is nothing to deploy in "only"'),
        ("text", '"text" has neither a fleet.yaml nor files that end in .yaml or .yml'),
    ],
)
def test_an_error_says_why_there_is_nothing_at_a_path(path: str, why: str) -> None:
    with pytest.raises(BadInput) as raised:
        read_tree(a_tree(FILES, links=LINKS), Order(name="r", paths=(path,)))

    assert str(raised.value) == f"no resource found at the following paths to deploy: [{path}]: {why}"


def test_only_the_first_of_many_paths_are_explained() -> None:
    with pytest.raises(BadInput, match=r'"p4" is not there, or has no files; and 3 more$'):
        read_tree(a_tree(FILES), Order(name="r", paths=tuple(f"p{n}" for n in range(8))))


@pytest.mark.parametrize(
    ("base", "why"), [("../a", f"; it {ABOVE}"), ("/a", "; absolute paths are not read"), ("b", "")]
)
def test_a_folder_of_a_driven_scan_that_is_not_there_is_explained(base: str, why: str) -> None:
    with pytest.raises(BadInput) as raised:
        read_tree(a_tree(FILES), Order(name="r", bundles=((base, ""),)))

    assert str(raised.value) == f"{base}: no such folder (spec.bundles){why}"


def test_a_gitrepo_with_bundles_is_told_nothing_of_its_paths() -> None:
    found = read_tree(a_tree(FILES), Order(name="r", paths=("nowhere",), bundles=(("a", ""),)))

    assert found.warnings == ()
