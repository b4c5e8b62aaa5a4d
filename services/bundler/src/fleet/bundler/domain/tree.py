"""The files of one commit, as a value: nothing is on a disk where a path could lead out of it."""

import posixpath
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import Enum

from fleet.bundler.domain.bounds import LEVELS, LINK_BYTES, READ_BYTES
from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.looks import FOLDER, NOTHING, Looks

_MAX_LINKS = 40
"""As many links in a row as Linux follows (`MAXSYMLINKS`)."""


class Mode(Enum):
    """What an entry of a git tree is, or an empty folder, which only a disk can have."""

    FILE = "file"
    LINK = "link"
    SUBMODULE = "submodule"
    EMPTY = "empty"


Loader = Callable[[Sequence[str]], Mapping[str, bytes]]
"""Gives the bytes of files, for a link the text of the link; asked for many at once where it can be."""


class NotListed(Exception):
    """Something was asked about a path that the tree, being only a part of one, does not know."""


class Tree:
    """All entries of a commit by path. The root is the empty path; paths have no leading slash.

    `ids` has git's id of each file and folder, the root's too, where they are known; `sizes` the bytes of
    files and links. `parts`: only what is at these paths and below them is known, and asking about anything
    else raises NotListed. `at` is the folder of the bundle that was worked on last, None if there is none.
    `encoded` is for whoever encodes files, so that several bundles share what one became.
    """

    def __init__(
        self,
        modes: Mapping[str, Mode],
        loader: Loader,
        *,
        ids: Mapping[str, str] | None = None,
        sizes: Mapping[str, int] | None = None,
        parts: Collection[str] | None = None,
    ) -> None:
        """Raises BadInput where folders stand deeper in each other than LEVELS."""
        self.at: str | None = None
        self.encoded: dict[tuple[str, bool], tuple[str, str]] = {}
        self._modes = modes
        self._ids = {} if ids is None else ids
        self._sizes = {} if sizes is None else sizes
        self._left = READ_BYTES
        self._parts = parts
        self._loader = loader
        self._looks: Looks | None = None
        self._bytes: dict[str, bytes] = {}
        self._children: dict[str, set[str]] = {"": set()}
        for path in modes:
            self._add(path)
        if empty := [path for path, mode in modes.items() if mode is Mode.EMPTY]:
            self._children.update((path, set()) for path in empty)
            self._modes = {path: mode for path, mode in modes.items() if mode is not Mode.EMPTY}
        self.load(
            path for path, mode in modes.items() if mode is Mode.LINK and self._size(path) <= LINK_BYTES
        )

    def _add(self, path: str) -> None:
        children = self._children
        if path.count("/") > LEVELS:
            raise BadInput(f"is more than {LEVELS} folders deep", path=path)
        while path:
            parent, _, name = path.rpartition("/")
            if (known := children.get(parent)) is not None:
                known.add(name)
                return
            children[parent] = {name}
            path = parent

    @contextmanager
    def noting(self, looks: Looks) -> Iterator[None]:
        """Note all that is asked in the block and is outside of the folder of `looks`."""
        self._looks = looks
        self.at = looks.folder
        try:
            yield
        finally:
            self._looks = None

    def standing(self, path: str, *, whole: bool = False) -> str:
        """What stands at a path, links not followed: equal texts mean equal content.

        A folder is only said to be one, unless its `whole` content counts.
        """
        if (mode := self._modes.get(path)) is not None:
            return f"{mode.value} {self._ids.get(path, '')}"
        if path not in self._children:
            return NOTHING
        return f"{FOLDER} {self._ids.get(path, '')}" if whole else FOLDER

    def _note(self, path: str, *, whole: bool = False) -> None:
        if self._parts is not None and (whole or path not in self._children):
            self._check_listed(path, self._parts)
        if self._looks is not None and not self._looks.covers(path):
            self._looks.note(path, self.standing(path, whole=whole))

    def _check_listed(self, path: str, parts: Collection[str]) -> None:
        above = path
        while above not in parts:
            if not above:
                raise NotListed(path)
            above = above.rpartition("/")[0]

    def is_folder(self, path: str) -> bool:
        """Whether the path is a folder itself; a link to one is not."""
        self._note(path)
        return path in self._children

    def mode(self, path: str) -> Mode | None:
        """What stands at the path, links not followed; None where nothing does or a folder is."""
        self._note(path)
        return self._modes.get(path)

    def files_named(self, names: Iterable[str], *, below: Iterable[str] = ("",)) -> list[str]:
        """All paths below these folders whose last part is one of these names."""
        wanted = frozenset(names)
        if "" in (folders := set(below)):
            return [path for path in self._modes if path.rpartition("/")[2] in wanted]
        found: list[str] = []
        while folders:
            folder = folders.pop()
            for name in self._children.get(folder, ()):
                path = f"{folder}/{name}"
                if path in self._children:
                    folders.add(path)
                elif name in wanted:
                    found.append(path)
        return found

    def load(self, paths: Iterable[str]) -> None:
        """Get the bytes of files that are going to be read, in one go. What is no file is passed over.

        Raises BadInput where all that was read would be more than READ_BYTES.
        """
        missing = {path for path in paths if path not in self._bytes and self._is_blob(path)}
        if missing:
            self._take(missing)
            self._bytes.update(self._loader(sorted(missing)))

    def _take(self, paths: Collection[str]) -> None:
        self._left -= sum(map(self._size, paths))
        if self._left < 0:
            largest = max(paths, key=lambda path: (self._size(path), path))
            raise BadInput(
                f"all files that are to be read may have {READ_BYTES} bytes together, and have "
                f"{READ_BYTES - self._left}; this one has {self._size(largest)}",
                path=largest,
            )

    def _size(self, path: str) -> int:
        """The bytes of a file or link; 0 where they are not known."""
        return self._sizes.get(path, 0)

    def _is_blob(self, path: str) -> bool:
        return self._modes.get(path) in (Mode.FILE, Mode.LINK)

    def names(self, folder: str) -> list[str]:
        """The names in a folder in the order of a directory walk: by their bytes."""
        self._note(folder, whole=True)
        names = self._children[folder]
        if "".join(names).isascii():
            return sorted(names)
        return sorted(names, key=lambda name: name.encode(errors="surrogateescape"))

    def walk(self, folder: str) -> Iterator[str]:
        """All folders from this one down, parents first, in the order of a directory walk."""
        yield folder
        for name in self.names(folder):
            below = f"{folder}/{name}" if folder else name
            if below in self._children:
                yield from self.walk(below)

    def resolve(self, path: str) -> str | None:
        """Follow links; the path of the file or folder that it leads to.

        None where it leads to nothing or out of the tree, or where links go in a circle.
        """
        if self._modes.get(path) is Mode.FILE or path in self._children:
            self._note(path)  # no link is on the way, nothing stands below one
            return path
        return self._follow(path)

    def _follow(self, path: str) -> str | None:
        done, todo, links = "", path.split("/")[::-1] if path else [], 0
        while todo:
            name = todo.pop()
            if name in ("", "."):
                continue
            if name == "..":
                if not done or done in self._modes:  # nothing is above the root, or below a file
                    return None
                done = posixpath.dirname(done)
                continue
            step = posixpath.join(done, name)
            self._note(step)
            if self._modes.get(step) is Mode.LINK:
                links += 1
                target = self._bytes.get(step, b"/").decode("utf-8", "surrogateescape")
                if links > _MAX_LINKS or target.startswith("/") or len(target) > LINK_BYTES:
                    return None
                todo += target.split("/")[::-1]
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
