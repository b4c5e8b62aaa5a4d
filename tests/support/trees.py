"""Trees as values, for tests of the reader: files by path, written in the test."""

from collections.abc import Mapping, Sequence
from typing import Any

from fleet.bundler.domain.bundle import Bundle
from fleet.bundler.domain.order import Order
from fleet.bundler.domain.reading import read_tree
from fleet.bundler.domain.tree import Mode, Tree

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"

Files = Mapping[str, str | bytes]


def a_tree(files: Files, *, links: Mapping[str, str] | None = None, submodules: Sequence[str] = ()) -> Tree:
    """A tree of these files; `links` goes from path to target."""
    data = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    data |= {path: target.encode(errors="surrogateescape") for path, target in (links or {}).items()}
    modes = dict.fromkeys(files, Mode.FILE)
    modes |= dict.fromkeys(links or {}, Mode.LINK) | dict.fromkeys(submodules, Mode.SUBMODULE)
    return Tree(modes, lambda paths: {path: data[path] for path in paths})


def read(files: Files, *, name: str = "repo", **order: Any) -> list[Bundle]:
    """The bundles of a tree, in the order of the walk."""
    return read_tree(a_tree(files), Order(name=name, **order)).bundles


def read_one(files: Files, **order: Any) -> Bundle:
    """The only bundle of a tree."""
    (bundle,) = read(files, **order)
    return bundle


def names_of(bundle: Bundle) -> list[str]:
    """The names of a bundle's files."""
    return [file.name for file in bundle.files]
