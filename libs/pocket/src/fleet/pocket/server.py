"""Any number of pocket clusters behind one port of the loopback interface."""

import asyncio
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

import orjson
from aiohttp import web

from .cluster import Cluster
from .errors import ApiError
from .http import ClusterApi, failure
from .journal import SqliteJournal

HOST = "127.0.0.1"
BODY_LIMIT = 3 << 20
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")


class _Served:
    """A cluster with its file and its HTTP face."""

    def __init__(self, *, name: str, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._journal = SqliteJournal(folder / "objects.db")
        self._loop = asyncio.get_running_loop()
        self._due = False
        self._closed = False
        self.refusal: int | None = None
        self.cluster = Cluster(name=name, journal=self._journal, on_work=self._soon)
        self.api = ClusterApi(cluster=self.cluster)

    def _soon(self) -> None:
        if not self._due:
            self._due = True
            self._loop.call_soon(self._settle)

    def _settle(self) -> None:
        self._due = False
        if not self._closed:
            self.cluster.settle()

    def close(self) -> None:
        """End its watches and let go of its file."""
        self._closed = True
        self.api.close()
        self._journal.close()


class PocketServer:
    """Serves clusters at `http://127.0.0.1:PORT/clusters/NAME`; each keeps its objects in a folder of its
    own.

    `port` 0 takes a free one; `data` is the folder of all clusters. Raises OSError when the port is taken.
    """

    def __init__(self, data: Path, *, names: Iterable[str] = (), port: int = 0) -> None:
        self._data = data
        self._names = list(names)
        self._port = port
        self._served: dict[str, _Served] = {}
        app = web.Application(client_max_size=BODY_LIMIT)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_route("*", "/clusters/{name}{path:(/.*)?}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)

    async def __aenter__(self) -> Self:
        for name in self._names:
            await self.add(name)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, self._port, backlog=1024)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for served in self._served.values():
            served.api.close()
        await self._runner.cleanup()
        for name in list(self._served):
            await self.remove(name)

    @property
    def names(self) -> list[str]:
        """The clusters that are served."""
        return sorted(self._served)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._port

    def url(self, name: str) -> str:
        """Where a cluster's API is."""
        return f"http://{HOST}:{self._port}/clusters/{name}"

    def kubeconfig(self, name: str) -> str:
        """A kubeconfig for a cluster, as text."""
        return kubeconfig(self.url(name), name)

    async def add(self, name: str) -> None:
        """Serve a cluster, with what it held before if it was served from this folder; nothing if it is
        served.
        """
        if not _NAME.fullmatch(name) or ".." in name:
            raise ValueError(
                f"a pocket cluster cannot be named {name!r}: use lower case letters, digits, '-' and '.'"
            )
        if name not in self._served:
            self._served[name] = _Served(name=name, folder=self._data / name)

    async def remove(self, name: str) -> None:
        """Serve a cluster no more; its data stays until `forget`."""
        served = self._served.pop(name, None)
        if served:
            served.close()

    async def forget(self, name: str) -> None:
        """Remove a cluster with all it held."""
        await self.remove(name)
        await asyncio.to_thread(shutil.rmtree, self._data / name, ignore_errors=True)

    def refuse(self, name: str, *, status: int) -> None:
        """From now on answer every request to a cluster with this HTTP status, and end its watches."""
        served = self._served[name]
        served.refusal = status
        served.api.close()

    def accept(self, name: str) -> None:
        """Answer requests again."""
        self._served[name].refusal = None

    async def _healthz(self, request: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        served = self._served.get(name)
        if served is None:
            return failure(ApiError(404, "NotFound", f'there is no pocket cluster "{name}" here'))
        if served.refusal is not None:
            said = "the pocket cluster was told to refuse every request"
            return failure(ApiError(served.refusal, _reason(served.refusal), said))
        return await served.api.handle(request, request.match_info["path"].rstrip("/") or "/")


def kubeconfig(server: str, name: str) -> str:
    """A kubeconfig for a server that asks for no credentials, as JSON text, which is YAML, too."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": server}}],
        "users": [{"name": name, "user": {}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n"


def _reason(status: int) -> str:
    known = {401: "Unauthorized", 403: "Forbidden", 429: "TooManyRequests", 503: "ServiceUnavailable"}
    return known.get(status, "InternalError")
