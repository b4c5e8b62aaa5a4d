"""A chart repository over HTTP or HTTPS: files, passwords, redirects, and what it was asked with."""

import base64
import gzip
import hashlib
import io
import ssl
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import orjson

from fleet.bundler.charts import ChartCache, ChartCredentials, ChartFetcher, ChartLoader
from fleet.bundler.domain.order import Order
from fleet.bundler.domain.tree import Mode
from fleet.bundler.exchange import TakenBundle
from fleet.bundler.pool import ReaderPool
from fleet.yaml import write

PAIR = ("fleet", "correct-horse-battery")
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: from-chart\n"


def packed_chart(
    name: str, version: str, files: Mapping[str, str | bytes] | None = None, **metadata: Any
) -> bytes:
    """A chart as `helm package` packs it."""
    about = {"apiVersion": "v2", "name": name, "version": version, **metadata}
    every = {"Chart.yaml": write(about), "templates/config.yaml": CONFIG, **(files or {})}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for path, content in every.items():
            data = content if isinstance(content, bytes) else content.encode()
            member = tarfile.TarInfo(f"{name}/{path}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return gzip.compress(packed.getvalue(), mtime=0)


def index_of(*charts: tuple[str, str, bytes], base: str = "", digests: bool = True) -> bytes:
    """The index of charts, each with name, version and archive, which lies beside it or below `base`."""
    entries: dict[str, list[dict[str, Any]]] = {}
    for name, version, archive in charts:
        entry = {
            "apiVersion": "v2",
            "name": name,
            "version": version,
            "urls": [f"{base}{name}-{version}.tgz"],
        }
        if digests:
            entry["digest"] = hashlib.sha256(archive).hexdigest()
        entries.setdefault(name, []).append(entry)
    return write({"apiVersion": "v1", "entries": entries, "generated": "2026-01-01T00:00:00Z"}).encode()


@dataclass(slots=True)
class ChartServer:
    """A server that runs. `files` may change; a value that is text is where a request is sent on to."""

    url: str
    files: dict[str, bytes | str]
    pair: tuple[str, str] | None
    asked: list[tuple[str, str]] = field(default_factory=list)

    def put(self, *charts: tuple[str, str, bytes], **index: Any) -> None:
        """Put charts and their index to the top."""
        self.files["/index.yaml"] = index_of(*charts, **index)
        for name, version, archive in charts:
            self.files[f"/{name}-{version}.tgz"] = archive

    def count(self, ending: str) -> int:
        """How often a file was asked for, refused requests included."""
        return sum(path.endswith(ending) for path, _ in self.asked)


@contextmanager
def serving_charts(
    *, pair: tuple[str, str] | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[ChartServer]:
    """Serve charts on 127.0.0.1 until the block ends; with a pair, everything else is answered 401."""
    handler = type("_Handler", (_Request,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        http.daemon_threads = True
        server = ChartServer(f"{'https' if tls else 'http'}://127.0.0.1:{http.server_port}", {}, pair)
        handler.server_of_charts = server  # type: ignore[attr-defined]
        if tls:
            http.socket = tls.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
        thread = Thread(target=http.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()


class _Request(BaseHTTPRequestHandler):
    server_of_charts: ChartServer
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        server = self.server_of_charts
        given = self.headers.get("Authorization", "")
        server.asked.append((self.path, given))
        wanted = (
            "Basic " + base64.b64encode(":".join(server.pair).encode()).decode() if server.pair else given
        )
        found = server.files.get(self.path.partition("?")[0])
        if given != wanted:
            self._send(401, b"", {"WWW-Authenticate": 'Basic realm="charts"'})
        elif found is None:
            self._send(404, b"")
        elif isinstance(found, str):
            self._send(302, b"", {"Location": found})
        else:
            self._send(200, found)

    def _send(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


async def read_with_charts(
    folder: Path,
    files: Mapping[str, str],
    credentials: ChartCredentials | None = None,
    *,
    workspace: str = "fleet-default",
    seconds: float = 20.0,
) -> list[TakenBundle]:
    """Read files as the bundler does: in a process, with charts fetched into a cache below a folder."""
    data = {path: text.encode() for path, text in files.items()}

    async def contents(paths: Any) -> dict[str, bytes]:
        return {path: data[path] for path in paths}

    order = Order(name="web", targets=({"clusterGroup": "default"},))
    async with (
        ReaderPool(size=1) as pool,
        ChartFetcher(
            cache=ChartCache(folder / "charts"), git=folder / "git", choose=pool.choose, seconds=seconds
        ) as fetcher,
    ):
        charts = ChartLoader(fetcher, credentials or ChartCredentials(), workspace=workspace)
        answer = await pool.read(dict.fromkeys(data, Mode.FILE), contents, order, charts)
    return [one for one in answer.taken if one.bundle is not None]


def names_in(taken: TakenBundle) -> list[str]:
    """The names of a bundle's files."""
    return [file["name"] for file in resources_of(taken)]


def resources_of(taken: TakenBundle) -> list[dict[str, str]]:
    """A bundle's files."""
    assert taken.bundle is not None
    return list(orjson.loads(taken.bundle.manifest)["resources"])
