"""What one commit holds, read out of the cache without a work tree."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fleet.git.environment import local_environment
from fleet.git.errors import GitFailed, TooLarge
from fleet.git.process import OutputTooLarge, run_git

READ_BYTES = 512 * 1024 * 1024
"""The most that one reading may hold in memory."""

_READ_SECONDS = 60.0
_LIST_BYTES = 256 * 1024 * 1024
_SYMLINK = 0o120000
_SUBMODULE = 0o160000
_UNSAFE = frozenset({"", ".", "..", ".git"})


class UnsafePath(ValueError):
    """A path in a commit that no git would have made."""


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One path of a commit. `mode` is git's (0o100644, 0o100755, a symlink, a submodule), `size` in bytes."""

    path: str
    mode: int
    size: int
    oid: str

    @property
    def is_symlink(self) -> bool:
        """Whether its content is the path that it points at."""
        return self.mode == _SYMLINK

    @property
    def is_submodule(self) -> bool:
        """Whether it is the commit of another repository, which has no content here."""
        return self.mode == _SUBMODULE


class Tree:
    """The files of one commit; listed when it was fetched, read on demand. It needs no network.

    `commit` is the full id. Paths are relative to the root, with `/`, and sorted as git sorts them.
    """

    def __init__(self, *, commit: str, repo: str, folder: Path, entries: tuple[TreeEntry, ...]) -> None:
        self.commit = commit
        self._repo = repo
        self._folder = folder
        self._entries = entries
        self._by_path = {entry.path: entry for entry in entries}

    def list(self) -> tuple[TreeEntry, ...]:
        """All files, symlinks and submodules, in git's order."""
        return self._entries

    async def read(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The content of these paths, by one git for all of them; a symlink's is the path it points at.

        Raises:
            KeyError: a path that the commit does not have, or a submodule.
            TooLarge: together they are larger than `READ_BYTES`.
            GitFailed: the cache was damaged since the fetch; fetching again heals it.
        """
        wanted = {path: self._file(path) for path in paths}
        total = sum(entry.size for entry in wanted.values())
        if total > READ_BYTES:
            raise TooLarge(repo=self._repo, reason=f"{total} bytes to read, {READ_BYTES} at most")
        oids = list(dict.fromkeys(entry.oid for entry in wanted.values()))
        if not oids:
            return {}
        contents = await self._contents(oids, total)
        return {path: contents[entry.oid] for path, entry in wanted.items()}

    def _file(self, path: str) -> TreeEntry:
        entry = self._by_path[path]
        if entry.is_submodule:
            raise KeyError(path)
        return entry

    async def _contents(self, oids: Sequence[str], total: int) -> dict[str, bytes]:
        try:
            done = await run_git(
                [f"--git-dir={self._folder}", "cat-file", "--batch"],
                environment=local_environment(),
                seconds=_READ_SECONDS,
                limit=total + 200 * len(oids),
                given="".join(f"{oid}\n" for oid in oids).encode(),
            )
            contents = _parse_batch(done.stdout)
        except (TimeoutError, OutputTooLarge, ValueError, OSError) as error:
            reason = f"reading the cache: {error or type(error).__name__}"
            raise GitFailed(repo=self._repo, reason=reason) from None
        if done.returncode or len(contents) < len(oids):
            raise GitFailed(repo=self._repo, reason=f"the cache lacks objects of {self.commit}")
        return contents


async def list_tree(folder: Path, commit: str) -> tuple[TreeEntry, ...] | None:
    """Everything that a commit in this bare repository holds, or None where it is not whole.

    Raises:
        UnsafePath: it holds a path that would lead out of a folder it were written to.
    """
    done = await run_git(
        [f"--git-dir={folder}", "ls-tree", "-r", "-l", "-z", "--full-tree", commit],
        environment=local_environment(),
        seconds=_READ_SECONDS,
        limit=_LIST_BYTES,
    )
    if done.returncode:
        return None
    return tuple(_entry(line) for line in done.stdout.split(b"\0") if line)


def _entry(line: bytes) -> TreeEntry:
    about, _, path = line.partition(b"\t")
    mode, _, oid, size = about.split()
    name = path.decode(errors="surrogateescape")
    if any(part in _UNSAFE for part in name.split("/")):
        raise UnsafePath(name)
    return TreeEntry(
        path=name,
        mode=int(mode, 8),
        size=0 if size == b"-" else int(size),
        oid=oid.decode(),
    )


def _parse_batch(printed: bytes) -> dict[str, bytes]:
    """Take `<oid> <type> <size>` LF content LF apart; an object that is missing is left out."""
    contents: dict[str, bytes] = {}
    at = 0
    while at < len(printed):
        end = printed.index(b"\n", at)
        words = printed[at:end].split()
        at = end + 1
        if len(words) != 3:  # "<oid> missing"
            continue
        size = int(words[2])
        contents[words[0].decode()] = printed[at : at + size]
        at += size + 1
    return contents
