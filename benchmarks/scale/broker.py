"""A nats-server of its own with a hub's settings and accounts: file storage, synced every second."""

import asyncio
import contextlib
import json
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

from fleet.cli.hub.accounts import ROADS
from fleet.vault.nkey import NkeyPair

_BINARY = Path(sys.executable).parent / "nats-server"
_PATIENCE = 120.0
_CONFIG = """
server_name: fleet
listen: "127.0.0.1:{port}"
ports_file_dir: "{folder}"
log_file: "{folder}/nats.log"
max_payload: 8388608
max_pending: 268435456
jetstream {{ store_dir: "{folder}/store", sync_interval: "{sync}", max_file_store: 1TB }}
accounts {{
  CONTROL {{ jetstream: enabled, users: [{{nkey: {control}}}], exports: [
{exports}
  ] }}
  AGENTS {{ users: [{{nkey: {agents}}}], imports: [
{imports}
  ] }}
}}
"""


@dataclass
class Broker:
    """The server, its address and its two identities: the services', and one for all simulated agents.

    A hub gives each agent a user with permissions for its own subjects. Here thousands of agents share a
    connection, so their one user may use all roads.
    """

    folder: Path
    sync: str = "1s"
    control: NkeyPair = field(default_factory=NkeyPair.generate)
    agents: NkeyPair = field(default_factory=NkeyPair.generate)
    port: int = -1
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"nats://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The process that runs."""
        assert self.process is not None
        return self.process.pid

    async def start(self) -> None:
        """Start it and wait until it takes connections; it takes the port that it had before."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "nats.conf"
        path.write_text(self._configuration())
        self.process = await asyncio.create_subprocess_exec(
            str(_BINARY), "-c", str(path), stderr=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(_PATIENCE):
            while not await self._answers():
                if self.process.returncode is not None:
                    raise RuntimeError(f"nats-server ended: {(self.folder / 'nats.log').read_text()[-500:]}")
                await asyncio.sleep(0.01)

    async def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it, as an operator would or with SIGKILL as a crash would."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)
        async with asyncio.timeout(_PATIENCE):
            await self.process.wait()
        self.process = None

    def _configuration(self) -> str:
        exports = [f'    {{{sort}: "{subject}", accounts: [AGENTS]}}' for sort, subject, _ in ROADS]
        imports = [
            f'    {{{sort}: {{account: CONTROL, subject: "{subject}"}}' + (f', to: "{to}"}}' if to else "}")
            for sort, subject, to in ROADS
        ]
        return _CONFIG.format(
            port=self.port,
            folder=self.folder,
            sync=self.sync,
            control=self.control.public,
            agents=self.agents.public,
            exports="\n".join(exports),
            imports="\n".join(imports),
        )

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
