"""What one commit holds, read out of the cache without a work tree."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fleet.git.environment import local_environment
from fleet.git.errors import GitFailed, TooLarge
from fleet.git.process import Finished, OutputTooLarge, run_git

READ_BYTES = 64 * 1024 * 1024
"""The most that may be asked for at once, in bytes."""

_READ_SECONDS = 60.0
_LIST_BYTES = 64 * 1024 * 1024
_EDIT_BYTES = 4 * 1024 * 1024
_SYMLINK = 0o120000
_SUBMODULE = 0o160000
_FOLDER = 0o040000
_UNSAFE = frozenset({"", ".", "..", ".git"})
_MAYBE_UNSAFE = re.compile(rb"[\t/](?:\.|\.\.|\.git)?[/\0]")
_SAME_SORT = (b"100644", b"100755")


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
    """The files of one commit, listed and read on demand. It needs no network.

    `commit` is the full id. Paths are relative to the root, with `/`, and sorted as git sorts them.
    `edited` has the paths of files and folders whose content is another than in the commit that `fetch` was
    told of, where that is all that differs: no path came, went or became something else. None otherwise.
    """

    def __init__(
        self, *, commit: str, repo: str, folder: Path, edited: frozenset[str] | None, listing: bytes | None
    ) -> None:
        self.commit = commit
        self.edited = edited
        self._repo = repo
        self._folder = folder
        self._listing = listing

    async def listing(self) -> bytes:
        """All files, folders, symlinks and submodules as git prints them, each ended by a zero byte:

        `<mode> <blob|tree|commit> <id> <size or ->` TAB `<path>`. Raises GitFailed as `contents`.
        """
        if self._listing is None:
            try:
                self._listing = await list_tree(self._folder, self.commit)
            except (TimeoutError, OutputTooLarge, OSError) as error:
                raise self._failed(error) from None
        if self._listing is None:
            raise GitFailed(repo=self._repo, reason=f"the cache lacks objects of {self.commit}")
        return self._listing

    async def part(self, paths: Sequence[str]) -> bytes:
        """As `listing`, for these files and folders and what is below them; what is not there is left out.

        Raises GitFailed as `contents`.
        """
        try:
            done = await _ls_tree(self._folder, self.commit, paths)
        except (TimeoutError, OutputTooLarge, OSError) as error:
            raise self._failed(error) from None
        if done.returncode:
            raise GitFailed(repo=self._repo, reason=f"the cache lacks objects of {self.commit}")
        return done.stdout

    async def entries(self) -> tuple[TreeEntry, ...]:
        """All files, symlinks and submodules, in git's order. Raises GitFailed as `contents`."""
        lines = (await self.listing()).split(b"\0")
        return tuple(entry for line in lines if line and (entry := _entry(line)).mode != _FOLDER)

    async def contents(self, oids: Iterable[str]) -> dict[str, bytes]:
        """The content of these ids, by one git for all of them; a symlink's is the path it points at.

        Raises:
            TooLarge: together they are larger than `READ_BYTES`.
            GitFailed: the cache was damaged since the fetch (fetching again heals it), or lacks an id.
        """
        wanted = list(dict.fromkeys(oids))
        if not wanted:
            return {}
        try:
            done = await run_git(
                [f"--git-dir={self._folder}", "cat-file", "--batch"],
                environment=local_environment(),
                seconds=_READ_SECONDS,
                limit=READ_BYTES + 200 * len(wanted),
                given="".join(f"{oid}\n" for oid in wanted).encode(),
            )
            found = _parse_batch(done.stdout)
        except OutputTooLarge:
            reason = f"the files to read are more than {READ_BYTES >> 20} MiB together"
            raise TooLarge(repo=self._repo, reason=reason) from None
        except (TimeoutError, ValueError, OSError) as error:
            raise self._failed(error) from None
        if done.returncode or len(found) < len(wanted):
            raise GitFailed(repo=self._repo, reason=f"the cache lacks objects of {self.commit}")
        return found

    def _failed(self, error: Exception) -> GitFailed:
        return GitFailed(repo=self._repo, reason=f"reading the cache: {error or type(error).__name__}")


async def list_tree(folder: Path, commit: str) -> bytes | None:
    """Everything that a commit in this bare repository holds (see `Tree.listing`), None if it is not whole.

    Raises:
        UnsafePath: it holds a path that would lead out of a folder it were written to.
    """
    done = await _ls_tree(folder, commit)
    if done.returncode:
        return None
    check_paths(done.stdout)
    return done.stdout


def check_paths(listing: bytes) -> None:
    """Look for paths that no git would have made. Raises UnsafePath with the first one."""
    if _MAYBE_UNSAFE.search(listing):
        for line in listing.split(b"\0"):
            if line:
                _entry(line)


async def edits(folder: Path, before: str, commit: str) -> frozenset[str] | None:
    """What `Tree.edited` says; None where paths differ, where much does, or a commit is not there."""
    try:
        done = await run_git(
            [f"--git-dir={folder}", "diff-tree", "-r", "-t", "-z", "--raw", "--no-renames", before, commit],
            environment=local_environment(),
            seconds=_READ_SECONDS,
            limit=_EDIT_BYTES,
        )
    except OutputTooLarge:
        return None
    words = done.stdout.split(b"\0")
    if done.returncode or not all(map(_is_edit, words[0:-1:2])):
        return None
    return frozenset(path.decode(errors="surrogateescape") for path in words[1::2])


def _is_edit(change: bytes) -> bool:
    """Whether `:<mode> <mode> <id> <id> <letter>` is a file that stays a file, or a folder."""
    old, new = change[1:7], change[8:14]
    return old == new != b"120000" or (old in _SAME_SORT and new in _SAME_SORT)


async def _ls_tree(folder: Path, commit: str, paths: Sequence[str] = ()) -> Finished:
    which = ["--", *paths] if paths else []
    return await run_git(
        [
            f"--git-dir={folder}",
            "--literal-pathspecs",
            *("ls-tree", "-r", "-t", "-l", "-z", "--full-tree"),
            commit,
            *which,
        ],
        environment=local_environment(),
        seconds=_READ_SECONDS,
        limit=_LIST_BYTES,
    )


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
