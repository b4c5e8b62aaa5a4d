"""A chart's own files, as Helm loads them: what it is called, what it depends on, what it brings along."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from fleet.bundler.domain.archive import BadArchive, Budget, Unpacked, unpack
from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.gotime import TimeText
from fleet.bundler.domain.helmignore import HelmIgnore, read_helmignore
from fleet.bundler.domain.tags import is_version
from fleet.bundler.domain.tree import Tree
from fleet.bundler.domain.typed import Flag, FreeMap, ListOf, MapOf, Struct, Text
from fleet.bundler.domain.yamltext import Document, parse

CHART = "Chart.yaml"
SUBCHARTS = "charts"
_REQUIREMENTS = "requirements.yaml"
_VALUES = "values.yaml"
_LOCKS = ("Chart.lock", "requirements.lock")
_TEXT = Text()

DEPENDENCY = Struct(
    {
        **dict.fromkeys(("name", "version", "repository", "condition"), _TEXT),
        "tags": ListOf(_TEXT),
        "enabled": Flag(),
        "alias": _TEXT,
    },
    required={"name": "", "repository": ""},
)
"""A dependency in Chart.yaml; `import-values`, which may be anything, is read beside it."""

_TEXTS = ("apiVersion", "name", "version", "type", "home", "description", "icon", "condition", "tags")
_METADATA = Struct(
    {
        **dict.fromkeys((*_TEXTS, "appVersion", "kubeVersion"), _TEXT),
        **dict.fromkeys(("sources", "keywords"), ListOf(_TEXT)),
        "maintainers": ListOf(Struct(dict.fromkeys(("name", "email", "url"), _TEXT))),
        "deprecated": Flag(),
        "annotations": MapOf(_TEXT),
        "dependencies": ListOf(DEPENDENCY),
    }
)
_LOCK = Struct({"digest": _TEXT, "generated": TimeText(), "dependencies": ListOf(DEPENDENCY)})
_TYPES = ("", "application", "library")
_ALIAS = re.compile(r"[a-zA-Z0-9_-]+")
_DEEPEST = 20
"""How many archives may stand in each other."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """One dependency: its fields as Go writes them, and its place for messages."""

    fields: dict[str, Any]
    document: Document
    number: int

    @property
    def name(self) -> str:
        """The name of the chart that is depended on."""
        return str(self.fields.get("name", ""))

    @property
    def version(self) -> str:
        """The constraint."""
        return str(self.fields.get("version", ""))

    @property
    def repository(self) -> str:
        """Where it comes from; empty: it is in `charts` already."""
        return str(self.fields.get("repository", ""))

    def wrong(self, reason: str) -> BadInput:
        """An error at the dependency's place."""
        return self.document.wrong(("dependencies", self.number), reason)


@dataclass(frozen=True, slots=True)
class ChartFolder:
    """A chart in a folder of a tree."""

    path: str
    name: str
    version: str
    api_version: str
    dependencies: tuple[Dependency, ...]
    lock_digest: str = ""
    subcharts: frozenset[str] = field(default_factory=frozenset)

    @property
    def missing(self) -> list[Dependency]:
        """What it depends on and does not bring along; names alone count, as for Helm."""
        return [one for one in self.dependencies if one.name not in self.subcharts]


def load_folder(tree: Tree, path: str) -> ChartFolder:
    """Load a chart, with all that stands below it. Raises BadInput where Helm would not, with the place."""
    return _load(tree, path, _Loading(path, read_helmignore(tree, path)))


@dataclass(slots=True)
class _Loading:
    """One chart with all that stands below it: one budget, and the ignore file of its own folder only.

    `archives` is how many archives it stands in.
    """

    top: str
    rules: HelmIgnore
    budget: Budget = field(default_factory=Budget)
    archives: int = 0

    def passes_over(self, path: str, *, folder: bool) -> bool:
        inside = posixpath.relpath(path, self.top or ".")
        return self.rules.ignores_folder(inside) if folder else self.rules.ignores(inside)


def _load(tree: Tree, path: str, loading: _Loading) -> ChartFolder:
    at = posixpath.join(path, CHART)
    if loading.passes_over(at, folder=False):
        raise BadInput(f"{CHART} file is missing, as .helmignore leaves it out", path=at)
    document = parse(tree.read(at), at)
    metadata = _read(document)
    source = document
    if (required := _loaded(tree, path, _REQUIREMENTS, loading)) is not None:
        found = _read(required)
        if "dependencies" in _METADATA.spelled(required.value or {}):
            source, metadata["dependencies"] = required, found.pop("dependencies", [])
        metadata |= found
    _check(document, metadata)
    _check_values(_loaded(tree, path, _VALUES, loading))
    return ChartFolder(
        path=path,
        name=metadata["name"],
        version=metadata["version"],
        api_version=metadata.get("apiVersion") or "v1",
        dependencies=tuple(_dependencies(source, metadata)),
        lock_digest=_lock_digest(tree, path, loading),
        subcharts=frozenset(_subcharts(tree, path, metadata["name"], loading)),
    )


def _loaded(tree: Tree, path: str, name: str, loading: _Loading) -> Document | None:
    """A file of the chart, parsed; None where it is not there, or left out by .helmignore."""
    at = posixpath.join(path, name)
    if not tree.is_file(at) or loading.passes_over(at, folder=False):
        return None
    return parse(tree.read(at), at)


def archive_name(data: bytes, budget: Budget) -> tuple[str, Unpacked]:
    """The name of a packed chart, and its files. Raises BadArchive where it is none."""
    found = unpack(data, "chart.tgz", budget)
    for path in found.modes:
        if path.count("/") == 1 and path.endswith(f"/{CHART}"):
            try:
                name = _read(parse(found.data[path], path)).get("name", "")
            except BadInput as error:
                raise BadArchive(str(error)) from None
            return name, found
    raise BadArchive(f"{CHART} file is missing")


def _read(document: Document) -> dict[str, Any]:
    found = _METADATA.read(document, (), document.value, lenient=True)
    return dict(found or {})


def _check(document: Document, metadata: dict[str, Any]) -> None:
    name, version = metadata.get("name", ""), metadata.get("version", "")
    if not name:
        raise document.wrong(("name",), "validation: chart.metadata.name is required")
    if posixpath.basename(name) != name or name in (".", ".."):
        raise document.wrong(("name",), "validation: chart.metadata.name is invalid")
    if not version:
        raise document.wrong(("version",), "validation: chart.metadata.version is required")
    if not is_version(version):
        raise document.wrong(("version",), "validation: chart.metadata.version is invalid")
    if metadata.get("type", "") not in _TYPES:
        raise document.wrong(("type",), "validation: chart.metadata.type must be application or library")
    people = (
        document.value[_METADATA.spelled(document.value)["maintainers"]] if "maintainers" in metadata else []
    )
    if None in people:
        raise document.wrong(("maintainers",), "validation: maintainers must not contain empty or null nodes")
    metadata["name"], metadata["version"] = name, version


def _check_values(document: Document | None) -> None:
    if document is not None:
        if not isinstance(document.value, dict | None):
            raise document.wrong((), "cannot load values.yaml: it must be a map")
        FreeMap().read(document, (), document.value, lenient=False)


def _dependencies(document: Document, metadata: dict[str, Any]) -> Iterator[Dependency]:
    given = document.value.get("dependencies") if isinstance(document.value, dict) else None
    seen: set[str] = set()
    for number, fields in enumerate(metadata.get("dependencies", [])):
        item = given[number] if isinstance(given, list) and number < len(given) else None
        values = item.get("import-values") if isinstance(item, dict) else None
        one = Dependency(fields | ({"import-values": values} if values else {}), document, number)
        alias = str(fields.get("alias", ""))
        if not one.name:
            raise one.wrong("must be a map with a name")
        if alias and not _ALIAS.fullmatch(alias):
            raise one.wrong(f'validation: dependency "{one.name}" has disallowed characters in the alias')
        if (alias or one.name) in seen:
            raise one.wrong(f'validation: more than one dependency with name or alias "{alias or one.name}"')
        seen.add(alias or one.name)
        yield one


def _lock_digest(tree: Tree, path: str, loading: _Loading) -> str:
    """The digest of the lock file; the second one's where there are both, as for Helm."""
    digest = ""
    for name in _LOCKS:
        if (document := _loaded(tree, path, name, loading)) is not None:
            digest = str((_LOCK.read(document, (), document.value, lenient=True) or {}).get("digest", ""))
    return digest


def _subcharts(tree: Tree, path: str, chart: str, loading: _Loading) -> Iterator[str]:
    folder = posixpath.join(path, SUBCHARTS)
    for name in tree.names(folder) if tree.is_folder(folder) else ():
        at = posixpath.join(folder, name)
        if name[0] in "_." or name.endswith(".prov") or not _has_files(tree, at, loading):
            continue
        try:
            if name.endswith(".tgz"):
                yield _load_archive(tree.read(at), loading).name
            elif tree.is_file(posixpath.join(at, CHART)):
                yield _load(tree, at, loading).name
            else:
                raise BadArchive(f"{CHART} file is missing")
        except (BadArchive, BadInput) as error:
            raise BadInput(f"error unpacking subchart {name} in {chart}: {error}", path=at) from None


def _has_files(tree: Tree, at: str, loading: _Loading) -> bool:
    """Whether a path is a file that Helm loads, or a folder with such files."""
    if not tree.is_folder(at):
        return not loading.passes_over(at, folder=False)
    files = (posixpath.join(folder, name) for folder in tree.walk(at) for name in tree.names(folder))
    return any(not tree.is_folder(one) and not loading.passes_over(one, folder=False) for one in files)


def _load_archive(data: bytes, loading: _Loading) -> ChartFolder:
    """A packed chart; ignore files do not count in it. Raises BadArchive, or BadInput with the place."""
    if loading.archives == _DEEPEST:
        raise BadArchive(f"more than {_DEEPEST} archives stand in each other")
    _, found = archive_name(data, loading.budget)
    top = next(path for path in found.modes if path.count("/") == 1 and path.endswith(f"/{CHART}"))
    tree = Tree(found.modes, lambda paths: {path: found.data[path] for path in paths})
    within = _Loading("", HelmIgnore(()), loading.budget, loading.archives + 1)
    return _load(tree, posixpath.dirname(top), within)
