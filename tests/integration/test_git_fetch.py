"""A commit is brought into a shared bare cache and read out of it, whatever happened to the cache before."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fleet.git import (
    CommitMissing,
    GitError,
    GitFailed,
    HostUnreachable,
    Remote,
    RepositoryGone,
    Tree,
    fetch,
    tidy,
)
from fleet.git.cache import JOINED_PACKS, KEPT_COMMITS
from fleet.git.serve import serving
from support.gitserver import Repository, serving_ssh


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "root" / "shop.git")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


async def contents(tree: Tree) -> dict[str, bytes]:
    oids = {entry.path: entry.oid for entry in await tree.entries() if not entry.is_submodule}
    found = await tree.contents(oids.values())
    return {path: found[oid] for path, oid in oids.items()}


async def test_a_commit_is_listed_and_read(repository: Repository, cache: Path) -> None:
    repository.commit({"a.yaml": "a: 1\n", "dir/größe.txt": b"\x00\xff", "empty": ""})
    commit = repository.commit_link("link", "dir/größe.txt")
    tree = await fetch(Remote.of(repository.url), commit, cache)
    assert [(e.path, oct(e.mode), e.size) for e in await tree.entries()] == [
        ("a.yaml", "0o100644", 5),
        ("dir/größe.txt", "0o100644", 2),
        ("empty", "0o100644", 0),
        ("link", "0o120000", len("dir/größe.txt".encode())),
    ]
    found = await contents(tree)
    assert found["dir/größe.txt"] == b"\x00\xff"
    assert found["empty"] == b""
    assert found["link"] == "dir/größe.txt".encode()


async def test_a_submodule_is_seen_as_one_and_has_no_content(repository: Repository, cache: Path) -> None:
    commit = repository.commit_submodule("vendor", "c0ffee" * 6 + "beef")
    tree = await fetch(Remote.of(repository.url), commit, cache)
    (entry,) = await tree.entries()
    assert entry.is_submodule
    with pytest.raises(GitFailed, match="lacks objects"):
        await tree.contents([entry.oid])


async def test_every_transport_gives_the_same_tree(repository: Repository, tmp_path: Path) -> None:
    commit = repository.commit({f"{n}.yaml": f"n: {n}\n" for n in range(50)})
    root = repository.folder.parent
    async with serving_ssh(root) as ssh:
        with serving(root) as http:
            remotes = [
                Remote.of(str(repository.folder)),
                Remote.of(repository.url),
                Remote.of(http.url_of("shop.git")),
                Remote.of(ssh.url_of("shop.git"), ssh.key),
            ]
            trees = [await fetch(remote, commit, tmp_path / str(n)) for n, remote in enumerate(remotes)]
    listings = [await tree.listing() for tree in trees]
    assert listings == listings[:1] * 4
    assert len(await contents(trees[3])) == 50


async def test_a_commit_that_is_there_needs_no_network(repository: Repository, cache: Path) -> None:
    commit = repository.commit({"a.yaml": "a: 1\n"})
    with serving(repository.folder.parent) as server:
        remote = Remote.of(server.url_of("shop.git"))
        await fetch(remote, commit, cache)
    assert await contents(await fetch(remote, commit, cache)) == {"a.yaml": b"a: 1\n"}


async def test_an_older_commit_can_still_be_had(repository: Repository, cache: Path) -> None:
    first = repository.commit({"a.yaml": "a: 1\n"})
    second = repository.commit({"a.yaml": "a: 2\n"})
    remote = Remote.of(repository.url)
    assert await contents(await fetch(remote, second, cache)) == {"a.yaml": b"a: 2\n"}
    assert await contents(await fetch(remote, first, cache)) == {"a.yaml": b"a: 1\n"}


async def test_a_commit_that_the_host_does_not_have_is_missing(repository: Repository, cache: Path) -> None:
    repository.commit({"a.yaml": "a: 1\n"})
    with pytest.raises(CommitMissing, match="force-push"):
        await fetch(Remote.of(repository.url), "c0ffee" * 6 + "beef", cache)


async def test_a_failed_fetch_says_why_and_leaves_the_cache_usable(
    repository: Repository, cache: Path, unused_tcp_port: int
) -> None:
    commit = repository.commit({"a.yaml": "a: 1\n"})
    with pytest.raises(HostUnreachable):
        await fetch(Remote.of(f"http://127.0.0.1:{unused_tcp_port}/shop.git"), commit, cache)
    moved = repository.folder.with_name("moved.git")
    repository.folder.rename(moved)
    with pytest.raises(RepositoryGone):
        await fetch(Remote.of(repository.url), commit, cache)
    moved.rename(repository.folder)
    assert (await fetch(Remote.of(repository.url), commit, cache)).commit == commit


async def test_fetches_of_one_repository_at_the_same_time_all_succeed(
    repository: Repository, cache: Path
) -> None:
    commits = [repository.commit({"a.yaml": f"a: {n}\n"}) for n in range(5)]
    trees = await asyncio.gather(*(fetch(Remote.of(repository.url), commit, cache) for commit in commits * 2))
    found = [(await contents(tree))["a.yaml"] for tree in trees]
    assert found == [f"a: {n}\n".encode() for n in range(5)] * 2


def empty_loose_and_packed(folder: Path) -> None:
    for path in (folder / "objects").rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.write_bytes(b"")


def flip_bytes(folder: Path) -> None:
    for path in (folder / "objects").rglob("*.pack"):
        path.chmod(0o600)
        path.write_bytes(path.read_bytes()[:12] + b"\xff" * 40)


def remove_head(folder: Path) -> None:
    (folder / "HEAD").write_text("")


def remove_objects(folder: Path) -> None:
    shutil.rmtree(folder / "objects")


def leave_lock_files(folder: Path) -> None:
    for name in ("shallow.lock", "config.lock", "HEAD.lock", "packed-refs.lock"):
        (folder / name).touch()


@pytest.mark.parametrize(
    "damage", [empty_loose_and_packed, flip_bytes, remove_head, remove_objects, leave_lock_files]
)
async def test_a_damaged_cache_heals(repository: Repository, cache: Path, damage) -> None:
    first = repository.commit({"a.yaml": "a: 1\n"})
    remote = Remote.of(repository.url)
    await fetch(remote, first, cache)
    (folder,) = cache.glob("*.git")
    damage(folder)
    assert await contents(await fetch(remote, first, cache)) == {"a.yaml": b"a: 1\n"}
    second = repository.commit({"b.yaml": "b: 1\n"})
    found = await contents(await fetch(remote, second, cache))
    assert found == {"a.yaml": b"a: 1\n", "b.yaml": b"b: 1\n"}


async def test_a_cache_that_breaks_between_fetch_and_read_says_so(
    repository: Repository, cache: Path
) -> None:
    commit = repository.commit({"a.yaml": "a: 1\n"})
    tree = await fetch(Remote.of(repository.url), commit, cache)
    (entry,) = await tree.entries()
    shutil.rmtree(cache)
    with pytest.raises(GitFailed, match="cache"):
        await tree.contents([entry.oid])
    again = await fetch(Remote.of(repository.url), commit, cache)
    assert await contents(again) == {"a.yaml": b"a: 1\n"}


async def test_a_fetcher_that_is_killed_leaves_nothing_that_stops_the_next(
    repository: Repository, cache: Path
) -> None:
    commit = repository.commit({f"{n}.bin": os.urandom(20_000) for n in range(100)})
    program = (
        "import asyncio, pathlib, sys; from fleet.git import Remote, fetch\n"
        "url, commit, cache = sys.argv[1:]; print('go', flush=True)\n"
        "asyncio.run(fetch(Remote.of(url), commit, pathlib.Path(cache)))"
    )
    for milliseconds in (0, 5, 10, 20, 40):
        arguments = [sys.executable, "-c", program, repository.url, commit, str(cache)]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, start_new_session=True) as victim:
            assert victim.stdout is not None
            victim.stdout.readline()
            await asyncio.sleep(milliseconds / 1000)
            os.kill(victim.pid, signal.SIGKILL)
        tree = await fetch(Remote.of(repository.url), commit, cache)
        assert len(await contents(tree)) == 100
        shutil.rmtree(cache)


async def test_the_cache_keeps_the_newest_commits_and_forgets_old_ones(
    repository: Repository, cache: Path
) -> None:
    commits = [repository.commit({"a.yaml": f"a: {n}\n"}) for n in range(2 * KEPT_COMMITS + 2)]
    repository.git("config", "uploadpack.allowAnySHA1InWant", "true")
    remote = Remote.of(repository.url)
    tree = await fetch(remote, commits[-1], cache)
    (folder,) = cache.glob("*.git")
    for commit in commits[:-1]:  # as if each had been fetched; a fetch of each would only take longer
        (folder / "refs" / "fleet" / commit).write_text(f"{commits[-1]}\n")
    newest = repository.commit({"a.yaml": "a: new\n"})
    await fetch(remote, newest, cache)
    await tidy(remote, cache)
    assert len(list((folder / "refs" / "fleet").iterdir())) == KEPT_COMMITS
    assert await contents(await fetch(remote, newest, cache)) == {"a.yaml": b"a: new\n"}
    assert await contents(await fetch(remote, commits[0], cache)) == {"a.yaml": b"a: 0\n"}
    assert tree.commit == commits[-1]


async def test_many_packs_are_joined_and_nothing_is_lost(repository: Repository, cache: Path) -> None:
    repository.git("config", "uploadpack.allowAnySHA1InWant", "true")
    remote, since = Remote.of(repository.url), ""
    commits = [repository.commit({"a.yaml": f"a: {n}\n"}) for n in range(JOINED_PACKS + 1)]
    for commit in commits:
        await fetch(remote, commit, cache, since=since)
        await tidy(remote, cache)
        since = commit
    (folder,) = cache.glob("*.git")
    assert len(list(folder.glob("objects/pack/*.pack"))) < JOINED_PACKS
    shutil.rmtree(repository.folder)
    for number, commit in enumerate(commits):
        assert await contents(await fetch(remote, commit, cache)) == {"a.yaml": f"a: {number}\n".encode()}


async def test_what_has_nothing_to_tidy_is_left_alone(repository: Repository, cache: Path) -> None:
    await tidy(Remote.of(repository.url), cache)
    assert not list(cache.glob("*.git"))


async def test_a_path_that_leaves_the_tree_is_refused(repository: Repository, cache: Path) -> None:
    blob = repository.git("hash-object", "-w", "--stdin", given=b"x")
    inner = repository.git("mktree", given=f"100644 blob {blob}\tpasswd\n".encode())
    raw = b"40000 ..\0" + bytes.fromhex(inner)
    outer = repository.git("hash-object", "-w", "-t", "tree", "--literally", "--stdin", given=raw)
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com"]
    commit = repository.git(*identity, "commit-tree", outer, "-m", "bad")
    repository.git("update-ref", "refs/heads/master", commit)
    with pytest.raises(GitError):
        await fetch(Remote.of(repository.url), commit, cache)


async def test_only_a_full_commit_id_is_fetched(repository: Repository, cache: Path) -> None:
    repository.commit({"a.yaml": "a: 1\n"})
    for wrong in ("master", "--upload-pack=true", ""):
        with pytest.raises(ValueError, match="full commit id"):
            await fetch(Remote.of(repository.url), wrong, cache)


async def test_a_cache_that_has_become_too_large_is_made_anew(
    repository: Repository, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = repository.commit({"a.bin": os.urandom(100_000)})
    new = repository.commit({"a.bin": b"small"})
    await fetch(Remote.of(repository.url), old, cache)
    monkeypatch.setattr("fleet.git.cache.CACHE_BYTES", 50_000)

    tree = await fetch(Remote.of(repository.url), new, cache)

    assert await contents(tree) == {"a.bin": b"small"}
    assert sum(path.stat().st_size for path in cache.rglob("*.pack")) < 50_000
