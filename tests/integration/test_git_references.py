"""Which commit a branch or a tag stands at, asked over every transport."""

from pathlib import Path

import pytest

from fleet.git import (
    AccessDenied,
    BasicAuth,
    BranchMissing,
    HostUnreachable,
    HostUntrusted,
    Remote,
    RepositoryGone,
    SshKey,
    resolve,
    resolve_revision,
)
from fleet.git.serve import serving
from support.gitserver import Repository, another_key, hanging, serving_ssh

PASSWORD = "correct-horse-battery"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "root" / "shop.git")


async def test_a_branch_is_found_by_path_and_by_file_url(repository: Repository) -> None:
    commit = repository.commit({"a.yaml": "a: 1\n"})
    assert await resolve(Remote.of(str(repository.folder)), "master") == commit
    assert await resolve(Remote.of(repository.url), "master") == commit


async def test_a_branch_is_found_over_http(repository: Repository) -> None:
    commit = repository.commit({"a.yaml": "a: 1\n"}, branch="release/1.0")
    with serving(repository.folder.parent) as server:
        assert await resolve(Remote.of(server.url_of("shop.git")), "release/1.0") == commit


async def test_name_and_password_open_a_repository_over_http(repository: Repository) -> None:
    commit = repository.commit({"a.yaml": "a: 1\n"})
    account = BasicAuth("fleet", PASSWORD)
    with serving(repository.folder.parent, credentials=account) as server:
        url = server.url_of("shop.git")
        assert await resolve(Remote.of(url, account), "master") == commit
        in_url = url.replace("http://", f"http://fleet:{PASSWORD}@")
        assert await resolve(Remote.of(in_url), "master") == commit


@pytest.mark.parametrize("account", [None, BasicAuth("fleet", "wrong-" + PASSWORD)])
async def test_a_wrong_password_is_access_denied_and_told_to_nobody(
    repository: Repository, account: BasicAuth | None
) -> None:
    repository.commit({"a.yaml": "a: 1\n"})
    with (
        serving(repository.folder.parent, credentials=BasicAuth("fleet", PASSWORD)) as server,
        pytest.raises(AccessDenied) as caught,
    ):
        await resolve(Remote.of(server.url_of("shop.git"), account), "master")
    assert PASSWORD not in str(caught.value)
    assert server.url_of("shop.git") in str(caught.value)
    assert "clientSecretName" in str(caught.value)


async def test_a_key_and_known_hosts_open_a_repository_over_ssh(repository: Repository) -> None:
    commit = repository.commit({"a.yaml": "a: 1\n"})
    async with serving_ssh(repository.folder.parent) as server:
        assert await resolve(Remote.of(server.url_of("shop.git"), server.key), "master") == commit


async def test_a_host_whose_key_is_not_known_is_not_trusted(repository: Repository) -> None:
    commit = repository.commit({"a.yaml": "a: 1\n"})
    async with serving_ssh(repository.folder.parent) as server:
        stranger = SshKey(server.key.private_key, another_key().known_hosts)
        url = server.url_of("shop.git")
        with pytest.raises(HostUntrusted, match="known_hosts"):
            await resolve(Remote.of(url, stranger), "master")
        unchecked = Remote.of(url, stranger, insecure_host_key=True)
        assert await resolve(unchecked, "master") == commit


async def test_a_key_that_the_host_does_not_know_is_access_denied(repository: Repository) -> None:
    repository.commit({"a.yaml": "a: 1\n"})
    async with serving_ssh(repository.folder.parent) as server:
        wrong = SshKey(another_key().private_key, server.key.known_hosts)
        with pytest.raises(AccessDenied) as caught:
            await resolve(Remote.of(server.url_of("shop.git"), wrong), "master")
    assert "PRIVATE KEY" not in str(caught.value)


async def test_a_repository_that_is_gone_is_said_to_be_gone(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    with pytest.raises(RepositoryGone):
        await resolve(Remote.of(f"file://{root}/none.git"), "master")
    with serving(root) as server, pytest.raises(RepositoryGone):
        await resolve(Remote.of(server.url_of("none.git")), "master")
    async with serving_ssh(root) as ssh:
        with pytest.raises(RepositoryGone):
            await resolve(Remote.of(ssh.url_of("none.git"), ssh.key), "master")


async def test_a_branch_that_does_not_exist_is_named(repository: Repository) -> None:
    repository.commit({"a.yaml": "a: 1\n"}, branch="main")
    with pytest.raises(BranchMissing, match=r"shop\.git \(master\)"):
        await resolve(Remote.of(repository.url), "master")


async def test_only_the_branch_itself_counts_not_one_that_ends_alike(repository: Repository) -> None:
    repository.commit({"a.yaml": "a: 1\n"}, branch="feature/refs/heads/master")
    with pytest.raises(BranchMissing):
        await resolve(Remote.of(repository.url), "master")


async def test_a_host_that_refuses_the_connection_is_unreachable(unused_tcp_port: int) -> None:
    with pytest.raises(HostUnreachable, match="connect"):
        await resolve(Remote.of(f"http://127.0.0.1:{unused_tcp_port}/shop.git"), "master")


async def test_a_host_that_never_answers_is_unreachable_after_the_given_time() -> None:
    async with hanging() as silent:
        with pytest.raises(HostUnreachable, match=r"no answer within 0\.3 s"):
            await resolve(Remote.of(f"http://127.0.0.1:{silent.port}/shop.git"), "master", seconds=0.3)
        assert silent.connections == 1


async def test_a_tag_is_the_commit_that_it_points_at(repository: Repository) -> None:
    commit = repository.commit({"a.yaml": "a: 1\n"})
    repository.tag("v1")
    repository.tag("v2", message="the second")
    remote = Remote.of(repository.url)
    assert await resolve_revision(remote, "v1") == commit
    assert await resolve_revision(remote, "v2") == commit
    with pytest.raises(BranchMissing, match="tag"):
        await resolve_revision(remote, "v3")


async def test_a_full_commit_id_is_not_asked_for(unused_tcp_port: int) -> None:
    nobody = Remote.of(f"http://127.0.0.1:{unused_tcp_port}/shop.git")
    assert await resolve_revision(nobody, "c0ffee" * 6 + "beef") == "c0ffee" * 6 + "beef"
