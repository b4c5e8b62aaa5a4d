"""A targeter at work on a real broker; the test plays the bundler, the command line and the agents."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from fleet.bus import Bus
from fleet.events import (
    MAC_HEADER,
    BundleRetired,
    ClusterRecord,
    DeploymentReported,
    DeploymentTargeted,
    Entry,
    Event,
    Stored,
    ViewPart,
    event_id,
)
from fleet.runtime import Health
from fleet.targeter.service import Targeter
from fleet.vault import Keyring
from support.bus import running_bus
from support.nats import NatsServer
from support.processes import Program, running_program
from support.reports import a_beat, a_report
from support.targeting import (
    REPOSITORY,
    WORKSPACE,
    Draft,
    a_resource,
    an_owner,
    name_unchanged,
    uid_of,
    whole_set,
)
from support.waiting import DEADLINE, eventually


@dataclass(slots=True)
class Scene:
    """A hub with nothing but what the targeter needs."""

    folder: Path
    server: NatsServer
    bus: Bus
    drafts: dict[str, dict[str, Draft]] = field(default_factory=dict)
    commit: int = 0

    @property
    def keyring(self) -> Keyring:
        """The keys that targeter and bundler share."""
        return Keyring.open(self.folder / "data" / "keys" / "keyring.json")

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a targeter process of this hub."""
        return {
            "FLEET_NATS_URL": self.server.url,
            "FLEET_DATA": str(self.folder / "data"),
            "FLEET_HTTP": "",
        }

    def name(self, workspace: str, plaintext: bytes) -> str:
        """The keyed name of a content."""
        return self.keyring.workspace(workspace).name(plaintext)

    async def say(self, *events: Event) -> None:
        """Store events."""
        for event in events:
            await self.bus.publish(event, source="test", id=event_id("test", self.commit, event.encode()))

    async def declare(self, *records: Event) -> None:
        """Store records as the command line would."""
        for record in records:
            await self.bus.publish(record, source="cli")

    async def render(
        self, draft: Draft, drafts: Iterable[Draft], *, repository: str = REPOSITORY, seal: bool = True
    ) -> None:
        """Say one bundle of a set, as a bundler would."""
        whole = whole_set(drafts, self.name)
        if seal:
            key = self.keyring.workspace(draft.workspace)
            await self.bus.put_content(draft.workspace, key.seal(draft.sealed))
        await self.say(draft.rendered(whole, owner=an_owner(repository), commit=self.commit, name=self.name))

    async def deliver(self, *drafts: Draft, repository: str = REPOSITORY) -> None:
        """A commit after which the repository has exactly these bundles."""
        if repository not in self.drafts:
            await self.declare(a_resource("gitrepo", repository))
        self.commit += 1
        before, now = self.drafts.get(repository, {}), {draft.name: draft for draft in drafts}
        self.drafts[repository] = now
        for draft in drafts:
            if not name_unchanged(before.get(draft.name), draft):
                await self.render(draft, drafts, repository=repository)
        for name in sorted(before.keys() - now.keys()):
            await self.say(
                BundleRetired(
                    workspace=WORKSPACE,
                    bundle=name,
                    uid=uid_of("bundle", WORKSPACE, name),
                    owner=an_owner(repository),
                    commit_sequence=self.commit,
                    set=whole_set(drafts, self.name),
                )
            )

    async def desired(self) -> dict[str, Stored[DeploymentTargeted]]:
        """The last manifest of every cluster."""
        return {s.event.cluster: s async for s in self.bus.present(DeploymentTargeted, workspace=WORKSPACE)}

    async def writes(self, cls: type[Event]) -> int:
        """How many messages of a class's stream were ever written."""
        info = await self.bus.connection.api(f"STREAM.INFO.{cls.STREAM}")
        return int(info["state"]["last_seq"])

    async def entry(self, digest: str, workspace: str = WORKSPACE) -> Entry:
        """An entry as the gateway would open it."""
        chunks = await self.bus.get_content(workspace, digest)
        assert chunks is not None, f"entry {digest} is not stored"
        return Entry.model_validate_json(self.keyring.workspace(workspace).open(digest, chunks))

    async def options(self, entry: Entry) -> Any:
        """The merged options that an entry names."""
        chunks = await self.bus.get_content(entry.namespace, entry.options)
        assert chunks is not None, f"the options of {entry.bundle} are not stored"
        return orjson.loads(self.keyring.workspace(entry.namespace).open(entry.options, chunks))

    async def runs(self) -> dict[str, list[str]]:
        """The bundles of every cluster by its last manifest."""
        return {
            name: [(await self.entry(digest)).bundle for digest in stored.event.entries]
            for name, stored in sorted((await self.desired()).items())
        }

    async def run(self, wanted: Mapping[str, list[str]]) -> None:
        """Wait until clusters are told to run exactly this."""

        async def clusters_are_told() -> bool:
            return await self.runs() == wanted

        await eventually(clusters_are_told)

    def authentic(self, stored: Stored[DeploymentTargeted]) -> bool:
        """Whether a manifest's MAC is that of its cluster."""
        keys = self.keyring.workspace(stored.event.workspace).cluster_keys(stored.event.uid)
        return keys.verify(stored.subject, stored.raw, stored.envelope.headers[MAC_HEADER])

    async def report_all(self) -> None:
        """Every cluster says that it runs what it was told."""
        await self.say_reports(*(a_report(stored.event) for stored in (await self.desired()).values()))

    async def say_reports(self, *reports: DeploymentReported) -> None:
        """Store reports as agents do."""
        for report in reports:
            await self.bus.publish(report, source=f"agent/{report.cluster}")

    async def beat(self, cluster: str, *, digest: str | None = None) -> None:
        """A cluster gives a sign of life."""
        event = a_beat((await self.desired())[cluster].event, digest=digest)
        await self.bus.tell(event.subject(), event.encode())

    async def view(self, kind: str, name: str) -> ViewPart | None:
        """The targeter's part of a view."""
        found = await self.bus.last(ViewPart, kind=kind, workspace=WORKSPACE, name=name, part="rollup")
        return found.event if found else None

    async def ready(self, kind: str, name: str, status: str = "True") -> ViewPart:
        """Wait until an object's Ready condition has this status."""
        found: list[ViewPart] = []

        async def object_has_that_status() -> bool:
            part = await self.view(kind, name)
            found[:] = [part] if part else []
            return bool(part and part.conditions[0].status == status)

        await eventually(object_has_that_status)
        return found[0]

    async def ask(self, kind: str, workspace: str = "_", **question: Any) -> Any:
        """Ask the targeter, which may still be starting."""
        answer = await self.bus.request(f"fleet.query.{kind}.{workspace}", orjson.dumps(question))
        return orjson.loads(answer)

    async def settled(self) -> None:
        """Wait until a targeter leads and everything stored so far was looked at."""
        async with asyncio.timeout(DEADLINE):
            while True:
                with contextlib.suppress(Exception):
                    await self.ask("clusters")
                    return
                await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def scene(folder: Path, *clusters: ClusterRecord) -> AsyncIterator[Scene]:
    """A real server with all streams and these clusters declared."""
    async with running_bus(folder) as (server, bus):
        found = Scene(folder, server, bus)
        await found.declare(*clusters)
        yield found


@contextlib.asynccontextmanager
async def leading(found: Scene) -> AsyncIterator[None]:
    """A targeter runs in this process while the block does; it gives its lease back at the end."""
    async with await Bus.connect(found.server.url, name="targeter") as bus:
        targeter = Targeter(bus=bus, keyring=found.keyring, health=Health())
        task = asyncio.create_task(targeter.run())
        try:
            await found.settled()
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


@contextlib.asynccontextmanager
async def targeter_process(found: Scene) -> AsyncIterator[Program]:
    """A targeter as an OS process while the block runs; killed at the end."""
    async with running_program(found.folder / "p", "-m", "fleet.targeter", settings=found.environment) as p:
        yield p
