"""Credentials go to the host they were given for, and to no other."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from fleet.git import AccessDenied, BasicAuth, Remote, resolve
from fleet.git.serve import serving
from support.gitserver import Repository

ACCOUNT = BasicAuth("fleet", "correct-horse-battery")


class Redirecting(BaseHTTPRequestHandler):
    """Sends everybody elsewhere."""

    target: str

    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", self.target + self.path)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def redirecting(target: str) -> Iterator[str]:
    handler = type("Handler", (Redirecting,), {"target": target})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "root" / "shop.git")
    repository.commit({"a.yaml": "a: 1\n"})
    return repository


async def test_a_redirect_is_followed_where_the_other_host_asks_for_nothing(repository: Repository) -> None:
    with serving(repository.folder.parent) as server, redirecting(server.url) as first:
        assert await resolve(Remote.of(f"{first}/shop.git", ACCOUNT), "master")


async def test_a_redirect_carries_no_credentials_to_another_host(repository: Repository) -> None:
    with (
        serving(repository.folder.parent, credentials=ACCOUNT) as server,
        redirecting(server.url) as first,
        pytest.raises(AccessDenied),
    ):
        await resolve(Remote.of(f"{first}/shop.git", ACCOUNT), "master")
