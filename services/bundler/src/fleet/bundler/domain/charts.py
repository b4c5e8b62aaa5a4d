"""Helm charts of a bundle: which must be fetched, where their files go, and what `charts` folders lack."""

import hashlib
import posixpath
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from fleet.bundler.domain import helmignore, ignore
from fleet.bundler.domain.archive import BadArchive, Budget, Unpacked, unpack
from fleet.bundler.domain.chartfiles import CHART, load_folder
from fleet.bundler.domain.chartneeds import ChartNeed, FetchedChart
from fleet.bundler.domain.chartsource import OCI, BadSource, SourceKind, parse_source, shown_need
from fleet.bundler.domain.dependencies import Update, needed_by, updated
from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.resources import BundleFile, encoded_files, list_files
from fleet.bundler.domain.tags import normalized
from fleet.bundler.domain.tree import Mode, Tree
from fleet.bundler.domain.yamltext import Document, Path

_FOLDER = ".chart"


@dataclass(frozen=True, slots=True)
class NamedChart:
    """A chart that fleet.yaml names and that is not in the repository; `at` is the place of its options."""

    need: ChartNeed
    document: Document
    at: Path

    @property
    def prefix(self) -> str:
        """Where its files stand in the bundle: the agent looks there by the same three texts."""
        said = f"{self.need.chart}:{self.need.repo}:{self.need.version}"
        return f"{_FOLDER}/{hashlib.sha256(said.encode()).hexdigest()}"

    def wrong(self, reason: str) -> BadInput:
        """An error at the field that names the chart."""
        field = "repo" if self.need.repo else "chart"
        return self.document.wrong((*self.at, field), f"{reason} ({shown_need(self.need)})")


def named_chart(
    tree: Tree, folder: str, helm: Mapping[str, Any], *, document: Document, at: Path
) -> NamedChart | None:
    """The chart that must be fetched for these options; None where they name none or one that is there.

    Raises:
        BadInput: it can be no chart.
    """
    repo, chart = helm.get("repo", ""), helm.get("chart", "")
    if not repo and (not chart or tree.exists(_joined(folder, chart))):
        return None
    need = ChartNeed(folder, repo, chart, normalized(helm.get("version", "")))
    found = NamedChart(need, document, at)
    try:
        source = parse_source(chart) if not repo else None
    except BadSource as error:
        raise found.wrong(str(error)) from None
    if source is not None and source.kind is SourceKind.FOLDER:
        looked = folder or "the top folder"
        if not tree.is_folder(tree.resolve(_joined(folder, source.url)) or "\0"):
            raise found.wrong(f"no such folder (looked in {looked}), and it is no URL")
    if not repo or repo.startswith((OCI, "http://", "https://")):
        return found
    raise found.wrong("a repository begins with http://, https:// or oci://")


@dataclass(slots=True)
class BundleCharts:
    """The files of one bundle: its own, those of its charts, and what its charts depend on.

    Asked in this order: `needs`, `take`, `dependencies`, `files`; so that all bundles of a reading can ask
    for what they lack at once. `left_out` has names that are no resources.
    """

    tree: Tree
    folder: str
    listed: dict[str, str]
    named: Sequence[NamedChart]
    left_out: Container[str]
    update: bool
    _sources: list["_Source"] = field(init=False, default_factory=list)
    _updates: list[tuple["_Source", Update]] = field(init=False, default_factory=list)

    @property
    def lasting(self) -> bool:
        """Whether nothing but the tree decides what the files are."""
        return not any(self.needs()) and not any(update.needs for _, update in self._updates)

    def needs(self) -> list[ChartNeed]:
        """The charts to fetch."""
        return [one.need for one in self._remote()]

    def take(self, fetched: Sequence[FetchedChart], unpacking: "Unpacking") -> None:
        """Take what was fetched for `needs`. Raises BadInput at the field that names the chart."""
        self._sources = [_Source(self.tree, self.folder, "", self.listed)]
        answers = dict(zip(self.needs(), fetched, strict=True))
        taken: set[str] = set()
        for one in self.named:
            if one.prefix not in taken:
                taken.add(one.prefix)
                self._sources.append(self._source(one, answers.get(one.need), unpacking))
        if self.update:
            for source in self._sources:
                self._updates += [(source, update) for update in source.updates(self.folder)]

    def dependencies(self) -> list[ChartNeed]:
        """What the charts depend on and must be fetched."""
        return [need for _, update in self._updates for need in update.needs]

    def files(self, fetched: Sequence[FetchedChart], *, compress: bool = False) -> list[BundleFile]:
        """All files, sorted by name. Raises BadInput at the dependency that could not be had."""
        answers = iter(fetched)
        for source, update in self._updates:
            with source.told():
                source.change(updated(source.tree, update, [next(answers) for _ in update.needs]))
        found = [file for source in self._sources for file in source.files(self.left_out, compress=compress)]
        return sorted(found, key=lambda file: file.name.encode())

    def _remote(self) -> list[NamedChart]:
        return list({one.prefix: one for one in self.named if not self._is_local(one)}.values())

    def _is_local(self, one: NamedChart) -> bool:
        return not one.need.repo and parse_source(one.need.chart).kind is SourceKind.FOLDER

    def _source(self, one: NamedChart, fetched: FetchedChart | None, unpacking: "Unpacking") -> "_Source":
        if fetched is None:
            source = parse_source(one.need.chart)
            folder = self.tree.resolve(_joined(self.folder, posixpath.join(source.url, source.subdir)))
            if folder is None or not self.tree.is_folder(folder):
                raise one.wrong("no such folder")
            tree = self.tree
        elif fetched.error:
            raise one.wrong(f"the chart could not be fetched: {fetched.error}")
        else:
            try:
                tree, folder = unpacking.tree(fetched), ""
            except BadArchive as error:
                raise one.wrong(f"the chart cannot be unpacked: {error}") from None
        try:
            listed = list_files(tree, folder, left_out=self.left_out)
        except BadInput as error:
            raise one.wrong(f"the chart cannot be read: {error}") from None
        return _Source(tree, folder, f"{one.prefix}/", listed, one if fetched else None)


class Unpacking:
    """Archives taken apart for one reading: each once, all of them within one budget."""

    def __init__(self) -> None:
        self._budget = Budget()
        self._found: dict[tuple[str, str, bytes], Tree] = {}

    def tree(self, fetched: FetchedChart) -> Tree:
        """The files of an archive, or of the folder in it that is meant. Raises BadArchive."""
        key = (fetched.name, fetched.subdir, hashlib.sha256(fetched.data).digest())
        if key not in self._found:
            unpacked = _below(unpack(fetched.data, fetched.name, self._budget), fetched.subdir)
            self._found[key] = tree_of(unpacked)
        return self._found[key]


def tree_of(unpacked: Unpacked) -> Tree:
    """Unpacked files as a tree."""
    return Tree(unpacked.modes, lambda paths: {path: unpacked.data[path] for path in paths})


@dataclass(slots=True)
class _Source:
    """A folder of a tree whose files go into the bundle under a prefix."""

    tree: Tree
    folder: str
    prefix: str
    listed: dict[str, str]
    fetched: NamedChart | None = None
    changed: bool = False

    def updates(self, bundle: str) -> Iterator[Update]:
        """The charts that lack something, parents first; those in folders that are left out do not count."""
        names = [name for name in self.listed if posixpath.basename(name) == CHART]
        for name in sorted(names, key=lambda name: (name.count("/"), name)):
            with self.told():
                path = posixpath.join(self.folder, posixpath.dirname(name))
                update = needed_by(self.tree, load_folder(self.tree, path), bundle)
            if update.missing:
                yield update

    @contextmanager
    def told(self) -> Iterator[None]:
        """Errors about a file of a fetched chart are told at the field that names the chart."""
        try:
            yield
        except BadInput as error:
            if self.fetched is None:
                raise
            raise self.fetched.wrong(f"the chart cannot be used: {error}") from None

    def change(self, files: Mapping[str, bytes | None]) -> None:
        """Put files into the tree, or take them out where there is None."""
        base, ignored = self.tree, [ignore.FILE_NAME, helmignore.FILE_NAME]
        kept = {*self.listed.values(), *base.files_named(ignored, below=[self.folder])}
        modes = {path: mode for path in kept if (mode := base.mode(path)) is not None}
        modes = {path: mode for path, mode in modes.items() if path not in files}
        added = {path: data for path, data in files.items() if data is not None}

        def load(paths: Sequence[str]) -> dict[str, bytes]:
            return {path: added[path] if path in added else base.read(path) for path in paths}

        self.tree = Tree({**modes, **dict.fromkeys(added, Mode.FILE)}, load)
        self.changed = True

    def files(self, left_out: Container[str], *, compress: bool) -> Iterator[BundleFile]:
        if self.changed:
            self.listed = list_files(self.tree, self.folder, left_out=left_out)
        with self.told():
            found = encoded_files(self.tree, self.listed, compress=compress)
        for file in found:
            yield replace(file, name=self.prefix + file.name)


def _below(unpacked: Unpacked, subdir: str) -> Unpacked:
    inside = posixpath.normpath(subdir.strip("/") or ".")
    if inside == ".":
        return unpacked
    prefix = f"{inside}/"
    found = Unpacked(
        {path.removeprefix(prefix): mode for path, mode in unpacked.modes.items() if path.startswith(prefix)},
        {path.removeprefix(prefix): data for path, data in unpacked.data.items() if path.startswith(prefix)},
    )
    if not found.modes:
        raise BadArchive(f"there is no folder {inside} in it")
    return found


def _joined(folder: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(folder, path.lstrip("/")))
