"""Helm options as far as charts go: what targets inherit, which charts they name, and their values files."""

from collections.abc import Iterator, Sequence
from typing import Any

from fleet.bundler.domain.charts import NamedChart, named_chart
from fleet.bundler.domain.fleetyaml import FleetYaml
from fleet.bundler.domain.model import TARGET
from fleet.bundler.domain.tree import Tree
from fleet.bundler.domain.values import merge_values_files
from fleet.bundler.domain.yamltext import Path

_ROOT: Path = ("helm",)
_INHERITED = ("repo", "chart", "version")


def named_charts(tree: Tree, folder: str, file: FleetYaml) -> tuple[NamedChart, ...]:
    """The charts that are to be fetched. Raises BadInput at the field that names none."""
    found = (named_chart(tree, folder, helm, document=file.document, at=at) for at, helm in _options(file))
    return tuple(one for one in found if one is not None)


def spec_with_charts(tree: Tree, folder: str, file: FleetYaml, named: Sequence[NamedChart]) -> dict[str, Any]:
    """The spec with charts handed down to the targets, and the values files merged.

    At the root, files are merged only where a chart is named (quirks 12 and 41). A version that is spelled as
    a registry's tag is spelled as a version (`1.0.0_up1` as `1.0.0+up1`).

    Raises:
        BadInput: a values file is not there or is none.
    """
    versions = {one.at: one.need.version for one in named}
    helms: dict[Path, dict[str, Any]] = {}
    for at, helm in _options(file):
        spelled = {**helm, "version": versions[at]} if versions.get(at) else helm
        helms[at] = merge_values_files(tree, folder, spelled, document=file.document, at=at)
    spec = dict(file.spec)
    if _ROOT in helms:
        spec["helm"] = helms[_ROOT]
    targets = []
    for n, target in enumerate(spec.get("targets", [])):
        found = {**target, "name": target.get("name") or f"target{n:03d}"}
        if (at := (*file.target_path(n), "helm")) in helms:
            found["helm"] = helms[at]
        targets.append({key: found[key] for key in TARGET.fields if key in found})
    if targets:
        spec["targets"] = targets
    return spec


def _options(file: FleetYaml) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The Helm options that count, with their places: the root's where it names a chart, and all targets'.

    Targets inherit repository, chart and version.
    """
    root = file.spec.get("helm")
    if root is not None and (root.get("chart") or root.get("repo")):
        yield _ROOT, root
    for n, target in enumerate(file.spec.get("targets", [])):
        if (helm := target.get("helm")) is not None:
            given = root or {}
            missing = {key: given[key] for key in _INHERITED if given.get(key) and not helm.get(key)}
            yield (*file.target_path(n), "helm"), {**helm, **missing}
