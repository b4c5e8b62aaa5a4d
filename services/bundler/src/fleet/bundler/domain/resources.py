"""The files of one bundle: which of them, in which encoding, in which order."""

import base64
import posixpath
import struct
import zlib
from collections.abc import Container, Mapping
from dataclasses import dataclass

from fleet.bundler.domain.bounds import BUNDLE_BYTES
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
    `left_out` (names in the bundle: its options, its values files; `.` is the folder itself) are not. A
    folder that `left_out` names is taken in even so, and its `.fleetignore` not read. Fleet looks at the
    folder's own name too: nothing is in a bundle whose folder is hidden.

    Raises:
        BadInput: a link leads out of the bundle, to nothing or to a folder; a submodule; a bad pattern.
    """
    found: dict[str, str] = {}
    if posixpath.basename(folder).startswith(".") and "." not in left_out:
        return found
    rules = IgnoreRules(tree)
    if "." not in left_out:
        rules.enter(folder)
    todo = _below(tree, folder, "")
    while todo:
        inside = todo.pop()
        path = posixpath.join(folder, inside)
        is_folder = tree.is_folder(path)
        ignored = rules.ignores(path, folder=is_folder)
        if inside in left_out:
            todo += _below(tree, folder, inside) if is_folder else []
        elif ignored or posixpath.basename(inside).startswith("."):
            continue
        elif is_folder:
            rules.enter(path)
            todo += _below(tree, folder, inside)
        else:
            found[inside] = _followed(tree, folder, path)
    return found


def _below(tree: Tree, folder: str, inside: str) -> list[str]:
    """What stands in a folder of a bundle, the last first."""
    names = tree.names(posixpath.join(folder, inside) if inside else folder)
    return [posixpath.join(inside, name) for name in reversed(names)]


def encoded_files(tree: Tree, listed: Mapping[str, str], *, compress: bool = False) -> list[BundleFile]:
    """The listed files with their content, sorted by name; `compress` asks for all of them as gzip.

    Raises:
        BadInput: a name is no UTF-8, or they are more than a bundle may have.
    """
    found, left = [], BUNDLE_BYTES
    for name, path in listed.items():
        data = tree.read(path)
        left -= len(data)
        if left < 0:  # before any of them is encoded, which takes a multiple
            reason = f"with it the files of the bundle have more than {BUNDLE_BYTES} bytes; leave some out by"
            raise BadInput(f"{reason} .fleetignore", path=path)
        found.append((name, path, data))
    files = [_encoded(tree, name, path, data, compress=compress) for name, path, data in found]
    return sorted(files, key=lambda file: file.name.encode())


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


def _encoded(tree: Tree, name: str, path: str, data: bytes, *, compress: bool) -> BundleFile:
    try:
        name.encode()
    except UnicodeEncodeError:
        raise BadInput("the name of the file is not UTF-8", path=ascii(name)) from None
    known = tree.encoded.get((path, compress))
    if known is None:
        known = tree.encoded[path, compress] = _content(data, compress=compress)
    return BundleFile(name, *known)


def _content(data: bytes, *, compress: bool) -> tuple[str, str]:
    """What a file's content is in a bundle, and in which encoding."""
    if not compress:
        try:
            return data.decode(), ""
        except UnicodeDecodeError:
            pass  # encoded below
    return base64.b64encode(stored_gzip(data)).decode(), BASE64_GZIP


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
