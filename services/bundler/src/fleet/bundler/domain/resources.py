"""The files of one bundle: which of them, in which encoding, in which order."""

import base64
import posixpath
import struct
import zlib
from collections.abc import Container, Mapping
from dataclasses import dataclass

from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.ignore import IgnoreRules
from fleet.bundler.domain.tree import Mode, Tree

BASE64_GZIP = "base64+gz"
"""The encoding of what is not UTF-8 text."""

_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_STORED_BLOCK = 0xFFFF


@dataclass(frozen=True, slots=True)
class BundleFile:
    """One resource of a bundle; `name` is its path in the bundle's folder."""

    name: str
    content: str
    encoding: str = ""


def list_files(tree: Tree, folder: str, *, left_out: Container[str]) -> dict[str, str]:
    """Which files are a bundle's: from the name in the bundle to the path in the tree, links followed.

    Files of nested bundles are among them; hidden files and folders, what `.fleetignore` names and
    `left_out` (names in the bundle: its options, its values files) are not.

    Raises:
        BadInput: a link leads out of the bundle, to nothing or to a folder; a submodule; a bad pattern.
    """
    found: dict[str, str] = {}
    _collect(tree, folder, "", IgnoreRules(tree), left_out, found)
    return found


def encoded_files(tree: Tree, listed: Mapping[str, str]) -> list[BundleFile]:
    """The listed files with their content, sorted by name. Raises BadInput for a name that is no UTF-8."""
    found = [_encoded(name, tree.read(path)) for name, path in listed.items()]
    return sorted(found, key=lambda file: file.name.encode())


def _collect(
    tree: Tree,
    base: str,
    below: str,
    rules: IgnoreRules,
    left_out: Container[str],
    found: dict[str, str],
) -> None:
    here = posixpath.join(base, below) if below else base
    if below not in left_out:
        rules.enter(here)
    for name in tree.names(here):
        inside = posixpath.join(below, name)
        path = posixpath.join(base, inside)
        if tree.is_folder(path):
            if not name.startswith(".") and not rules.ignores(path, folder=True):
                _collect(tree, base, inside, rules, left_out, found)
        elif inside not in left_out and not rules.ignores(path, folder=False) and not name.startswith("."):
            found[inside] = _followed(tree, base, path)


def _followed(tree: Tree, base: str, path: str) -> str:
    if tree.mode(path) is Mode.SUBMODULE:
        raise BadInput("git submodules are not read; put the files into the repository", path=path)
    end = tree.resolve(path)
    if end is None:
        raise BadInput("the link leads to nothing, or out of the repository", path=path)
    if base and not end.startswith(f"{base}/"):
        raise BadInput(f"the link leads out of the bundle's folder {base}", path=path)
    if tree.is_folder(end):
        raise BadInput("the link leads to a folder; only links to files are read", path=path)
    if tree.mode(end) is Mode.SUBMODULE:
        raise BadInput("the link leads to a git submodule, which is not read", path=path)
    return end


def _encoded(name: str, data: bytes) -> BundleFile:
    try:
        name.encode()
    except UnicodeEncodeError:
        raise BadInput("the name of the file is not UTF-8", path=ascii(name)) from None
    try:
        return BundleFile(name, data.decode())
    except UnicodeDecodeError:
        return BundleFile(name, base64.b64encode(stored_gzip(data)).decode(), BASE64_GZIP)


def stored_gzip(data: bytes) -> bytes:
    """Wrap bytes as a gzip file without compressing them.

    What deflate makes of the same bytes differs between zlib and its replacements; the bytes of a bundle
    must not, on any machine.
    """
    blocks = [data[at : at + _STORED_BLOCK] for at in range(0, len(data), _STORED_BLOCK)] or [b""]
    last = len(blocks) - 1
    framed = (
        struct.pack("<BHH", n == last, len(block), len(block) ^ 0xFFFF) + block
        for n, block in enumerate(blocks)
    )
    return _GZIP_HEADER + b"".join(framed) + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)
