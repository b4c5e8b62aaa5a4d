"""The same commit and spec give the same bytes, in every order of the listing and in every process."""

import json
import random
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.bundler.domain.order import Order
from fleet.bundler.domain.reading import ReadBundle, read_tree, stored_form
from fleet.bundler.domain.tree import Mode, Tree
from support.hashing import printed_with_seed

FILES: dict[str, bytes] = {
    "fleet.yaml": b"labels: {b: x, a: x}\nhelm: {values: {z: 1, a: {k: 2, c: 3}, l: [3, 1, 2]}}\n",
    "cm.yaml": b"a: 1\n",
    "blob.bin": bytes(range(256)) * 700,
    ".fleetignore": b"*.txt\nskip/*\n",
    "skip/a.yaml": b"",
    "sub/.fleetignore": b"x.yaml\n",
    "sub/x.yaml": b"",
    "sub-2/x.yaml": b"",
    "app/fleet.yaml": b"namespaceLabels: {b: x, a: x}\ntargetCustomizations: [{name: q}, {name: p}]\n",
    "app/é.yaml": "é: ü\n".encode(),
    "app/b.yaml": b"b: 1\n",
}
ORDER = Order(
    name="repo",
    labels={"z": "1", "a": "2"},
    targets=({"name": "t", "clusterSelector": {"matchLabels": {"b": "1", "a": "2"}}},),
)
PROGRAM = """
import json, sys
from fleet.bundler.domain.order import Order
from fleet.bundler.domain.reading import read_tree, stored_form
from fleet.bundler.domain.tree import Mode, Tree
given = json.load(sys.stdin)
files = {path: bytes.fromhex(text) for path, text in given["files"]}
tree = Tree(dict.fromkeys(files, Mode.FILE), lambda paths: {path: files[path] for path in paths})
for bundle in map(stored_form, read_tree(tree, Order.from_json(given["order"])).bundles):
    print(bundle.name, json.dumps(bundle.labels, sort_keys=True), json.dumps(bundle.spec, sort_keys=True))
    print(bundle.manifest.hex(), bundle.options.hex())
"""


def read(paths: list[str]) -> list[ReadBundle]:
    tree = Tree(dict.fromkeys(paths, Mode.FILE), lambda wanted: {path: FILES[path] for path in wanted})
    return [stored_form(bundle) for bundle in read_tree(tree, ORDER).bundles]


@given(st.permutations(sorted(FILES)))
@settings(max_examples=50)
def test_the_order_of_the_listing_does_not_matter(paths: list[str]) -> None:
    assert read(paths) == read(sorted(FILES))


def test_two_processes_with_other_hashes_and_listings_give_the_same_bytes() -> None:
    printed = set()
    for seed in (1, 2, 3):
        listed = [(path, data.hex()) for path, data in FILES.items()]
        random.Random(seed).shuffle(listed)
        given = json.dumps({"files": listed, "order": ORDER.to_json()})
        printed.add(printed_with_seed([sys.executable, "-c", PROGRAM], seed, given=given))

    (only,) = printed
    assert [line.split()[0] for line in only.splitlines()[::2]] == ["repo", "repo-app"]


def test_a_commit_that_touches_other_folders_leaves_a_bundle_as_it_is() -> None:
    before = {bundle.name: bundle for bundle in read(sorted(FILES))}
    more = {**FILES, "docs.md": b"more\n"}
    tree = Tree(
        dict.fromkeys(more, Mode.FILE),
        lambda wanted: {path: more[path] for path in wanted},
    )
    after = {bundle.name: stored_form(bundle) for bundle in read_tree(tree, ORDER).bundles}

    assert after["repo-app"] == before["repo-app"]
    assert after["repo"] != before["repo"]
