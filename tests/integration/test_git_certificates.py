"""Whom https trusts: the system's authorities, those of spec.caBundle, or anybody where that is asked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fleet.git import BasicAuth, HostUntrusted, Remote, fetch, resolve
from fleet.git.serve import GitServer, serving
from support.certificates import make_certificate
from support.gitserver import Repository

ACCOUNT = BasicAuth("fleet", "correct-horse-battery")


@dataclass(frozen=True, slots=True)
class Host:
    """A server whose certificate no system knows, and that certificate in PEM."""

    server: GitServer
    certificate: bytes
    repository: Repository


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    certificate = make_certificate(tmp_path / "certificate")
    repository = Repository(tmp_path / "root" / "shop.git")
    with serving(tmp_path / "root", credentials=ACCOUNT, tls=certificate.context()) as server:
        yield Host(server, certificate.pem, repository)


@pytest.mark.rule(id="12.1-43")
async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(host: Host) -> None:
    host.repository.commit({"a.yaml": "a: 1\n"})
    with pytest.raises(HostUntrusted, match="caBundle"):
        await resolve(Remote.of(host.server.url_of("shop.git"), ACCOUNT), "master")


@pytest.mark.rule(id="12.1-43")
async def test_the_bundle_of_the_gitrepo_vouches_for_it(host: Host, tmp_path: Path) -> None:
    commit = host.repository.commit({"a.yaml": "a: 1\n"})
    remote = Remote.of(host.server.url_of("shop.git"), ACCOUNT, ca_bundle=host.certificate)
    assert await resolve(remote, "master") == commit
    tree = await fetch(remote, commit, tmp_path / "cache")
    assert [entry.path for entry in await tree.entries()] == ["a.yaml"]


async def test_the_check_is_left_out_where_that_is_asked_for(host: Host) -> None:
    commit = host.repository.commit({"a.yaml": "a: 1\n"})
    remote = Remote.of(host.server.url_of("shop.git"), ACCOUNT, insecure_tls=True)
    assert await resolve(remote, "master") == commit
