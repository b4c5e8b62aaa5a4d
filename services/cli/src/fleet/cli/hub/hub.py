"""A hub in a folder: NATS, every service, pocket clusters and their agents, kept alive by one supervisor."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from fleet.bus import Bus, BusError
from fleet.cli.errors import CommandFailed
from fleet.cli.hub.broker import broker_of
from fleet.cli.hub.enrolment import Enrolment
from fleet.cli.hub.layout import Layout
from fleet.cli.hub.lock import folder_lock
from fleet.cli.hub.membership import Membership
from fleet.cli.hub.ports import reserved_ports
from fleet.cli.hub.process import Process
from fleet.cli.hub.programs import NATS, PORTS, nats_url, probes, programs
from fleet.cli.hub.readiness import Beats, until_ready
from fleet.vault import Keyring
from fleet.vault.private_file import write_private

WORKSPACE = "fleet-default"
"""Where named clusters are registered."""

_READY = 60.0
_SERVICES_GRACE = 3.8
_NATS_GRACE = 0.8


class Hub:
    """Runs a hub; entering waits until all of it answers, leaving ends every process within 5 s.

    `clusters` has the labels of each named cluster; without any a folder that has no cluster yet gets
    `local`, as in Fleet. `on_news` gets a line for everything that happens to a process or a cluster.

    Entering raises CommandFailed: the folder is in use, a program is missing, or something is not ready
    within 60 s (with what it waits for).
    """

    def __init__(
        self,
        data: Path,
        *,
        clusters: Mapping[str, Mapping[str, str]] | None = None,
        on_news: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.layout = Layout(data)
        self._wanted = dict(clusters or {})
        self._news = on_news
        self._stack = AsyncExitStack()
        self._processes: dict[str, Process] = {}
        self._ports: dict[str, int] = {}
        self._ready = False

    @property
    def url(self) -> str:
        """Where the broker listens."""
        return nats_url(self._ports)

    @property
    def processes(self) -> dict[str, int]:
        """The process id of each program as it runs now."""
        return {name: process.pid for name, process in self._processes.items()}

    @property
    def keyring(self) -> Keyring:
        """The keys of the workspaces."""
        return Keyring.open(self.layout.keyring)

    async def connect(self, name: str = "hub") -> Bus:
        """A connection of the caller's own, with the services' credentials."""
        seed = self.layout.control_seed.read_text().strip()
        return await Bus.connect(self.url, name=name, seed=seed)

    async def add_cluster(
        self, name: str, labels: Mapping[str, str] | None = None, *, workspace: str = WORKSPACE
    ) -> None:
        """Register a cluster unless it is there, as it is; returns when its agent is connected."""
        await self._membership.register(workspace, name, labels or {})
        await self._until_ready()

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()  # an error of the block is its own: a task group must not wrap it

    async def _start(self) -> None:
        self.layout.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._stack.enter_context(folder_lock(self.layout))
        before = _known(self.layout).get("ports", {})
        self._ports = self._stack.enter_context(reserved_ports(PORTS, before))
        enrolment = Enrolment(layout=self.layout, keyring=self.keyring, ports=self._ports)
        enrolment.refresh()
        tasks = await self._stack.enter_async_context(asyncio.TaskGroup())
        self._stack.push_async_callback(self._stop)
        for name, program in programs(self.layout, self._ports).items():
            process = Process(program, on_start=self._started, on_end=self._ended)
            self._processes[name] = process
            tasks.create_task(process.run())
        bus = await self._broker()
        self._beats = await self._stack.enter_async_context(Beats.heard_on(bus))
        self._membership = Membership(
            bus=bus,
            enrolment=enrolment,
            broker=broker_of(self.layout, self._processes[NATS], self._ports),
            processes=self._processes,
            on_news=self._news,
        )
        following = tasks.create_task(self._membership.follow())
        self._stack.callback(following.cancel)
        await self._membership.register_all(self._wanted, WORKSPACE)
        await self._until_ready()
        self._ready = True
        self._note_down()

    async def _broker(self) -> Bus:
        """The supervisor's own connection, with all streams made."""
        try:
            bus = await self._stack.enter_async_context(await self.connect())
            await bus.ensure_streams()
        except BusError as error:
            raise CommandFailed(
                f"error: the broker of {self.layout.folder.resolve()} does not work: {error}."
                f" Its log is {self.layout.log(NATS).resolve()}"
            ) from error
        return bus

    async def _until_ready(self) -> None:
        waiting = await self._membership.settled(seconds=_READY) or await until_ready(
            probes(self._ports), self._beats, self._membership.clusters(), seconds=_READY
        )
        if waiting:
            raise CommandFailed(
                f"error: the hub in {self.layout.folder.resolve()} is not ready after {_READY:g} s:"
                f" {waiting}. The logs are in {self.layout.logs.resolve()}"
            )

    async def _stop(self) -> None:
        """End the services first, so that they can still say goodbye, then the broker."""
        broker = self._processes.get(NATS)
        async with asyncio.TaskGroup() as tasks:
            for process in self._processes.values():
                if process is not broker:
                    tasks.create_task(process.stop(_SERVICES_GRACE))
        if broker is not None:
            await broker.stop(_NATS_GRACE)

    def _started(self, name: str, pid: int) -> None:
        if self._ready:
            self._news(f"{name} runs again as process {pid}")
            self._note_down()

    def _ended(self, name: str, how: str) -> None:
        self._news(f"{name} {how} (its log: {self.layout.log(name)}), starting it again")

    def _note_down(self) -> None:
        """Tell others how to reach this hub."""
        known: dict[str, Any] = {
            "url": self.url,
            "pid": os.getpid(),
            "ports": self._ports,
            "processes": self.processes,
        }
        write_private(self.layout.hub, json.dumps(known, indent=2).encode() + b"\n")


def _known(layout: Layout) -> dict[str, Any]:
    """What an earlier start noted down; nothing where there was none."""
    try:
        known: dict[str, Any] = json.loads(layout.hub.read_bytes())
    except (OSError, ValueError):
        return {}
    return known
