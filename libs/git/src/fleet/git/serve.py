"""A small git server on the loopback: every bare repository in a folder, over smart HTTP, to read from.

For demonstrations and tests; git's own `http-backend` does the work.
"""

import base64
import contextlib
import hmac
import os
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

from fleet.git.credentials import BasicAuth
from fleet.git.environment import local_environment

_BACKEND_SECONDS = 60.0
_REQUEST_BYTES = 64 * 1024 * 1024
_IDLE_SECONDS = 30.0
_SHUTDOWN_POLL_SECONDS = 0.05


class GitServer:
    """A server that runs; `requests` counts what it was asked, by path, refused requests included."""

    def __init__(self, url: str, requests: dict[str, int]) -> None:
        self.url = url
        self.requests = requests

    def url_of(self, name: str) -> str:
        """The URL of the repository in the folder `name`."""
        return f"{self.url}/{name}"


@contextmanager
def serving(
    root: Path, *, port: int = 0, credentials: BasicAuth | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[GitServer]:
    """Serve the bare repositories below `root` on 127.0.0.1 until the block ends.

    Port 0 takes a free one. With credentials everything else is answered 401; with a TLS context it speaks
    https. Raises OSError where the port is taken.
    """
    requests: dict[str, int] = {}
    handler = type(
        "_Handler", (_GitRequest,), {"root": root, "credentials": credentials, "requests": requests}
    )
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        server.daemon_threads = True
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = Thread(target=server.serve_forever, args=(_SHUTDOWN_POLL_SECONDS,), daemon=True)
        thread.start()
        try:
            yield GitServer(f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}", requests)
        finally:
            server.shutdown()
            thread.join()


class _GitRequest(BaseHTTPRequestHandler):
    """One connection: requests are handed to `git http-backend` as CGI (RFC 3875)."""

    root: Path
    credentials: BasicAuth | None
    requests: dict[str, int]
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True  # head and body are two writes, and would wait for each other

    def do_GET(self) -> None:
        """The list of references."""
        self._answer(b"")

    def do_POST(self) -> None:
        """A negotiation: what git has and wants."""
        length = int(self.headers.get("Content-Length") or -1)
        if not 0 <= length <= _REQUEST_BYTES:
            self.send_error(411)
            return
        self._answer(self.rfile.read(length))

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: who serves has logs of its own."""

    def _answer(self, body: bytes) -> None:
        path = urlsplit(self.path).path
        self.requests[path] = self.requests.get(path, 0) + 1
        if not self._let_in():
            self._send(401, {"WWW-Authenticate": 'Basic realm="git"'}, b"")
            return
        done = subprocess.run(
            ["git", "http-backend"],
            input=body,
            capture_output=True,
            env=self._cgi(len(body)),
            timeout=_BACKEND_SECONDS,
            check=False,
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers: Message = BytesParser().parsebytes(head, headersonly=True)
        status = int(str(headers.get("Status", "200")).split()[0])
        del headers["Status"]
        self._send(status, dict(headers.items()), content)

    def _let_in(self) -> bool:
        if self.credentials is None:
            return True
        pair = f"{self.credentials.username}:{self.credentials.password}"
        wanted = "Basic " + base64.b64encode(pair.encode()).decode()
        return hmac.compare_digest(self.headers.get("Authorization", ""), wanted)

    def _cgi(self, length: int) -> dict[str, str]:
        url = urlsplit(self.path)
        return local_environment() | {
            "GIT_PROJECT_ROOT": os.fspath(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": url.path,
            "QUERY_STRING": url.query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(length),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_ADDR": self.client_address[0],
        }

    def _send(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        with contextlib.suppress(ConnectionError):  # who asked was killed meanwhile: nobody to tell
            self.end_headers()
            self.wfile.write(content)
