"""2,000 mutated trees: names, links, submodules and files of every sort give bundles or a clear error.

Hypothesis derives its examples from the test itself, so that every run has the same ones.
"""

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.bundler.domain.order import Order
from support.fuzz import fleet_yaml, outcome
from support.trees import CONFIG_MAP, a_tree

TREES = 2000
SORTS = "f" * 60 + "l" * 4 + "s"
RULES = (  # as `outcome` says them, without numbers
    "no resource found",
    "no such folder",
    "no such file",
    "the link leads to nothing",
    "the link leads to a folder",
    "git submodules are not read",
    "the path is not a valid pattern",
    "the name of the file is not UTF",
    "must be",
    "is not valid YAML",
)
NAMES = (
    *(
        "a",
        "app",
        "app",
        "app",
        "app-2",
        "é",
        "A_b",
        ".hidden",
        ".git",
        "charts",
        "templates",
        "overlays",
        "dev",
    ),
    *(" ", "*", "[", "\\", "-", "\udcff", "\n", "a:b", "~", "x" * 255),
)
FILE_NAMES = (
    *("fleet.yaml", "fleet.yaml", "fleet.yml", ".fleetignore", "Chart.yaml", "Chart.lock", "values.yaml"),
    *(
        "a.yaml",
        "a.yaml",
        "b.yml",
        "c.json",
        "NOTES.txt",
        ".yaml",
        "secret.bin",
        "app-1.0.0.tgz",
        "requirements.yaml",
    ),
    *NAMES,
)
TARGETS = (
    *("..", "../..", ".", "a", "../a", "/etc/passwd", "a.yaml", "fleet.yaml", "../fleet.yaml", "x/../a.yaml"),
    *("../root.yaml", "/root.yaml", "../../root.yaml", "../app/a.yaml"),
    *("", "\udcff", "/".join(["a"] * 2000)),
)
AROUND = {"app/fleet.yaml": b"name: same\n", "app/a.yaml": b"a: 1\n", "root.yaml": b""}
PLAIN = (
    *(
        b"",
        b"a: 1\n",
        CONFIG_MAP.encode(),
        b"\x00\xff" * 50,
        b"*.yaml\n",
        b"a/*\n[\n",
        b"\\#a\n! b \n",
        b"[",
        b"- 1\n",
    ),
    b"apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies: [{name: d, version: 1.0.0, repository: 'file://../a'}]\n",
    b"apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies: {a: b}\n",
    b"targetCustomizations: [{helm: {valuesFiles: [../a.yaml, values.yaml]}}]\n",
    b"helm: {chart: charts, valuesFiles: [a.yaml]}\n",
    b"helm: {chart: app-1.0.0.tgz}\n",
    *(b"name: same\n", b"name: same\n"),
)

folders = st.lists(st.sampled_from(NAMES), max_size=3)
paths = st.builds(lambda above, name: "/".join([*above, name]), folders, st.sampled_from(FILE_NAMES))
contents = st.one_of(
    st.sampled_from(PLAIN), st.integers(0, 1 << 20).map(lambda seed: fleet_yaml(random.Random(seed)))
)
bases = st.one_of(
    folders.map("/".join), st.sampled_from(("", "/", "..", "*", "a/*", "[", "**/app", "a//b", "./a"))
)
orders = st.builds(
    Order,
    name=st.sampled_from(("repo", "A" * 60)),
    paths=st.one_of(st.just(()), st.lists(bases, max_size=3).map(tuple)),
    bundles=st.one_of(
        st.just(()),
        st.just(()),
        st.just(()),
        st.lists(
            st.tuples(bases, st.sampled_from(("", "fleet.yaml", "../a.yaml", "a.yaml"))), max_size=2
        ).map(tuple),
    ),
)


@st.composite
def trees(draw: st.DrawFn) -> dict[str, Any]:
    """Paths of a commit, of which none is a file and a folder at once, as git has them."""
    drawn = {path: draw(st.sampled_from(SORTS)) for path in draw(st.lists(paths, max_size=12, unique=True))}
    sorts = dict.fromkeys(AROUND, "f") | drawn
    kept = {path: sort for path, sort in sorts.items() if not any(above in sorts for above in _above(path))}
    return {
        "files": {path: AROUND.get(path) or draw(contents) for path, sort in kept.items() if sort == "f"},
        "links": {path: draw(st.sampled_from(TARGETS)) for path, sort in kept.items() if sort == "l"},
        "submodules": [path for path, sort in kept.items() if sort == "s"],
    }


def _above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


def test_mutated_trees_give_bundles_or_a_clear_error() -> None:
    counts: Counter[str] = Counter()

    @settings(max_examples=TREES, derandomize=True, database=None, deadline=None)
    @given(tree=trees(), order=orders)
    def read_them(tree: dict[str, Any], order: Order) -> None:
        counts[outcome(a_tree(**tree), order)] += 1

    read_them()

    said = "\n".join(f"{n:6} {kind}" for kind, n in counts.most_common())
    assert sum(counts.values()) >= TREES, said
    assert TREES * 0.2 < counts["bundle"] < TREES * 0.7, said
    assert all(any(kind.startswith(rule) for kind in counts) for rule in RULES), said
