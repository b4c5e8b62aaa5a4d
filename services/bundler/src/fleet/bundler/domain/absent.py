"""Paths that were asked for and that no bundle came of: which they are, and why."""

import posixpath
from collections.abc import Iterable, Iterator

from fleet.bundler.domain.discovery import ABOVE, Place, clean, roots
from fleet.bundler.domain.glob import is_magic
from fleet.bundler.domain.order import Order
from fleet.bundler.domain.tree import Tree
from fleet.bundler.domain.warnings import ReadWarning

_NAMED = 5


def absent_paths(tree: Tree, order: Order) -> tuple[ReadWarning, ...]:
    """A warning for each path of an order that is no folder, which Fleet passes over without a word."""
    paths = () if order.bundles else dict.fromkeys(order.paths)
    lost = (path for path in paths if not roots(tree, path))
    return tuple(ReadWarning(f'the path "{path}" {_why_no_folder(tree, path)}') for path in lost)


def nothing_found(tree: Tree, order: Order, places: Iterable[Place]) -> str:
    """Fleet's message for a reading without a bundle, with the reason for each of the paths behind it."""
    driven = [f"{base}:{options}" if options else base for base, options in order.bundles]
    looked = driven or list(order.paths) or ["."]
    reasons = [*_reasons(tree, order, {place.folder for place in places})]
    more = len(reasons) - _NAMED
    told = "; ".join(reasons[:_NAMED]) + (f"; and {more} more" if more > 0 else "")
    return f"no resource found at the following paths to deploy: [{' '.join(looked)}]: {told}"


def _reasons(tree: Tree, order: Order, folders: Iterable[str]) -> Iterator[str]:
    """Why nothing came of each path; `folders` are those that were read, and had nothing."""
    if order.bundles:
        yield from (f'there is nothing to deploy in "{base}"' for base, _ in order.bundles)
        return
    for path in dict.fromkeys(order.paths or ["."]):
        found = roots(tree, path)
        if not found:
            yield f'"{path}" {_why_no_folder(tree, path)}'
        elif any(_is_in(folder, root) for folder in folders for root, _ in found):
            yield f'there is nothing to deploy in "{path}"'
        else:
            yield f'"{path}" has neither a fleet.yaml nor files that end in .yaml or .yml'


def _is_in(folder: str, root: str) -> bool:
    return not root or folder == root or folder.startswith(f"{root}/")


def _why_no_folder(tree: Tree, path: str) -> str:
    below = path.lstrip("/")
    if not below:
        return 'names no folder; write "." for the one that is read'
    plain = clean(below)
    if plain is None:
        return ABOVE
    if is_magic(below):
        return "fits no folder"
    if below != path:
        return f'is taken for "{posixpath.normpath(below)}", as in Fleet, and there is no such folder'
    end = tree.resolve(plain)
    if end is None:
        return "is not there, or has no files"
    return "is a link, which is not followed" if tree.is_folder(end) else "is a file, and must be a folder"
