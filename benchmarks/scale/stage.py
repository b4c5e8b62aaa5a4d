"""All that runs: the broker, the product's targeter as a process, simulated agents, and who publishes."""

import asyncio
import contextlib
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson
from benchmarks.scale.broker import Broker
from benchmarks.scale.declared import Repository, declare
from benchmarks.scale.fleet import WORKSPACE, Fleet, bundle_name

from fleet.bus import Bus
from fleet.events import DeploymentTargeted, ViewPart
from fleet.vault import Keyring

CONNECTIONS = 200
_TARGETER = Path(sys.executable).parent / "fleet-targeter"
_SIMULATORS = 2
_PER_CONNECTION = 500
_PATIENCE = 900.0
_LINE = 1 << 26

Child = asyncio.subprocess.Process


@dataclass
class Stage:
    """A hub with nothing but what targeting needs, in a folder."""

    folder: Path
    fleet: Fleet
    broker: Broker
    keyring: Keyring
    repository: Repository
    bus: Bus | None = None
    targeter: Child | None = None
    simulators: list[Child] = field(default_factory=list)

    @classmethod
    def at(cls, folder: Path, fleet: Fleet) -> "Stage":
        """Prepare a folder; nothing runs yet."""
        keyring = Keyring.open(folder / "keys" / "keyring.json")
        keyring.workspace(WORKSPACE)
        return cls(folder, fleet, Broker(folder / "nats"), keyring, Repository(fleet, keyring))

    async def open(self) -> None:
        """Start the broker, make the streams, declare the fleet."""
        await self.broker.start()
        (self.folder / "control.nk").write_text(self.broker.control.seed)
        self.bus = await Bus.connect(self.broker.url, name="benchmark", seed=self.broker.control.seed)
        await self.bus.ensure_streams()
        await declare(self.bus, self.fleet)

    async def close(self) -> None:
        """End all processes."""
        for child in self.simulators:
            await _end(child)
        if self.targeter is not None:
            await _end(self.targeter)
        if self.bus is not None:
            await self.bus.close()
        await self.broker.end()

    async def start_targeter(self) -> None:
        """Start the product's own targeter, which logs to a file."""
        environment = {
            "FLEET_NATS_URL": self.broker.url,
            "FLEET_NATS_SEED_FILE": str(self.folder / "control.nk"),
            "FLEET_DATA": str(self.folder),
            "FLEET_HTTP": "",
            "PATH": "/usr/bin:/bin",
        }
        with (self.folder / "targeter.log").open("ab") as log:
            self.targeter = await asyncio.create_subprocess_exec(str(_TARGETER), env=environment, stderr=log)

    async def stop_targeter(self) -> None:
        """End it as an operator would."""
        if self.targeter is not None:
            await _end(self.targeter)
            self.targeter = None

    @property
    def journals(self) -> list[tuple[str, int, int]]:
        """Where each process of agents writes down what they took, and for which clusters."""
        n = self.fleet.clusters
        return [
            (str(self.folder / f"agents-{k}"), n * k // _SIMULATORS, n * (k + 1) // _SIMULATORS)
            for k in range(_SIMULATORS)
        ]

    @property
    def connections(self) -> int:
        """How many connections all agents share."""
        return min(CONNECTIONS, max(_SIMULATORS, self.fleet.clusters // _PER_CONNECTION))

    async def start_agents(self) -> None:
        """Start the processes of the agents."""
        self.simulators = [await self.start_agents_of(number) for number in range(_SIMULATORS)]

    async def start_agents_of(self, number: int) -> Child:
        """Start one process of agents."""
        path, low, high = self.journals[number]
        asked = {
            "url": self.broker.url,
            "seed": self.broker.agents.seed,
            "keyring": str(self.folder / "keys" / "keyring.json"),
            "journal": path,
            "number": number,
            "low": low,
            "high": high,
            "connections": max(1, self.connections // _SIMULATORS),
        }
        child = await _python("benchmarks.scale.simulator")
        assert child.stdin is not None
        child.stdin.write(orjson.dumps(asked) + b"\n")
        return child

    async def counts(self) -> dict[str, int]:
        """What the agents did so far."""
        found: dict[str, int] = {}
        for child in self.simulators:
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.write(b"count\n")
            for name, count in orjson.loads(await child.stdout.readline()).items():
                found[name] = found.get(name, 0) + count
        return found

    async def publish(self, bundles: Iterable[Any]) -> float:
        """Have another process publish these bundles; gives when the first was acknowledged."""
        child = await _python("benchmarks.scale.publisher")
        events = [event.model_dump(mode="json", by_alias=True) for event in bundles]
        asked = {"url": self.broker.url, "seed": self.broker.control.seed, "events": events}
        out, _ = await child.communicate(orjson.dumps(asked) + b"\n")
        return float(out)

    async def written(self) -> int:
        """The sequence of the last manifest."""
        assert self.bus is not None
        info = await self.bus.connection.api(f"STREAM.INFO.{DeploymentTargeted.STREAM}")
        return int(info["state"]["last_seq"])

    async def wait_written(self, sequence: int) -> float:
        """Wait until so many manifests are stored; gives when, by the monotonic clock."""
        async with asyncio.timeout(_PATIENCE):
            while await self.written() < sequence:  # noqa: ASYNC110 - a stream tells of no end
                await asyncio.sleep(0.01)
        return time.monotonic()

    async def wait_ready(self, bundle: int) -> float:
        """Wait until the view of a bundle shows its present generation Ready on all its clusters."""
        assert self.bus is not None
        names = {"kind": "bundle", "workspace": WORKSPACE, "name": bundle_name(bundle)}
        wanted = int(self.fleet.mask(bundle).sum())
        generation = 1 + self.repository.versions.get(bundle, 0)
        async with asyncio.timeout(_PATIENCE):
            async for stored in self.bus.follow(ViewPart, part="rollup", **names):
                part = stored.event
                if part.observed_generation == generation and (
                    part.status["display"]["readyClusters"] == f"{wanted}/{wanted}"
                ):
                    return time.monotonic()
        raise RuntimeError("the view ended")

    async def compare(self) -> dict[str, Any]:
        """Have another process compare what is to be, what is told, taken and reported."""
        child = await _python("benchmarks.scale.comparison")
        made = asdict(self.fleet)
        del made["_masks"]
        asked = {
            "url": self.broker.url,
            "seed": self.broker.control.seed,
            "keyring": str(self.folder / "keys" / "keyring.json"),
            "fleet": made,
            "contents": self.repository.contents(),
            "journals": self.journals,
        }
        out, _ = await child.communicate(orjson.dumps(asked) + b"\n")
        found: dict[str, Any] = orjson.loads(out)
        return found

    async def wait_equal(self) -> dict[str, Any]:
        """Compare until all is equal, or nothing changes any more for some seconds."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            before = await self.counts()
            found = await self.compare()
            if found["equal"] or time.monotonic() > deadline:
                return found
            await asyncio.sleep(1)
            if await self.counts() == before:
                return found

    def pids(self) -> dict[str, list[int]]:
        """The processes by what they are."""
        found = {"broker": [self.broker.pid], "agents": [child.pid for child in self.simulators]}
        if self.targeter is not None:
            found["targeter"] = [self.targeter.pid]
        return found


async def _python(module: str) -> Child:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        limit=_LINE,
    )


async def _end(child: Child) -> None:
    with contextlib.suppress(ProcessLookupError):
        child.terminate()
    try:
        async with asyncio.timeout(10):
            await child.wait()
    except TimeoutError:
        child.kill()
        await child.wait()
