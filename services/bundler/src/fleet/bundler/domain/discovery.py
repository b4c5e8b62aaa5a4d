"""Which folders of a tree become bundles (Fleet's scan of `paths` and of `bundles`)."""

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.fleetyaml import FILE_NAMES
from fleet.bundler.domain.glob import BadPattern, is_magic, matches
from fleet.bundler.domain.tree import Tree

ABOVE = "leads above the folder that is read (for `fleet apply` the present one, so go up and run it there)"
"""What is wrong with a path such as `../x`."""

_YAML = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Place:
    """A folder that becomes a bundle; `options` is the file with its options, "" if there is none.

    `label` is what stands in the bundle's name after the name of the repository. `given` is the options file
    as the user named it, "" where it was found.
    """

    folder: str
    label: str
    options: str = ""
    given: str = ""


def scan(tree: Tree, paths: Sequence[str], options: str = "") -> list[Place]:
    """The folders that Fleet finds below the scan roots, in the order of its walk, as often as it finds them.

    A root is a bundle if it has a fleet.yaml, or YAML files anywhere below it outside of folders with a
    fleet.yaml of their own. A folder below is one if it has a fleet.yaml. Hidden folders count, `.git`
    does not. Each is read with the file `options` where that is given, which must be in every one of them.

    Raises:
        BadInput: a path is a broken pattern, or an options file is not there.
    """
    return [
        _place(tree, folder, label, options)
        for path in paths or ["."]
        for root, start in roots(tree, path)
        for folder, label in _bundle_folders(tree, root, start)
    ]


def given(tree: Tree, bundles: Sequence[tuple[str, str]]) -> list[Place]:
    """The folders of a user-driven scan: (base, options file relative to it), nothing below them.

    A base that is a link to a folder has nothing in it, as in Fleet.

    Raises:
        BadInput: a base is no folder, or an options file is not there.
    """
    found: list[Place] = []
    for base, options in bundles:
        path = None if base.startswith("/") else clean(base)
        folder = folder_at(tree, path)
        if folder is None:
            if path is not None and (end := tree.resolve(path)) is not None and tree.is_folder(end):
                continue
            raise BadInput(f"no such folder (spec.bundles){_outside(base)}", path=base)
        found.append(_place(tree, folder, posixpath.normpath(base or "."), options))
    return found


def _outside(base: str) -> str:
    """What to say of a base that could be nowhere in the tree."""
    if base.startswith("/"):
        return "; absolute paths are not read"
    return f"; it {ABOVE}" if clean(base) is None else ""


def options_file(tree: Tree, folder: str) -> str:
    """The fleet.yaml of a folder, or the empty text.

    Raises:
        BadInput: what has that name is a folder.
    """
    for name in FILE_NAMES:
        path = posixpath.join(folder, name)
        if (end := tree.resolve(path)) is not None:
            if tree.is_folder(end):
                raise BadInput("is a folder, and must be a file", path=path)
            return path
    return ""


def _place(tree: Tree, folder: str, label: str, options: str) -> Place:
    if not options:
        return Place(folder, _plain(label), options_file(tree, folder))
    file = posixpath.normpath(posixpath.join(folder, options.lstrip("/")))
    if not tree.is_file(file):
        raise BadInput(f'no such file "{options}" (looked in {folder or "the top folder"})', path=file)
    stem = posixpath.normpath(posixpath.join(label or ".", _without_extension(options).lstrip("/")))
    return Place(folder, _plain(stem), file, options)


def _plain(label: str) -> str:
    return "" if label == "." else label


def _without_extension(name: str) -> str:
    """A name up to its last dot, also where that is its first character (Go's `filepath.Ext`)."""
    dot = name.rfind(".")
    return name[:dot] if dot > name.rfind("/") else name


def roots(tree: Tree, path: str) -> list[tuple[str, str]]:
    """Expand one entry of `paths` as Go's Glob does: each folder, and its path as it is written.

    Raises:
        BadInput: the path is a broken pattern.
    """
    pattern = path.lstrip("/")
    if not pattern:
        return []
    try:
        written = _expand(tree, pattern)
    except BadPattern:
        raise BadInput(f'the path "{path}" is not a valid pattern (spec.paths)') from None
    found = ((folder_at(tree, clean(one)), one) for one in written if tree.exists(one))
    return [(folder, posixpath.normpath(one)) for folder, one in found if folder is not None]


def _expand(tree: Tree, pattern: str) -> list[str]:
    matches(pattern, "")  # a pattern is checked as a whole before anything else
    if not is_magic(pattern):
        return [pattern]
    parent, _, last = pattern.rpartition("/")
    return [
        posixpath.normpath(posixpath.join(folder, name))
        for folder in (_expand(tree, parent) if parent else ["."])
        for name in _names_at(tree, folder)
        if matches(last, name)
    ]


def _names_at(tree: Tree, folder: str) -> list[str]:
    """The names in a folder, which a link may lead to; none where there is no such folder."""
    path = clean(folder)
    end = None if path is None else tree.resolve(path)
    return tree.names(end) if end is not None and tree.is_folder(end) else []


def clean(path: str) -> str | None:
    """A path of a spec as one in the tree; None where it leads out of the repository."""
    clean = posixpath.normpath(path or ".")
    if clean == ".." or clean.startswith("../"):
        return None
    return "" if clean == "." else clean


def folder_at(tree: Tree, path: str | None) -> str | None:
    """The folder at a path, links on the way to it followed; None where none is, or a link to one."""
    if not path:
        return path
    parent, _, name = path.rpartition("/")
    end = tree.resolve(parent)
    found = None if end is None else posixpath.join(end, name)
    return found if found is not None and tree.is_folder(found) else None


def _bundle_folders(tree: Tree, root: str, start: str) -> Iterator[tuple[str, str]]:
    """Each folder that is a bundle, with its path as it is walked to from the root's."""
    if posixpath.basename(root) == ".git":
        return
    if options_file(tree, root) or _has_loose_yaml(tree, root):
        yield root, start
    for folder in tree.walk(root):
        below = folder[len(root) :].lstrip("/")
        if below and ".git" not in below.split("/") and options_file(tree, folder):
            yield folder, posixpath.join(start, below)


def _has_loose_yaml(tree: Tree, folder: str) -> bool:
    """Whether YAML files stand in the folder or below, folders with their own fleet.yaml left out."""
    todo = [folder]
    while todo:
        here = todo.pop()
        if options_file(tree, here):
            continue
        for name in tree.names(here):
            path = posixpath.join(here, name)
            if tree.is_folder(path):
                todo.append(path)
            elif name.endswith(_YAML):
                return True
    return False
