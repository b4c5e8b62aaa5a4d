"""What `helm dependency update` puts into a chart's folder: archives in `charts`, and the lock file.

All of it is made of bytes that do not change: Helm writes the time of the run into the lock file and into the
archives that it packs itself; here that time is the beginning of time.
"""

import hashlib
import io
import posixpath
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from fleet.bundler.domain.archive import BadArchive, Budget
from fleet.bundler.domain.chartfiles import (
    CHART,
    SUBCHARTS,
    ChartFolder,
    Dependency,
    archive_name,
    load_folder,
)
from fleet.bundler.domain.chartneeds import ChartNeed, FetchedChart
from fleet.bundler.domain.chartsource import OCI, shown
from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.helmignore import read_helmignore
from fleet.bundler.domain.resources import list_files, stored_gzip
from fleet.bundler.domain.tree import Tree
from fleet.bundler.domain.versions import BadConstraint, parse_constraint, parse_version
from fleet.yaml import write

_FILE = "file://"
_NO_TIME = "0001-01-01T00:00:00Z"
_FIELDS = ("name", "version", "repository", "condition", "tags", "enabled", "import-values", "alias")


@dataclass(frozen=True, slots=True)
class Update:
    """A chart that does not have all it depends on. Where one is missing, all are brought anew."""

    chart: ChartFolder
    missing: bool
    needs: tuple[ChartNeed, ...] = ()


def needed_by(tree: Tree, chart: ChartFolder, bundle: str) -> Update:
    """What must be fetched for a chart; `bundle` is the folder of the bundle, for its credentials.

    Raises:
        BadInput: a dependency can be met by nothing.
    """
    if not chart.missing:
        return Update(chart, missing=False)
    for one in chart.dependencies:
        _check(tree, chart, one)
    needs = [ChartNeed(bundle, one.repository, one.name, one.version, True) for one in _fetched(chart)]
    return Update(chart, missing=True, needs=tuple(needs))


def updated(tree: Tree, update: Update, fetched: Sequence[FetchedChart]) -> dict[str, bytes | None]:
    """The files to put into the tree, by path; None for those that go.

    Raises:
        BadInput: a dependency could not be had; at its place in Chart.yaml.
    """
    chart, answers, budget = update.chart, iter(fetched), Budget()
    locked: list[dict[str, Any]] = []
    brought: dict[str, bytes] = {}
    for one in chart.dependencies:
        version = one.version
        if one.repository.startswith(_FILE):
            name, version, data = _packed(tree, chart, one)
            brought[name] = data
        elif one.repository:
            found = next(answers)
            if found.error:
                raise one.wrong(f'"{one.name}" cannot be had from {shown(one.repository)}: {found.error}')
            version = found.version
            brought[_checked_name(one, found, budget)] = found.data
        locked.append({"name": one.name, "version": version, "repository": one.repository})
    folder = posixpath.join(chart.path, SUBCHARTS)
    files: dict[str, bytes | None] = dict.fromkeys(_outdated(tree, chart, brought))
    files |= {posixpath.join(folder, name): data for name, data in brought.items()}
    return files | _lock(chart, locked)


def _check(tree: Tree, chart: ChartFolder, one: Dependency) -> None:
    try:
        constraint = parse_constraint(one.version)
    except BadConstraint as error:
        raise one.wrong(
            f'dependency "{one.name}" has an invalid version/constraint format: {error}'
        ) from None
    if one.repository.startswith(("@", "alias:")):
        raise one.wrong(f'no repository definition for {shown(one.repository)}: name the URL of "{one.name}"')
    if one.repository and not one.repository.startswith((_FILE, OCI, "http://", "https://")):
        raise one.wrong(f'"{shown(one.repository)}" is no repository: use http, https, oci or file')
    if one.repository and not one.repository.startswith(_FILE):
        return
    local = _local(tree, chart, one)
    if not constraint.allows(parse_version(local.version)):
        raise one.wrong(
            f'"{one.name}" at version {local.version} does not satisfy the constraint {one.version}'
        )


def _fetched(chart: ChartFolder) -> Iterator[Dependency]:
    for one in chart.dependencies:
        if one.repository and not one.repository.startswith(_FILE):
            yield one


def _local(tree: Tree, chart: ChartFolder, one: Dependency) -> ChartFolder:
    """The chart that a dependency finds in the repository: in `charts`, or where `file://` leads."""
    below = one.repository.removeprefix(_FILE) if one.repository else posixpath.join(SUBCHARTS, one.name)
    path = tree.resolve(posixpath.join(chart.path, below)) if not below.startswith("/") else None
    if path is None or not tree.is_file(posixpath.join(path, CHART)):
        where = shown(one.repository) or f"{SUBCHARTS}/{one.name}"
        raise one.wrong(f'"{one.name}": no chart at {where} (looked in {chart.path or "the top folder"})')
    try:
        return load_folder(tree, path)
    except BadInput as error:
        raise one.wrong(f'"{one.name}": {error}') from None


def _packed(tree: Tree, chart: ChartFolder, one: Dependency) -> tuple[str, str, bytes]:
    """A chart in the repository as `helm package` packs it; gives name, version and bytes."""
    local = _local(tree, chart, one)
    rules = read_helmignore(tree, local.path)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, path in sorted(list_files(tree, local.path, left_out=()).items()):
            if rules.ignores(name):
                continue
            data = tree.read(path)
            member = tarfile.TarInfo(f"{local.name}/{name}")
            member.size, member.mode = len(data), 0o644
            tar.addfile(member, io.BytesIO(data))
    return f"{local.name}-{local.version}.tgz", local.version, stored_gzip(packed.getvalue())


def _checked_name(one: Dependency, found: FetchedChart, budget: Budget) -> str:
    """The file name of what was fetched, once it is known to be a chart."""
    try:
        archive_name(found.data, budget)
    except BadArchive as error:
        raise one.wrong(f'"{one.name}" cannot be unpacked: {error}') from None
    name = posixpath.basename(found.name)
    if not name or name[0] in "._":
        raise one.wrong(f'"{one.name}": the archive has no file name')
    return name


def _outdated(tree: Tree, chart: ChartFolder, brought: Mapping[str, bytes]) -> Iterator[str]:
    """Archives in `charts` that the dependencies do not bring any more; those of no repository stay."""
    folder = posixpath.join(chart.path, SUBCHARTS)
    local = {one.name for one in chart.dependencies if not one.repository}
    budget = Budget()
    for name in tree.names(folder) if tree.is_folder(folder) else ():
        path = posixpath.join(folder, name)
        if name in brought or not tree.is_file(path):
            continue
        try:
            found, _ = archive_name(tree.read(path), budget)
        except BadArchive:
            continue
        if found not in local:
            yield path


def _lock(chart: ChartFolder, locked: Sequence[Mapping[str, Any]]) -> dict[str, bytes | None]:
    digest = lock_digest([one.fields for one in chart.dependencies], locked)
    if digest == chart.lock_digest:
        return {}
    name = "requirements.lock" if chart.api_version == "v1" else "Chart.lock"
    entries = [{key: text for key, text in one.items() if text or key == "repository"} for one in locked]
    text = write({"dependencies": entries, "digest": digest, "generated": _NO_TIME})
    return {posixpath.join(chart.path, name): text.encode()}


def lock_digest(wanted: Sequence[Mapping[str, Any]], locked: Sequence[Mapping[str, Any]]) -> str:
    """Helm's digest over what is wanted and what it became, by which it knows that a lock is still good."""
    both = [[_as_go(one) for one in side] for side in (wanted, locked)]
    text = orjson.dumps(both)
    for char, escaped in ((b"&", rb"\u0026"), (b"<", rb"\u003c"), (b">", rb"\u003e")):
        text = text.replace(char, escaped)
    return f"sha256:{hashlib.sha256(text).hexdigest()}"


def _as_go(fields: Mapping[str, Any]) -> dict[str, Any]:
    always = ("name", "repository")
    return {key: fields.get(key, "") for key in _FIELDS if fields.get(key) or key in always}
