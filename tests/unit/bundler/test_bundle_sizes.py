"""What one reading and one bundle may have; more is refused with the place, before memory is taken for it."""

from collections.abc import Mapping, Sequence

import pytest

from fleet.bundler.domain.bounds import BUNDLE_BYTES, BUNDLES_BYTES, ENTRIES, LEVELS, LINK_BYTES, READ_BYTES
from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.listing import parse
from fleet.bundler.domain.order import Order
from fleet.bundler.domain.reading import read_tree, stored_form
from fleet.bundler.domain.tree import Mode, Tree
from support.trees import a_tree, read

PART = BUNDLE_BYTES // 4


def stored(files: Mapping[str, str | bytes]) -> None:
    for bundle in read(files):
        stored_form(bundle)


def test_files_that_together_are_too_large_are_not_even_asked_for() -> None:
    def loader(_: Sequence[str]) -> Mapping[str, bytes]:
        raise AssertionError("asked for")

    sizes = {"a/a.yaml": 1, "a/b.yaml": READ_BYTES, "a/c.yaml": 5}
    tree = Tree(dict.fromkeys(sizes, Mode.FILE), loader, sizes=sizes)

    with pytest.raises(BadInput) as failure:
        read_tree(tree, Order(name="repo"))
    assert str(failure.value) == (
        "a/b.yaml: all files that are to be read may have 67108864 bytes together, and have 67108870; this "
        "one has 67108864"
    )


def test_a_bundle_has_bounded_files_as_they_are_stored() -> None:
    stored({"a/a.yaml": "x" * PART, "a/b.bin": b"\xff" * PART})
    with pytest.raises(BadInput) as failure:
        stored({"a/fleet.yaml": "", "a/a.yaml": "é" * PART, "a/b.bin": b"\xff" * 2 * PART})
    assert str(failure.value) == (
        "a: the files of the bundle have 39148587 bytes as they are stored, 33554432 at most; leave some out "
        "by .fleetignore"
    )


def test_a_bundle_is_as_large_as_its_files_are_in_json() -> None:
    with pytest.raises(BadInput, match=rf"^a: the files of the bundle have {4 * PART + 13} bytes"):
        stored({"a/fleet.yaml": "", "a/a.yaml": "\n" * 2 * PART + "\x01x"})


def test_files_that_are_too_large_for_a_bundle_are_not_even_encoded() -> None:
    with pytest.raises(BadInput) as failure:
        read({"a/fleet.yaml": "", "a/a.yaml": "x" * 3 * PART, "a/b.bin": b"\xff" * 2 * PART})
    words = "with it the files of the bundle have more than 33554432 bytes; leave some out by .fleetignore"
    assert str(failure.value) == f"a/b.bin: {words}"


def test_the_bundles_of_a_commit_have_bounded_files_together() -> None:
    folders = ["d/" * (n + 1) for n in range(BUNDLES_BYTES // PART)]
    files = {f"{folder}fleet.yaml": "" for folder in folders}
    with pytest.raises(BadInput) as failure:
        read(files | {f"{folders[-1]}a.yaml": "x" * PART})
    assert str(failure.value) == (
        f"{folders[-1][:-1]}: with this bundle the files of all have more than 134217728 bytes as they are "
        "stored; what is in a folder counts in each bundle above it: leave it out there by .fleetignore"
    )


def test_a_bundle_has_bounded_options() -> None:
    half = "x" * (BUNDLE_BYTES // 2)
    stored({"fleet.yaml": f"helm: {{values: {{a: {half}}}}}", "a.yaml": ""})
    with pytest.raises(BadInput) as failure:
        stored({"a/fleet.yaml": f"helm: {{values: {{a: &a {half}, b: *a}}}}", "a/a.yaml": ""})
    assert str(failure.value) == (
        "a: the options of the bundle, its values files included, have more than 33554432 bytes"
    )


def test_folders_stand_only_so_deep_in_each_other() -> None:
    read({"d/" * LEVELS + "a.yaml": ""})
    deep = "d/" * (LEVELS + 1) + "a.yaml"
    with pytest.raises(BadInput) as failure:
        read({deep: ""})
    assert failure.value.path == deep
    assert failure.value.reason == "is more than 255 folders deep"


def test_a_commit_has_only_so_many_entries() -> None:
    entry = b"100644 blob 0 5\ta\0"
    parse(entry * ENTRIES)
    with pytest.raises(BadInput) as failure:
        parse(entry * (ENTRIES + 1))
    assert (
        str(failure.value) == "the repository has 250001 files and folders, of which 250000 are read at most"
    )


def test_a_link_longer_than_a_path_may_be_leads_to_nothing() -> None:
    target = "./" * (LINK_BYTES // 2) + "a.yaml"
    with pytest.raises(BadInput, match=r"^x/l\.yaml: the link leads to nothing") as failure:
        read_tree(a_tree({"x/a.yaml": ""}, links={"x/l.yaml": target}), Order(name="repo"))
    assert failure.value.path == "x/l.yaml"

    fits = "./" * ((LINK_BYTES - 6) // 2) + "a.yaml"
    read_tree(a_tree({"x/a.yaml": ""}, links={"x/l.yaml": fits}), Order(name="repo"))


def test_an_entry_of_a_listing_may_come_without_a_size() -> None:
    modes, ids, sizes = parse(b"100644 blob 12\ta\x00100644 blob 7 30\tb\x00160000 commit 8 -\tc\0")

    assert modes == {"a": Mode.FILE, "b": Mode.FILE, "c": Mode.SUBMODULE}
    assert ids == {"a": "12", "b": "7", "c": "8"}
    assert sizes == {"b": 30}
