"""Helm charts that a bundle names: those in the repository, and a clear word about all others."""

import posixpath
from collections.abc import Iterable
from typing import Any

from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.tree import Tree
from fleet.bundler.domain.yamltext import Document, Path, parse

FILE_NAME = "Chart.yaml"


def check_chart(tree: Tree, folder: str, helm: dict[str, Any], *, document: Document, at: Path) -> None:
    """Accept helm options whose chart is in the repository, or that name none.

    Raises:
        BadInput: the chart would have to be fetched (`repo` is set, or no such path exists).
    """
    if helm.get("repo"):
        raise document.wrong((*at, "repo"), "charts of chart repositories are not fetched yet; " + _INSTEAD)
    chart = helm.get("chart", "")
    if chart and not tree.exists(posixpath.normpath(posixpath.join(folder, chart.lstrip("/")))):
        looked = folder or "the top folder"
        raise document.wrong(
            (*at, "chart"), f"no such folder (looked in {looked}), and charts are not fetched yet; {_INSTEAD}"
        )


_INSTEAD = "put the chart into the repository and name its folder in helm.chart"


def check_dependencies(tree: Tree, folder: str, files: Iterable[str]) -> None:
    """Look at every chart among a bundle's files: what it depends on must be in its `charts` folder.

    Raises:
        BadInput: a Chart.yaml does not parse, or a dependency is missing.
    """
    for file in files:
        if posixpath.basename(file) == FILE_NAME:
            path = posixpath.join(folder, file)
            _check_chart_file(tree, posixpath.dirname(path), path)


def _check_chart_file(tree: Tree, chart: str, path: str) -> None:
    document = parse(tree.read(path), path)
    if not isinstance(document.value, dict):
        raise BadInput("must be a map", path=path, line=document.line(()))
    charts = posixpath.join(chart, "charts")
    there = tree.names(charts) if tree.is_folder(charts) else []
    for n, dependency in enumerate(document.value.get("dependencies") or []):
        name = dependency.get("name") if isinstance(dependency, dict) else None
        if not isinstance(name, str):
            raise document.wrong(("dependencies", n), "must be a map with a name")
        if not any(file == name or (file.startswith(f"{name}-") and file.endswith(".tgz")) for file in there):
            raise document.wrong(
                ("dependencies", n),
                f'"{name}" is not in {charts}, and dependencies are not fetched yet; put it there, or set '
                "helm.disableDependencyUpdate: true in fleet.yaml",
            )
