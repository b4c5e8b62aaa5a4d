"""A repository that wants credentials is delivered with the secret its GitRepo names, by http and SSH."""

import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from fleet.git.credentials import BasicAuth
from fleet.git.serve import serving
from support.command import Outcome
from support.gitserver import Repository, serving_ssh
from support.live import LiveHub, a_gitrepo, live_hub

pytestmark = pytest.mark.asyncio(loop_scope="module")

PASSWORD = "correct-horse-battery"
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {colour: %s}\n"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveHub]:
    async with live_hub(tmp_path_factory.mktemp("private"), "one:env=live") as running:
        yield running


async def create_secret(hub: LiveHub, name: str, *pairs: str) -> Outcome:
    """Run `fleet create secret generic`."""
    done = await hub.fleet("create", "secret", "generic", name, *pairs)
    assert (done.code, done.out) == (0, f"secret/{name} created\n"), done.err
    return done


async def is_delivered(hub: LiveHub, repository: Repository, colour: str) -> None:
    """Commit, and wait until that commit runs."""
    name = repository.folder.stem
    await hub.delivered(name, repository.commit({"a.yaml": CONFIG % colour}))
    async with await hub.kube("one") as kube:
        found = await kube.get("v1", "ConfigMap", "settings", namespace=name)
    assert found["data"] == {"colour": colour}


def files_with(folder: Path, text: bytes) -> list[Path]:
    """The files below a folder in which a text stands in clear."""
    found = []
    for place, _, names in os.walk(folder):  # a running hub makes and removes files meanwhile
        for path in (Path(place, name) for name in names):
            with contextlib.suppress(FileNotFoundError):
                if text in path.read_bytes():
                    found.append(path)
    return found


async def test_name_and_password_open_a_repository_over_http_and_stand_nowhere_in_clear(hub: LiveHub) -> None:
    repository = hub.repository("by-password")
    repository.commit({"a.yaml": CONFIG % "white"})
    with serving(repository.folder.parent, credentials=BasicAuth("deploy", PASSWORD)) as server:
        gitrepo = a_gitrepo("by-password", server.url_of("by-password.git"), targetNamespace="by-password")
        await hub.apply(gitrepo)
        await hub.describes("gitrepo/by-password", "access denied", "spec.clientSecretName")

        await create_secret(
            hub, "deploy", "--from-literal=username=deploy", f"--from-literal=password={PASSWORD}"
        )
        gitrepo["spec"]["clientSecretName"] = "deploy"
        await hub.apply(gitrepo)
        await is_delivered(hub, repository, "blue")
    assert files_with(hub.up.folder, b"by-password.git") != []
    assert files_with(hub.up.folder, PASSWORD.encode()) == []
    assert not hub.up.has_said(PASSWORD)


async def test_a_key_opens_a_repository_over_ssh(hub: LiveHub, tmp_path: Path) -> None:
    repository = hub.repository("by-key")
    repository.commit({"a.yaml": CONFIG % "white"})
    async with serving_ssh(repository.folder.parent) as server:
        (tmp_path / "id").write_bytes(server.key.private_key)
        (tmp_path / "known_hosts").write_bytes(server.key.known_hosts)
        files = (f"--from-file=ssh-privatekey={tmp_path / 'id'}", f"--from-file={tmp_path / 'known_hosts'}")
        await create_secret(hub, "key", *files)
        url = server.url_of("by-key.git")
        await hub.apply(a_gitrepo("by-key", url, clientSecretName="key", targetNamespace="by-key"))
        await is_delivered(hub, repository, "blue")
    (line, *_) = server.key.private_key.splitlines()[1:]
    assert files_with(hub.up.folder, line) == []
