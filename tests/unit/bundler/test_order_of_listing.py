"""Charts, dependencies, driven scans and local folders too give the same bytes, however they are listed."""

import io
import random
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.bundler.domain.chartneeds import ChartNeed, FetchedChart
from fleet.bundler.domain.order import Order
from fleet.bundler.domain.reading import ReadBundle, read_tree, stored_form
from fleet.bundler.domain.resources import stored_gzip
from fleet.bundler.domain.tree import Mode, Tree
from support.hashing import printed_with_seed

CHART = b"apiVersion: v2\nname: %s\nversion: 1.0.0\n"
NEEDY = CHART % b"needy" + (
    b"dependencies:\n- {name: lib, version: 1.x, repository: 'file://../lib'}\n"
    b"- {name: far, version: 1.x, repository: 'https://charts.example.com'}\n"
)
FILES: dict[str, bytes] = {
    "app/fleet.yaml": b"helm: {chart: ., valuesFiles: [b.yaml, a.yaml], values: {z: 1, a: {y: 1, b: 2}}}\n",
    "app/Chart.yaml": NEEDY,
    "app/a.yaml": b"a: {b: 3}\n",
    "app/b.yaml": b"a: {b: 4, c: 5}\n",
    "app/templates/x.yaml": b"a: {{ .Values.a }}\n",
    "app/templates/X.yaml": b"a: 1\n",
    "lib/Chart.yaml": CHART % b"lib",
    "lib/values.yaml": b"a: 1\n",
    "lib/templates/b.yaml": b"",
    "lib/templates/a-b.yaml": b"",
    "remote/fleet.yaml": b"helm: {repo: 'https://charts.example.com', chart: far, version: '>=1'}\n"
    b"targetCustomizations:\n- {name: a, helm: {chart: other}}\n- {name: b, helm: {version: '2'}}\n",
    "remote/x.yaml": b"",
    "loose/1.yaml": b"",
    "loose/10.yaml": b"",
    "loose/2.yaml": b"",
    "loose/dev.yaml": b"namespace: dev\n",
}
NAMES = ("Chart.yaml", "values.yaml", "templates/b.yaml", "templates/a.yaml")
ORDERS = {
    "scan": Order(name="repo"),
    "globs": Order(name="repo", paths=("*", "l*", "app")),
    "driven": Order(name="repo", bundles=(("loose", "dev.yaml"), ("app", ""), ("loose", ""), ("remote", ""))),
}


def packed(chart: str, names: Sequence[str]) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for name in names:
            member = tarfile.TarInfo(f"{chart}/{name}")
            text = CHART % chart.encode() if name == "Chart.yaml" else b"a: 1\n"
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text))
    return data.getvalue()


def read(paths: Sequence[str], names: Sequence[str], order: Order) -> list[ReadBundle]:
    """Read the files listed like this, with charts whose archives are packed in this order."""

    def charts(needs: Sequence[ChartNeed]) -> list[FetchedChart]:
        return [
            FetchedChart(
                name=f"{one.chart}-1.0.0.tgz",
                data=stored_gzip(packed(one.chart, NAMES if one.dependency else names)),
                version="1.0.0",
            )
            for one in needs
        ]

    tree = Tree(dict.fromkeys(paths, Mode.FILE), lambda wanted: {path: FILES[path] for path in wanted})
    return [stored_form(bundle) for bundle in read_tree(tree, order, charts=charts).bundles]


@pytest.mark.parametrize("kind", ORDERS)
def test_charts_and_driven_scans_do_not_depend_on_the_order_of_a_listing(kind: str) -> None:
    first = read(sorted(FILES), NAMES, ORDERS[kind])
    assert len(first) >= 3

    @given(st.permutations(sorted(FILES)), st.permutations(NAMES))
    @settings(max_examples=30, derandomize=True, deadline=None)
    def read_again(paths: list[str], names: list[str]) -> None:
        assert read(paths, names, ORDERS[kind]) == first

    read_again()


def test_a_local_folder_prints_the_same_however_it_was_made(tmp_path: Path) -> None:
    local: dict[str, Any] = {
        name: text for name, text in FILES.items() if not name.startswith(("app", "remote"))
    }
    printed = set()
    for seed in (1, 2, 3):
        names = list(local)
        random.Random(seed).shuffle(names)
        folder = tmp_path / str(seed)
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(local[name])
        command = [Path(sys.executable).with_name("fleet"), "apply", "-o", "-", "repo", "."]
        ceiling = {"GIT_CEILING_DIRECTORIES": str(tmp_path)}
        printed.add(printed_with_seed(command, seed, cwd=folder, env=ceiling))

    (only,) = printed
    assert "name: repo" in only
