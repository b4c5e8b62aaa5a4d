"""Which folders of a tree become bundles (Fleet's scan of `paths` and of `bundles`)."""

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.fleetyaml import FILE_NAMES
from fleet.bundler.domain.glob import BadPattern, is_magic, matches
from fleet.bundler.domain.tree import Tree

_YAML = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Place:
    """A folder that becomes a bundle; `options` is the file with its options, "" if there is none.

    `label` is what stands in the bundle's name after the name of the repository.
    """

    folder: str
    label: str
    options: str = ""


def scan(tree: Tree, paths: Sequence[str]) -> list[Place]:
    """The folders that Fleet finds below the scan roots, each once, in the order of its walk.

    A root is a bundle if it has a fleet.yaml, or YAML files anywhere below it outside of folders with a
    fleet.yaml of their own. A folder below is one if it has a fleet.yaml. Hidden folders count, `.git`
    does not.

    Raises:
        BadInput: a path is a broken pattern.
    """
    found: dict[str, Place] = {}
    for path in paths or [""]:
        for root in _roots(tree, path):
            for folder in _bundle_folders(tree, root):
                found.setdefault(folder, Place(folder, folder, options_file(tree, folder)))
    return list(found.values())


def given(tree: Tree, bundles: Sequence[tuple[str, str]]) -> list[Place]:
    """The folders of a user-driven scan: (base, options file relative to it), nothing below them.

    Raises:
        BadInput: a base is no folder, or an options file is not there.
    """
    found: list[Place] = []
    for base, options in bundles:
        folder = _clean(base)
        if folder is None or not tree.is_folder(folder):
            raise BadInput("no such folder (spec.bundles)", path=base)
        if not options:
            found.append(Place(folder, folder, options_file(tree, folder)))
            continue
        file = posixpath.normpath(posixpath.join(folder, options))
        if not tree.is_file(file):
            raise BadInput("no such file (spec.bundles)", path=file)
        stem = posixpath.splitext(options.removeprefix("./"))[0]
        found.append(Place(folder, f"{folder}-{stem}", file))
    return found


def options_file(tree: Tree, folder: str) -> str:
    """The fleet.yaml of a folder, or the empty text."""
    for name in FILE_NAMES:
        if tree.is_file(path := posixpath.join(folder, name)):
            return path
    return ""


def _roots(tree: Tree, path: str) -> list[str]:
    """Expand one entry of `paths` as Go's Glob does; only folders are kept."""
    pattern = _clean(path)
    if pattern is None:
        return []
    if not is_magic(pattern):
        return [pattern] if tree.is_folder(pattern) else []
    try:
        return [folder for folder in _expand(tree, pattern.split("/")) if tree.is_folder(folder)]
    except BadPattern:
        raise BadInput(f'the path "{path}" is not a valid pattern (spec.paths)') from None


def _expand(tree: Tree, parts: Sequence[str]) -> list[str]:
    found = [""]
    for part in parts:
        found = [
            posixpath.join(folder, name)
            for folder in found
            if tree.is_folder(folder)
            for name in tree.names(folder)
            if matches(part, name)
        ]
    return found


def _clean(path: str) -> str | None:
    """A path of a spec as one in the tree; None where it leads out of the repository."""
    clean = posixpath.normpath(path.lstrip("/") or ".")
    if clean == ".." or clean.startswith("../"):
        return None
    return "" if clean == "." else clean


def _bundle_folders(tree: Tree, root: str) -> Iterator[str]:
    if options_file(tree, root) or _has_loose_yaml(tree, root):
        yield root
    for folder in tree.walk(root):
        if folder != root and ".git" not in folder.split("/") and options_file(tree, folder):
            yield folder


def _has_loose_yaml(tree: Tree, folder: str) -> bool:
    """Whether YAML files stand in the folder or below, folders with their own fleet.yaml left out."""
    if options_file(tree, folder):
        return False
    for name in tree.names(folder):
        path = posixpath.join(folder, name)
        if tree.is_folder(path):
            if _has_loose_yaml(tree, path):
                return True
        elif posixpath.splitext(name)[1] in _YAML or name in _YAML:
            return True
    return False
