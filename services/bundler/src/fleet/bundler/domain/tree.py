"""The files of one commit, as a value: nothing is on a disk where a path could lead out of it."""

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum

from fleet.bundler.domain.errors import BadInput

_MAX_LINKS = 40
"""As many links in a row as Linux follows (`MAXSYMLINKS`)."""


class Mode(Enum):
    """What an entry of a git tree is."""

    FILE = "file"
    LINK = "link"
    SUBMODULE = "submodule"


Loader = Callable[[Sequence[str]], Mapping[str, bytes]]
"""Gives the bytes of files, for a link the text of the link; asked for many at once where it can be."""


class Tree:
    """All entries of a commit by path. The root is the empty path; paths have no leading slash."""

    def __init__(self, modes: Mapping[str, Mode], loader: Loader) -> None:
        self._modes = modes
        self._loader = loader
        self._bytes: dict[str, bytes] = {}
        self._children: dict[str, set[str]] = {"": set()}
        for path in modes:
            self._add(path)
        self.load(path for path, mode in modes.items() if mode is Mode.LINK)

    def _add(self, path: str) -> None:
        while path:
            parent, _, name = path.rpartition("/")
            known = self._children.setdefault(parent, set())
            if name in known:
                return
            known.add(name)
            path = parent

    def is_folder(self, path: str) -> bool:
        """Whether the path is a folder itself; a link to one is not."""
        return path in self._children

    def mode(self, path: str) -> Mode | None:
        """What stands at the path, links not followed; None where nothing does or a folder is."""
        return self._modes.get(path)

    def files_named(self, names: Iterable[str]) -> list[str]:
        """All paths whose last part is one of these names."""
        wanted = frozenset(names)
        return [path for path in self._modes if posixpath.basename(path) in wanted]

    def load(self, paths: Iterable[str]) -> None:
        """Get the bytes of files that are going to be read, in one go. What is no file is passed over."""
        missing = sorted({path for path in paths if self._is_blob(path)} - self._bytes.keys())
        if missing:
            self._bytes.update(self._loader(missing))

    def _is_blob(self, path: str) -> bool:
        return self._modes.get(path) in (Mode.FILE, Mode.LINK)

    def names(self, folder: str) -> list[str]:
        """The names in a folder in the order of a directory walk: by their bytes."""
        return sorted(self._children[folder], key=lambda name: name.encode(errors="surrogateescape"))

    def walk(self, folder: str) -> Iterator[str]:
        """All folders from this one down, parents first, in the order of a directory walk."""
        yield folder
        for name in self.names(folder):
            below = posixpath.join(folder, name)
            if self.is_folder(below):
                yield from self.walk(below)

    def resolve(self, path: str) -> str | None:
        """Follow links; the path of the file or folder that it leads to.

        None where it leads to nothing or out of the tree, or where links go in a circle.
        """
        done, todo, links = "", path.split("/") if path else [], 0
        while todo:
            name = todo.pop(0)
            if name in ("", "."):
                continue
            if name == "..":
                if not done:
                    return None
                done = posixpath.dirname(done)
                continue
            step = posixpath.join(done, name)
            if self._modes.get(step) is Mode.LINK:
                links += 1
                target = self._bytes[step].decode("utf-8", "surrogateescape")
                if links > _MAX_LINKS or target.startswith("/"):
                    return None
                todo = target.split("/") + todo
            elif step in self._modes or step in self._children:
                done = step
            else:
                return None
        return done

    def is_file(self, path: str) -> bool:
        """Whether a file stands at the path, or at the end of the links there."""
        end = self.resolve(path)
        return end is not None and self.mode(end) is Mode.FILE

    def exists(self, path: str) -> bool:
        """Whether the path leads to a file or a folder."""
        return self.resolve(path) is not None

    def read(self, path: str) -> bytes:
        """The bytes of the file that the path leads to. Raises BadInput where it leads to none."""
        end = self.resolve(path)
        if end is None or self.mode(end) is not Mode.FILE:
            raise BadInput("no such file", path=path)
        self.load([end])
        return self._bytes[end]
