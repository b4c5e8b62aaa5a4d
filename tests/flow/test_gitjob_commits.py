"""From a commit in a real repository to GitCommitDetected in the stream."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fleet.git.serve import serving
from support.gitjob import Scene, eventually, gitjob_scene
from support.gitserver import Repository


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with gitjob_scene(tmp_path / "hub") as scene:
        yield scene


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "root" / "shop.git")


async def test_each_commit_is_published_once_with_what_it_belongs_to(
    scene: Scene, repository: Repository
) -> None:
    first = repository.commit({"a.yaml": "a: 1\n"})
    record = await scene.declare("shop", repo=str(repository.folder))
    async with scene.running():
        stored = await scene.published("shop", first)
        event = stored.event
        assert (event.uid, event.generation, event.branch) == (record.metadata.uid, 1, "master")
        assert event.repo == str(repository.folder)
        assert stored.envelope.correlation_id == stored.envelope.id
        assert stored.envelope.traceparent
        second = repository.commit({"a.yaml": "a: 2\n"})
        again = await scene.published("shop", second)
    assert again.sequence == stored.sequence + 1
    assert again.envelope.id != stored.envelope.id


async def test_the_view_shows_the_commit_after_it_was_published(scene: Scene, repository: Repository) -> None:
    commit = repository.commit({"a.yaml": "a: 1\n"})
    await scene.declare("shop", repo=repository.url)
    async with scene.running():
        await scene.condition("shop", "GitPolling", "True")
        view = await scene.view("shop")
        assert view
        assert view.status["commit"] == commit
        assert view.observed_generation == 1
        published = await scene.last("shop")
        assert published
        assert published.event.commit == commit


async def test_a_restart_publishes_nothing_twice(scene: Scene, repository: Repository) -> None:
    commit = repository.commit({"a.yaml": "a: 1\n"})
    with serving(repository.folder.parent) as server:
        await scene.declare("shop", repo=server.url_of("shop.git"))
        async with scene.running():
            first = await scene.published("shop", commit)
        asked = sum(server.requests.values())
        async with scene.running():
            await eventually(lambda: _more(server.requests, asked + 6))
    last = await scene.last("shop")
    assert last
    assert last.sequence == first.sequence


async def _more(requests: dict[str, int], number: int) -> bool:
    return sum(requests.values()) >= number


async def test_going_back_to_an_older_commit_is_news(scene: Scene, repository: Repository) -> None:
    first = repository.commit({"a.yaml": "a: 1\n"})
    await scene.declare("shop", repo=repository.url)
    async with scene.running():
        one = await scene.published("shop", first)
        second = repository.commit({"a.yaml": "a: 2\n"})
        two = await scene.published("shop", second)
        repository.git("update-ref", "refs/heads/master", first)
        three = await scene.published("shop", first, after=two.sequence)
    assert three.envelope.id != one.envelope.id


async def test_a_changed_spec_and_a_forced_sync_publish_the_same_commit_again(
    scene: Scene, repository: Repository
) -> None:
    commit = repository.commit({"a.yaml": "a: 1\n"})
    await scene.declare("shop", repo=repository.url)
    async with scene.running():
        one = await scene.published("shop", commit)
        await scene.declare("shop", repo=repository.url, paths=["app"])
        two = await scene.published("shop", commit, after=one.sequence)
        await scene.declare("shop", repo=repository.url, paths=["app"], forceSyncGeneration=1)
        three = await scene.published("shop", commit, after=two.sequence)
        assert (two.event.generation, three.event.generation) == (2, 3)
        assert three.event.force_sync_generation == 1


async def test_gitrepos_that_ask_the_same_share_one_poll(scene: Scene, repository: Repository) -> None:
    commit = repository.commit({"a.yaml": "a: 1\n"})
    with serving(repository.folder.parent) as server:
        for number in range(20):
            await scene.declare(
                f"shop-{number}",
                workspace=f"team-{number % 3}",
                repo=server.url_of("shop.git"),
                pollingInterval="1h",
            )
        async with scene.running():
            await asyncio.gather(
                *(scene.published(f"shop-{n}", commit, workspace=f"team-{n % 3}") for n in range(20))
            )
        looks = server.requests["/shop.git/info/refs"]
    assert looks <= 3  # the first GitRepo's, and one for those that joined while it went on


async def test_without_polling_only_a_change_of_the_spec_starts_a_look(
    scene: Scene, repository: Repository
) -> None:
    first = repository.commit({"a.yaml": "a: 1\n"})
    polled = await scene.declare("polled", repo=repository.url)
    await scene.declare("still", repo=str(repository.folder), disablePolling=True)
    assert polled.spec["pollingInterval"]
    async with scene.running():
        await scene.published("still", first)
        await scene.published("polled", first)
        second = repository.commit({"a.yaml": "a: 2\n"})
        await scene.published("polled", second)
        unmoved = await scene.last("still")
        assert unmoved
        assert unmoved.event.commit == first
        await scene.declare("still", repo=str(repository.folder), disablePolling=True, forceSyncGeneration=1)
        await scene.published("still", second)


async def test_a_tag_is_followed_as_a_revision(scene: Scene, repository: Repository) -> None:
    commit = repository.commit({"a.yaml": "a: 1\n"})
    repository.tag("v1", message="the first")
    repository.commit({"a.yaml": "a: 2\n"})
    await scene.declare("shop", repo=repository.url, revision="v1")
    async with scene.running():
        stored = await scene.published("shop", commit)
    assert stored.event.branch == "v1"


async def test_a_deleted_gitrepo_is_watched_no_more_and_shows_nothing(
    scene: Scene, repository: Repository
) -> None:
    first = repository.commit({"a.yaml": "a: 1\n"})
    record = await scene.declare("gone", repo=repository.url)
    await scene.declare("stays", repo=repository.url)
    async with scene.running():
        await scene.condition("gone", "GitPolling", "True")
        await scene.delete(record)
        await eventually(lambda: _no_view(scene, "gone"))
        second = repository.commit({"a.yaml": "a: 2\n"})
        await scene.published("stays", second)
        last = await scene.last("gone")
        assert last
        assert last.event.commit == first


async def _no_view(scene: Scene, name: str) -> bool:
    return await scene.view(name) is None


async def test_a_name_made_again_is_news_at_the_same_commit(scene: Scene, repository: Repository) -> None:
    commit = repository.commit({"a.yaml": "a: 1\n"})
    first = await scene.declare("shop", repo=repository.url)
    async with scene.running():
        one = await scene.published("shop", commit)
        await scene.delete(first)
        second = await scene.declare("shop", repo=repository.url)
        two = await scene.published("shop", commit, after=one.sequence)
        assert two.event.uid == second.metadata.uid != one.event.uid


async def test_two_watchers_publish_a_commit_once(scene: Scene, repository: Repository) -> None:
    commit = repository.commit({"a.yaml": "a: 0\n"})
    await scene.declare("shop", repo=repository.url)
    async with scene.running(), scene.running():
        one = await scene.published("shop", commit)
        for number in range(1, 4):
            commit = repository.commit({"a.yaml": f"a: {number}\n"})
            last = await scene.published("shop", commit)
    assert last.sequence == one.sequence + 3
