"""A bare repository per address, shared by all its commits and branches; all in it can be had again."""

import asyncio
import contextlib
import fcntl
import hashlib
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from fleet.git.environment import local_environment, remote_environment
from fleet.git.errors import CommitMissing, GitError, GitFailed, HostUnreachable, TooLarge
from fleet.git.process import OutputTooLarge, run_git
from fleet.git.references import cannot_start, failure, is_commit
from fleet.git.remote import Remote
from fleet.git.tree import Tree, UnsafePath, edits, list_tree

FETCH_SECONDS = 300.0
"""How long a fetch may take, waiting for another one of the same repository included."""

FETCH_BYTES = 512 * 1024 * 1024
"""How large one commit may be as git packs it, without its history; more never reaches the disk."""

CACHE_BYTES = 4 * FETCH_BYTES
"""How much of a repository the cache keeps; with more than this the next fetch starts with a new one."""

KEPT_COMMITS = 64
"""How many commits of a repository the cache keeps; at twice as many `tidy` drops the oldest."""

JOINED_PACKS = 16
"""So many packs, of which each fetch makes one, are joined by `tidy`: git looks into each of them."""

_KEPT = "refs/fleet"
_SHA1_DIGITS = 40
_PRINTED_BYTES = 1024 * 1024
_LOCAL_SECONDS = 60.0
_LOCK_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class _Look:
    """What differs from another commit, or else all that there is (see `Tree`)."""

    edited: frozenset[str] | None
    listing: bytes | None


async def fetch(
    remote: Remote, commit: str, cache_dir: Path, *, since: str = "", seconds: float = FETCH_SECONDS
) -> Tree:
    """Bring one commit into the cache, without its history, and list what it holds.

    `since` is a commit that is known: where only contents differ from it, the tree says which (`edited`) and
    is not listed before somebody asks. A commit that is there already needs no network. So a `cache_dir` is
    one circle of trust: who may fetch into it and knows a commit's id can read it. A cache that is damaged is
    thrown away and made again.

    Raises:
        TooLarge: the commit has more than `FETCH_BYTES`, or too many files.
        CommitMissing: the repository does not have the commit (any more).
        RepositoryGone, AccessDenied, HostUnreachable, HostUntrusted, GitFailed: as they say.
        ValueError: `commit` is no full commit id.
    """
    if not is_commit(commit):
        raise ValueError(f"{commit!r} is no full commit id")
    repo, folder = str(remote.address), _folder(remote, cache_dir)
    try:
        async with asyncio.timeout(seconds), _locked(folder) as lock:
            look = await _present(folder, commit, since) or await _bring(remote, commit, folder, lock, since)
    except TimeoutError:
        reason = f"commit {commit} was not fetched within {seconds:g} s"
        raise HostUnreachable(repo=repo, reason=reason) from None
    except OutputTooLarge:
        raise TooLarge(repo=repo, reason=f"commit {commit} has too many files") from None
    except UnsafePath as error:
        raise GitFailed(repo=repo, reason=f"commit {commit} holds the path {str(error)!r}") from None
    except OSError as error:
        raise cannot_start(error, repo) from None
    return Tree(commit=commit, repo=repo, folder=folder, edited=look.edited, listing=look.listing)


async def tidy(remote: Remote, cache_dir: Path) -> None:
    """Keep what `fetch` brought of a repository small and fast, which that does not take the time for.

    Call it when nobody waits for the commit any more; where there is little to tidy it does nothing.

    Raises:
        GitError, OSError: git could not do it. The next fetch finds out whether the cache is damaged.
    """
    folder = _folder(remote, cache_dir)
    async with _locked(folder) as lock:
        kept = sorted((folder / _KEPT).glob("*"), key=lambda path: path.stat().st_mtime_ns)
        if len(kept) >= 2 * KEPT_COMMITS:
            for path in kept[:-KEPT_COMMITS]:
                path.unlink()
            await _local([f"--git-dir={folder}", "gc", "--quiet", "--prune=now"], remote, lock)
        elif len(_packs(folder)) >= JOINED_PACKS:
            # Large packs stay as they are, so that this takes the time of what was fetched lately.
            await _local([f"--git-dir={folder}", "repack", "-q", "-d", "--geometric=2"], remote, lock)


def _folder(remote: Remote, cache_dir: Path) -> Path:
    return cache_dir / f"{hashlib.sha256(str(remote.address).encode()).hexdigest()[:32]}.git"


@asynccontextmanager
async def _locked(folder: Path) -> AsyncIterator[int]:
    """Hold the repository's lock; its descriptor is handed on to each git that writes.

    So a git that outlives us, because we were killed, still holds it, and whoever has it next knows that
    no git writes there and that lock files of git's own are left over.
    """
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(folder.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while True:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            await asyncio.sleep(_LOCK_POLL_SECONDS)
        yield lock
    finally:
        os.close(lock)


async def _present(folder: Path, commit: str, since: str) -> _Look | None:
    """Look at the commit if it was fetched whole: its reference is written after its objects."""
    if not (folder / _KEPT / commit).exists():
        return None
    return await _look(folder, commit, since)


async def _look(folder: Path, commit: str, since: str) -> _Look | None:
    if since and (edited := await edits(folder, since, commit)) is not None:
        return _Look(edited, None)
    listing = await list_tree(folder, commit)
    return None if listing is None else _Look(None, listing)


async def _bring(remote: Remote, commit: str, folder: Path, lock: int, since: str) -> _Look:
    _remove_left_over(folder)
    if sum(_packs(folder)) > CACHE_BYTES:
        await _throw_away(folder)
    try:
        return await _fetch_whole(remote, commit, folder, lock, since)
    except GitFailed:
        # Not the remote's fault as far as git's words tell: it may be the cache's, so start with a new one.
        await _throw_away(folder)
        return await _fetch_whole(remote, commit, folder, lock, since)
    finally:
        _remove_left_over(folder)


async def _throw_away(folder: Path) -> None:
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _remove_left_over(folder: Path) -> None:
    """Remove what a git that was killed had not finished: none runs here while we hold the lock."""
    for pattern in ("**/*.lock", "objects/pack/*tmp*", "objects/pack/*.keep"):
        for path in folder.glob(pattern):
            path.unlink(missing_ok=True)


def _packs(folder: Path) -> list[int]:
    """How large the packs are, unfinished ones too; all objects are in some, as `safe.gitconfig` says."""
    return [path.stat().st_size for path in folder.glob("objects/pack/*pack*")]


async def _fetch_whole(remote: Remote, commit: str, folder: Path, lock: int, since: str) -> _Look:
    if not (folder / "HEAD").exists():
        kind = "sha1" if len(commit) == _SHA1_DIGITS else "sha256"
        options = ["--quiet", "--bare", "--template=", f"--object-format={kind}"]
        await _local(["init", *options, str(folder)], remote, lock)
    try:
        await _fetch(remote, ["--", remote.address.url, f"+{commit}:{_KEPT}/{commit}"], folder, lock)
    except CommitMissing:
        # A host that gives out heads only; the commit may still be one of them.
        heads = [
            "--prune",
            "--",
            remote.address.url,
            "+refs/heads/*:refs/heads/*",
            "+refs/tags/*:refs/tags/*",
        ]
        await _fetch(remote, heads, folder, lock)
        await _keep(remote, commit, folder, lock)
    look = await _look(folder, commit, since)
    if look is None:
        raise GitFailed(repo=str(remote.address), reason=f"the cache lacks objects of {commit}")
    return look


async def _fetch(remote: Remote, what: list[str], folder: Path, lock: int) -> None:
    options = ["--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", "--force"]
    with remote_environment(remote) as environment:
        done = await run_git(
            [f"--git-dir={folder}", "fetch", *options, *what],
            environment=environment,
            seconds=FETCH_SECONDS,
            limit=_PRINTED_BYTES,
            keep_open=[lock],
            file_bytes=FETCH_BYTES,
        )
    if done.returncode and max(_packs(folder), default=0) >= FETCH_BYTES:
        reason = f"the commit has more than {FETCH_BYTES >> 20} MiB as git packs it"
        raise TooLarge(repo=str(remote.address), reason=reason)
    if done.returncode and str(folder) in done.stderr:
        raise GitFailed(repo=str(remote.address), reason="its cache is damaged")
    if done.returncode:
        raise failure(done, remote)


async def _keep(remote: Remote, commit: str, folder: Path, lock: int) -> None:
    try:
        await _local([f"--git-dir={folder}", "update-ref", f"{_KEPT}/{commit}", commit], remote, lock)
    except GitError:
        reason = f"no branch or tag stands at {commit}, and the host gives out nothing else"
        raise CommitMissing(repo=str(remote.address), reason=reason) from None


async def _local(arguments: list[str], remote: Remote, lock: int) -> None:
    done = await run_git(
        arguments,
        environment=local_environment(),
        seconds=_LOCAL_SECONDS,
        limit=_PRINTED_BYTES,
        keep_open=[lock],
    )
    if done.returncode:
        raise failure(done, remote)
