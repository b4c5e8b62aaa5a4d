"""What cannot be reached says so on its own GitRepo, comes back by itself, and delays nobody else."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fleet.events import ViewPart
from fleet.git import BasicAuth
from fleet.git.serve import serving
from support.gitjob import Scene, eventually, gitjob_scene
from support.gitserver import Repository, hanging, serving_ssh

ACCOUNT = BasicAuth("fleet", "correct-horse-battery")


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with gitjob_scene(tmp_path / "hub") as scene:
        yield scene


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "root" / "shop.git")


async def test_a_branch_that_does_not_exist_is_named_and_found_once_it_does(
    scene: Scene, repository: Repository
) -> None:
    repository.commit({"a.yaml": "a: 1\n"}, branch="main")
    await scene.declare("shop", repo=repository.url)
    async with scene.running():
        message = await scene.condition("shop", "GitPolling", "False")
        assert repository.url in message
        assert "master" in message
        assert "spec.branch" in message
        await scene.condition("shop", "Accepted", "True")
        await scene.declare("shop", repo=repository.url, branch="main")
        await scene.condition("shop", "GitPolling", "True")


async def test_a_repository_that_disappears_keeps_its_commit_and_comes_back(
    scene: Scene, repository: Repository
) -> None:
    commit = repository.commit({"a.yaml": "a: 1\n"})
    await scene.declare("shop", repo=repository.url)
    async with scene.running():
        first = await scene.published("shop", commit)
        away = repository.folder.rename(repository.folder.with_suffix(".away"))
        await scene.condition("shop", "GitPolling", "False", containing="not found")
        view = await scene.view("shop")
        assert view
        assert view.status["commit"] == commit
        away.rename(repository.folder)
        await scene.condition("shop", "GitPolling", "True")
        last = await scene.last("shop")
        assert last
        assert last.sequence == first.sequence


async def test_a_wrong_password_is_told_without_the_password_and_mended_by_the_secret_alone(
    scene: Scene, repository: Repository
) -> None:
    commit = repository.commit({"a.yaml": "a: 1\n"})
    scene.secrets.put("fleet-default", "login", {"username": b"fleet", "password": b"hunter2-wrong"})
    with serving(repository.folder.parent, credentials=ACCOUNT) as server:
        await scene.declare("shop", repo=server.url_of("shop.git"), clientSecretName="login")
        async with scene.running():
            message = await scene.condition("shop", "GitPolling", "False", containing="access denied")
            assert "hunter2" not in message
            right = {"username": ACCOUNT.username.encode(), "password": ACCOUNT.password.encode()}
            scene.secrets.put("fleet-default", "login", right)
            stored = await scene.published("shop", commit)
    assert ACCOUNT.password.encode() not in stored.raw


async def test_a_password_in_the_url_works_and_is_never_shown(scene: Scene, repository: Repository) -> None:
    commit = repository.commit({"a.yaml": "a: 1\n"})
    with serving(repository.folder.parent, credentials=ACCOUNT) as server:
        url = server.url_of("shop.git")
        secret = url.replace("//", f"//{ACCOUNT.username}:{ACCOUNT.password}@")
        await scene.declare("shop", repo=secret)
        await scene.declare("lost", repo=secret, branch="none")
        async with scene.running():
            stored = await scene.published("shop", commit)
            message = await scene.condition("lost", "GitPolling", "False")
    assert stored.event.repo == url
    assert ACCOUNT.password not in message


async def test_a_missing_secret_is_not_accepted_until_it_is_there(
    scene: Scene, repository: Repository
) -> None:
    commit = repository.commit({"a.yaml": "a: 1\n"})
    async with serving_ssh(repository.folder.parent) as server:
        await scene.declare("shop", repo=server.url_of("shop.git"), clientSecretName="key")
        async with scene.running():
            message = await scene.condition("shop", "Accepted", "False")
            assert "there is no secret fleet-default/key" in message
            key = {"ssh-privatekey": server.key.private_key, "known_hosts": server.key.known_hosts}
            scene.secrets.put("fleet-default", "key", key)
            await scene.published("shop", commit)
            await scene.condition("shop", "Accepted", "True")


async def test_the_secret_gitcredential_is_used_where_none_is_named(
    scene: Scene, repository: Repository
) -> None:
    commit = repository.commit({"a.yaml": "a: 1\n"})
    right = {"username": ACCOUNT.username.encode(), "password": ACCOUNT.password.encode()}
    scene.secrets.put("fleet-default", "gitcredential", right)
    with serving(repository.folder.parent, credentials=ACCOUNT) as server:
        await scene.declare("shop", repo=server.url_of("shop.git"))
        async with scene.running():
            await scene.published("shop", commit)


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"repo": "ext::sh -c true"}, "repository address"),
        ({"repo": "git://example.com/x"}, "not supported"),
        ({"branch": "--upload-pack=true"}, "no name of a branch"),
        ({"pollingInterval": "1d"}, "pollingInterval"),
        ({"caBundle": "%%%"}, "base64"),
    ],
)
async def test_a_spec_that_cannot_work_is_not_accepted(
    scene: Scene, repository: Repository, spec: dict[str, str], reason: str
) -> None:
    repository.commit({"a.yaml": "a: 1\n"})
    await scene.declare("bad", **{"repo": repository.url, **spec})
    async with scene.running():
        assert reason in await scene.condition("bad", "Accepted", "False")


async def test_hosts_that_hang_delay_no_other_repository(scene: Scene, repository: Repository) -> None:
    commit = repository.commit({"a.yaml": "a: 1\n"})
    async with hanging() as silent:
        for number in range(12):
            url = f"http://127.0.0.1:{silent.port}/{number}.git"
            await scene.declare(f"hung-{number}", repo=url)
        async with scene.running():
            await scene.declare("shop", repo=repository.url)
            await scene.published("shop", commit)
            for number in range(3):
                commit = repository.commit({"a.yaml": f"a: {number + 2}\n"})
                await scene.published("shop", commit)
            assert silent.connections >= 1
            assert await scene.view("hung-0") is None  # still waiting: nothing was found out in between


async def test_the_view_is_not_written_again_while_nothing_changes(
    scene: Scene, repository: Repository
) -> None:
    repository.commit({"a.yaml": "a: 1\n"})
    names = {"kind": "gitrepo", "workspace": "fleet-default", "name": "shop", "part": "source"}
    with serving(repository.folder.parent) as server:
        await scene.declare("shop", repo=server.url_of("shop.git"))
        async with scene.running():
            await scene.condition("shop", "GitPolling", "True")
            before = await scene.bus.last(ViewPart, **names)
            asked = sum(server.requests.values())

            async def polled_more() -> bool:
                return sum(server.requests.values()) >= asked + 10

            await eventually(polled_more)
            assert await scene.bus.last(ViewPart, **names) == before
