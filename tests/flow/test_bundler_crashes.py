"""Killed at any instant, restarted, replayed: the bundles end as the last commit says, each record once."""

import asyncio
import random
import signal
from pathlib import Path

import pytest

from fleet.bus import Refused
from fleet.events import BundleSet, GitCommitDetected
from support.bundling import Workshop, bundling, workshop
from support.bus import WORKSPACE
from support.gitserver import Repository
from support.processes import running_program


def files(number: int, *, bundles: int = 12) -> dict[str, str]:
    """A repository of which every commit changes some bundles and leaves others as they are."""
    found = {}
    for n in range(bundles):
        found[f"b{n:02d}/fleet.yaml"] = f"namespace: n{n}\n"
        found[f"b{n:02d}/cm.yaml"] = f"n: {number // (n + 1)}\n"
    return found


async def killed_with_work_left(shop: Workshop, repository: Repository, seed: int, first: int) -> None:
    """Kill -9 a bundler in the middle of a commit.

    It is killed once a stream has grown by a random measure. A trial in which it was done already does
    not count: then the next commit is tried.
    """
    chance = random.Random(seed)
    for number in range(first, first + 20):
        sequence = await shop.deliver(repository, "web", repository.commit(files(number * 60)))
        stream, more = chance.choice(["CONTENT", "BUNDLES", "TOUCHES"]), chance.randint(1, 8)
        start = await shop.count(stream)
        folder = shop.folder / f"trial{number}"
        async with running_program(folder, "-m", "fleet.bundler", settings=shop.environment) as one:
            async with asyncio.timeout(20):
                while await shop.count(stream) < start + more and not await shop.is_read("web", sequence):
                    await asyncio.sleep(0)
            one.tell(signal.SIGKILL)
            await one.ends(within=10)
        if not await shop.is_read("web", sequence):
            return
    raise AssertionError("no kill came in time")


async def settled(shop: Workshop, repository: Repository, sequence: int, sha: str) -> None:
    """A bundler that is left alone brings everything to the last commit."""
    async with bundling(shop):
        await shop.read("web", sequence)
    assert await shop.is_whole("web")
    reference = shop.repository("reference")
    expected = {path: repository.git("show", f"{sha}:{path}") + "\n" for path in files(0)}
    async with bundling(shop):
        await shop.read("reference", await shop.deliver(reference, "reference", reference.commit(expected)))
    rendered = await shop.rendered()
    for n in range(12):
        one, other = rendered[f"web-b{n:02d}"], rendered[f"reference-b{n:02d}"]
        assert (one.content, one.options) == (other.content, other.options)


@pytest.mark.parametrize("seed", range(4))
async def test_killed_in_the_middle_of_a_commit_the_next_start_finishes_it(tmp_path: Path, seed: int) -> None:
    async with workshop(tmp_path) as shop:
        repository = shop.repository()
        await killed_with_work_left(shop, repository, seed, 1)
        last = await shop.bus.last(GitCommitDetected, workspace=WORKSPACE, gitrepo="web")
        assert last is not None
        await settled(shop, repository, last.sequence, last.event.commit)


@pytest.mark.parametrize("seed", range(2))
async def test_killed_in_the_middle_and_the_next_commit_takes_it_back(tmp_path: Path, seed: int) -> None:
    """The next commit is what happens to stand in the records: no bundle changes, and yet the set does."""
    async with workshop(tmp_path) as shop:
        repository = shop.repository()
        async with bundling(shop):
            await shop.read("web", await shop.deliver(repository, "web", repository.commit(files(1))))
        await killed_with_work_left(shop, repository, 100 + seed, 2)
        stored = {name: event.content for name, event in (await shop.rendered()).items()}
        half = {
            path: repository.git("show", f"{event.commit}:{path}") + "\n"
            for name, event in (await shop.rendered()).items()
            for path in (f"{name.removeprefix('web-')}/cm.yaml",)
        }
        sha = repository.commit(half)
        sequence = await shop.detect("web", sha)
        await settled(shop, repository, sequence, sha)

        rendered = await shop.rendered()
        assert {name: rendered[name].content for name in stored} == stored


async def test_a_mark_of_a_commit_that_never_became_whole_is_put_right_by_the_next(tmp_path: Path) -> None:
    """One record of a commit was stored, then the kill; the next commit is what stands there by chance."""
    async with workshop(tmp_path) as shop:
        repository = shop.repository()
        async with bundling(shop):
            await shop.read("web", await shop.deliver(repository, "web", repository.commit(files(1))))
        sequence = await shop.detect("web", repository.commit({"README": "no bundle changes"}))
        half = (await shop.rendered())["web-b03"]
        never = BundleSet(size=12, digest="0" * 32)
        torn = half.model_copy(update={"commit_sequence": sequence, "set": never})
        await shop.bus.publish(torn, source="test")
        assert not await shop.is_whole("web")
        before = await shop.count("BUNDLES")
        async with bundling(shop):
            await shop.read("web", await shop.detect("web", repository.commit({"README": "nor now"})))

        assert await shop.is_whole("web")
        assert await shop.count("BUNDLES") == before + 1


async def test_a_replay_of_all_events_writes_nothing(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        repository = shop.repository()
        async with bundling(shop):
            for number in range(4):
                sequence = await shop.deliver(repository, "web", repository.commit(files(number)))
                await shop.read("web", sequence)
            gone = shop.repository("gone")
            await shop.read("gone", await shop.deliver(gone, "gone", gone.commit({"a.yaml": "a: 1\n"})))
            await shop.delete("gone")
        streams = ("BUNDLES", "CONTENT", "VIEWS", "RESOURCES", "COMMITS")
        for durable in ("COMMITS.bundler-git-commit-detected", "RESOURCES.bundler-resource"):
            await shop.bus.connection.api(f"CONSUMER.DELETE.{durable}")
        async with bundling(shop):
            other = shop.repository("other")
            await shop.read("other", await shop.deliver(other, "other", other.commit({"a.yaml": "a: 1\n"})))
        before = {stream: await shop.count(stream) for stream in streams}
        for durable in ("COMMITS.bundler-git-commit-detected", "RESOURCES.bundler-resource"):
            await shop.bus.connection.api(f"CONSUMER.DELETE.{durable}")
        async with bundling(shop):
            await everything_is_acknowledged(shop)

        assert {stream: await shop.count(stream) for stream in streams} == before


async def everything_is_acknowledged(shop: Workshop) -> None:
    """Both consumers were made again and have nothing left to hand out or to be acknowledged."""
    for durable in ("COMMITS.bundler-git-commit-detected", "RESOURCES.bundler-resource"):
        async with asyncio.timeout(20):
            while not await _is_done(shop, durable):
                await asyncio.sleep(0.02)


async def _is_done(shop: Workshop, durable: str) -> bool:
    try:
        info = await shop.bus.connection.api(f"CONSUMER.INFO.{durable}")
    except Refused:
        return False
    return info["num_pending"] == 0 and info["num_ack_pending"] == 0 and info["delivered"]["stream_seq"] > 0


async def test_a_broker_that_is_restarted_in_the_middle_costs_nothing(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop, bundling(shop):
        repository = shop.repository()
        for number in range(3):
            sha = repository.commit(files(number * 50))
            sequence = await shop.deliver(repository, "web", sha)
            await shop.server.restart()
        await shop.read("web", sequence)

        assert await shop.is_whole("web")
        assert {event.commit for event in (await shop.rendered()).values()} >= {sha}


async def test_sigterm_ends_the_process_and_its_readers_with_code_0(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        repository = shop.repository()
        sequence = await shop.deliver(repository, "web", repository.commit(files(1)))
        async with running_program(tmp_path / "p", "-m", "fleet.bundler", settings=shop.environment) as one:
            await shop.read("web", sequence)
            children = Path(f"/proc/{one.process.pid}/task/{one.process.pid}/children").read_text().split()
            assert children, "a reading process runs"
            one.tell(signal.SIGTERM)
            assert await one.ends(within=5) == 0
        assert not any(Path(f"/proc/{pid}").exists() for pid in children)
