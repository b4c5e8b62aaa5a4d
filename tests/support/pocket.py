"""Pocket clusters for tests: served in this process, or by the real `fleet-pocket` program."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import orjson

from fleet.kube import KubeClient
from fleet.pocket import PocketServer, kubeconfig

START_SECONDS = 15.0


@asynccontextmanager
async def pocket(data: Path, *names: str) -> AsyncIterator[PocketServer]:
    """Clusters served by this process for as long as the context lasts; `data` is a folder of the test's
    own.
    """
    async with PocketServer(data, names=names) as server:
        yield server


@asynccontextmanager
async def pocket_client(server: PocketServer, name: str) -> AsyncIterator[KubeClient]:
    """A client of one of the server's clusters."""
    async with await KubeClient.from_kubeconfig(server.kubeconfig(name)) as client:
        yield client


def write_kubeconfig(server: PocketServer, name: str, folder: Path) -> Path:
    """A kubeconfig file, as kubectl and Helm read it."""
    path = folder / f"{name}.kubeconfig"
    path.write_text(server.kubeconfig(name))
    return path


@dataclass(slots=True)
class PocketProcess:
    """The program `fleet-pocket`, run as users run it."""

    data: Path
    port: int
    process: asyncio.subprocess.Process

    def url(self, name: str) -> str:
        """Where a cluster's API is."""
        return f"http://127.0.0.1:{self.port}/clusters/{name}"

    def kubeconfig(self, name: str) -> str:
        """A kubeconfig for a cluster, as text."""
        return kubeconfig(self.url(name), name)

    async def kill(self) -> None:
        """End it as `kill -9` does."""
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        """End it as SIGTERM does, within five seconds; returns the exit code."""
        self.process.terminate()
        async with asyncio.timeout(5.0):
            return await self.process.wait()

    async def serve(self, *names: str) -> None:
        """Change the list of clusters and tell the program."""
        write_clusters(self.data, *names)
        self.process.send_signal(signal.SIGHUP)

    async def wait_healthy(self, path: str = "/healthz") -> None:
        """Return when it answers a path with 200."""
        async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession() as session:
            while True:
                try:
                    async with session.get(f"http://127.0.0.1:{self.port}{path}") as response:
                        if response.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.02)


def write_clusters(data: Path, *names: str) -> None:
    """The list of clusters that the program reads."""
    data.mkdir(parents=True, exist_ok=True)
    (data / "clusters.json").write_bytes(orjson.dumps({"clusters": list(names)}))


@asynccontextmanager
async def pocket_process(data: Path, port: int, *names: str) -> AsyncIterator[PocketProcess]:
    """The real program on a port, healthy; killed at the end if the test left it running."""
    write_clusters(data, *names)
    program = Path(sys.executable).with_name("fleet-pocket")
    process = await asyncio.create_subprocess_exec(
        program, "--data", str(data), "--listen", f"127.0.0.1:{port}", env=dict(os.environ)
    )
    running = PocketProcess(data, port, process)
    try:
        await running.wait_healthy()
        yield running
    finally:
        if process.returncode is None:
            await running.kill()
