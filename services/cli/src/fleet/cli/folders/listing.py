"""A local folder as a tree: listed without following links, its files read when they are asked for.

Nothing outside of the folder is ever opened, whatever its links say and whoever changes it meanwhile: each
part of a path is opened below the one before it, and never through a link.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from fleet.bundler.domain.bounds import ENTRIES, READ_BYTES
from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.tree import Mode

_GIT = ".git"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class LocalFolder:
    """A folder and all that is below it. Use it as `with LocalFolder(path) as folder`."""

    def __init__(self, root: Path) -> None:
        self._path = root
        self._root = -1

    def __enter__(self) -> LocalFolder:
        try:
            self._root = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise BadInput(_reason(error), path=str(self._path)) from None
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._root)

    def modes(self) -> dict[str, Mode]:
        """Every path with what stands there; git's own folders are left out, as in a commit.

        Empty folders are listed. One that may not be looked into counts as a file that cannot be read.

        Raises:
            BadInput: there are more than ENTRIES.
        """
        found: dict[str, Mode] = {}
        folders = [""]
        while folders:
            here = folders.pop()
            try:
                entries = self._entries(here)
            except OSError:
                found[here] = Mode.FILE
                continue
            seen = [entry for entry in entries if not (entry[1] and entry[0] == _GIT)]
            if here and not seen:
                found[here] = Mode.EMPTY
            for name, is_folder, is_link in seen:
                path = f"{here}/{name}" if here else name
                if is_folder:
                    folders.append(path)
                else:
                    found[path] = Mode.LINK if is_link else Mode.FILE
            if len(found) > ENTRIES:
                raise BadInput(
                    f"has more than {ENTRIES} files; go to the folder that the bundles are made of",
                    path=str(self._path),
                )
        return found

    def read(self, paths: Sequence[str]) -> Mapping[str, bytes]:
        """The bytes of files, of a link its text.

        Raises:
            BadInput: one cannot be read, is no regular file, or all of them are more than READ_BYTES.
        """
        found: dict[str, bytes] = {}
        left = READ_BYTES
        for path in paths:
            found[path] = self._read(path, left)
            left -= len(found[path])
        return found

    def _entries(self, path: str) -> list[tuple[str, bool, bool]]:
        with self._folder(path) as folder, os.scandir(folder) as entries:
            return [(one.name, one.is_dir(follow_symlinks=False), one.is_symlink()) for one in entries]

    @contextmanager
    def _folder(self, path: str) -> Iterator[int]:
        """A folder below the root, opened part by part."""
        here = os.dup(self._root)
        try:
            for name in path.split("/") if path else []:
                below = os.open(name, _FOLDER, dir_fd=here)
                os.close(here)
                here = below
            yield here
        finally:
            os.close(here)

    def _read(self, path: str, most: int) -> bytes:
        parent, _, name = path.rpartition("/")
        try:
            with self._folder(parent) as folder:
                if stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
                    return os.fsencode(os.readlink(name, dir_fd=folder))
                file = os.open(name, _FILE, dir_fd=folder)
            try:
                return _content(path, file, most)
            finally:
                os.close(file)
        except OSError as error:
            raise BadInput(_reason(error), path=path) from None


def _content(path: str, file: int, most: int) -> bytes:
    if not stat.S_ISREG(os.fstat(file).st_mode):
        raise BadInput("is neither a file nor a folder nor a link", path=path)
    pieces = []
    while piece := os.read(file, 1 << 20):
        most -= len(piece)
        if most < 0:
            raise BadInput(f"with it more than {READ_BYTES >> 20} MiB would be read", path=path)
        pieces.append(piece)
    return b"".join(pieces)


def _reason(error: OSError) -> str:
    return f"cannot be read: {error.strerror}"
