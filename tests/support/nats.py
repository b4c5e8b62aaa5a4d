"""A real nats-server for a test: a free port, a store of its own, to be stopped, killed and restarted."""

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

BINARY = Path(sys.executable).parent / "nats-server"
_DEADLINE = 30.0

_CONFIG = """
listen: "127.0.0.1:{port}"
ports_file_dir: "{folder}"
log_file: "{folder}/nats.log"
jetstream {{
  store_dir: "{folder}/store"
  sync_interval: "1s"
  max_file_store: 1TB
}}
{extra}
"""


class NatsServer:
    """One server; its port and its store stay the same over restarts. `extra` is more configuration text."""

    def __init__(self, folder: Path, *, extra: str = "") -> None:
        self.folder = folder
        self.extra = extra
        self.port = -1
        self.process: asyncio.subprocess.Process | None = None
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"nats://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The running server's process id."""
        assert self.process is not None, "the server is not running"
        return self.process.pid

    @property
    def log(self) -> str:
        """What the server wrote, for messages of failed tests."""
        path = self.folder / "nats.log"
        return path.read_text() if path.exists() else ""

    def write_config(self) -> Path:
        """Write the configuration as it stands; a running server reads it on `reload`."""
        path = self.folder / "nats.conf"
        path.write_text(_CONFIG.format(port=self.port, folder=self.folder, extra=self.extra))
        return path

    async def start(self) -> None:
        """Start it and wait until it takes connections."""
        config = self.write_config()
        self.process = await asyncio.create_subprocess_exec(
            str(BINARY),
            "-c",
            str(config),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(_DEADLINE):
            while not await self._answers():
                assert self.process.returncode is None, f"nats-server died: {self.log[-2000:]}"
                await asyncio.sleep(0.005)

    async def _answers(self) -> bool:
        if self.port < 0:
            ports = self.folder / f"nats-server_{self.pid}.ports"
            if not ports.exists() or not (text := ports.read_text()):
                return False
            self.port = int(json.loads(text)["nats"][0].rsplit(":", 1)[1])
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        line = await reader.readline()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return line.startswith(b"INFO")

    async def _end(self, number: signal.Signals) -> None:
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)
        async with asyncio.timeout(_DEADLINE):
            await self.process.wait()
        self.process = None

    async def stop(self) -> None:
        """End it as an operator would."""
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """End it as a crash would (kill -9)."""
        await self._end(signal.SIGKILL)

    async def restart(self) -> None:
        """Kill it, and start it again on the same port and store."""
        await self.kill()
        await self.start()

    async def reload(self, extra: str) -> None:
        """Give it another configuration while it runs."""
        self.extra = extra
        self.write_config()
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)


@contextlib.asynccontextmanager
async def running_nats(folder: Path, *, extra: str = "") -> AsyncIterator[NatsServer]:
    """A server that runs while the block does; `extra` may hold accounts."""
    server = NatsServer(folder / "nats", extra=extra)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
