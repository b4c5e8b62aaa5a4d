"""A bundler at work: a real broker, real repositories, and what gitjob and the command line would write."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fleet.bundler.main import work
from fleet.bus import Bus
from fleet.events import (
    BundleRendered,
    BundleRetired,
    BundleSet,
    GitCommitDetected,
    ObjectMeta,
    Resource,
    Stored,
    ViewPart,
    declare,
    event_id,
    retire,
    set_digest,
)
from fleet.runtime import Health, Runtime, Settings
from fleet.vault import Keyring
from support.bus import WORKSPACE, running_bus
from support.gitserver import Repository
from support.nats import NatsServer
from support.waiting import eventually

BundleEvent = BundleRendered | BundleRetired


@dataclass(slots=True)
class Workshop:
    """A hub with nothing but what the bundler needs; the test plays the command line and gitjob."""

    folder: Path
    server: NatsServer
    bus: Bus

    @property
    def settings(self) -> Settings:
        """The settings of a bundler of this hub."""
        return Settings(nats_url=self.server.url, data=self.folder / "data", http="", local_repositories=True)

    @property
    def environment(self) -> dict[str, str]:
        """The same settings for a process."""
        return {
            "FLEET_NATS_URL": self.server.url,
            "FLEET_DATA": str(self.folder / "data"),
            "FLEET_LOCAL_REPOSITORIES": "true",
            "FLEET_HTTP": "",
        }

    def repository(self, name: str = "web") -> Repository:
        """A new, empty repository."""
        return Repository(self.folder / "repos" / f"{name}.git")

    async def declare(
        self,
        name: str,
        spec: Mapping[str, Any],
        *,
        kind: str = "gitrepo",
        labels: Mapping[str, str] | None = None,
    ) -> Resource:
        """Store an object as `fleet apply -f` would."""
        found = await self.bus.last(Resource, kind=kind, workspace=WORKSPACE, name=name)
        metadata = ObjectMeta(name=name, namespace=WORKSPACE, uid="", labels=dict(labels or {}))
        wanted = Resource(kind=kind, metadata=metadata, spec=dict(spec))
        record = declare(found.event if found else None, wanted, now=datetime.now(UTC))
        if record is None:
            assert found is not None
            return found.event
        await self.bus.publish(record, source="test")
        return record

    async def delete(self, name: str, *, kind: str = "gitrepo") -> None:
        """Store the tombstone of an object."""
        found = await self.bus.last(Resource, kind=kind, workspace=WORKSPACE, name=name)
        assert found is not None
        await self.bus.publish(retire(found.event, now=datetime.now(UTC)), source="test")

    async def detect(self, name: str, commit: str) -> int:
        """Say what gitjob would say about this commit of the GitRepo; gives the sequence."""
        record = await self.bus.last(Resource, kind="gitrepo", workspace=WORKSPACE, name=name)
        last = await self.bus.last(GitCommitDetected, workspace=WORKSPACE, gitrepo=name)
        assert record is not None
        metadata, spec = record.event.metadata, record.event.spec
        event = GitCommitDetected(
            workspace=WORKSPACE,
            gitrepo=name,
            uid=metadata.uid,
            generation=metadata.generation,
            force_sync_generation=spec.get("forceSyncGeneration", 0),
            repo=spec["repo"],
            branch=spec.get("branch", "master"),
            commit=commit,
        )
        before = last.sequence if last else 0
        unique = event_id(
            "GitCommitDetected", WORKSPACE, name, metadata.uid, metadata.generation, commit, before
        )
        return await self.bus.publish(event, source="gitjob", id=unique, correlation_id=unique, expect=before)

    async def deliver(self, repository: Repository, name: str, commit: str, **spec: Any) -> int:
        """Declare a GitRepo for a repository and detect a commit of it."""
        await self.declare(name, {"repo": repository.url, **spec})
        return await self.detect(name, commit)

    async def records(self) -> dict[str, Stored[BundleEvent]]:
        """The last record of every bundle name."""
        found: dict[str, Stored[BundleEvent]] = {}
        for cls in (BundleRendered, BundleRetired):
            async for stored in self.bus.present(cls, workspace=WORKSPACE):
                found[stored.event.bundle] = stored
        return found

    async def bundles(self) -> dict[str, BundleEvent]:
        """The last event of every bundle name."""
        return {name: stored.event for name, stored in (await self.records()).items()}

    async def is_whole(self, owner: str) -> bool:
        """Whether an owner's records are the set that the youngest of them names, as the targeter asks."""
        records = [one for one in (await self.records()).values() if one.event.owner.name == owner]
        youngest = max(records, key=lambda one: (one.event.commit_sequence, one.sequence))
        rendered = [one.event for one in records if isinstance(one.event, BundleRendered)]
        digest = set_digest({event.bundle: event.spec_digest for event in rendered})
        return youngest.event.set == BundleSet(size=len(rendered), digest=digest)

    async def rendered(self) -> dict[str, BundleRendered]:
        """The bundles that exist."""
        return {
            name: event for name, event in (await self.bundles()).items() if isinstance(event, BundleRendered)
        }

    async def view(self, name: str, *, kind: str = "gitrepo") -> ViewPart | None:
        """The bundler's part of an object's view."""
        found = await self.bus.last(ViewPart, kind=kind, workspace=WORKSPACE, name=name, part="reading")
        return found.event if found else None

    async def stalled(self, name: str, *, kind: str = "gitrepo") -> str:
        """The message of the condition Stalled, if it is true."""
        view = await self.view(name, kind=kind)
        conditions = {c.type: c for c in view.conditions} if view else {}
        found = conditions.get("Stalled")
        return found.message if found and found.status == "True" else ""

    async def is_read(self, name: str, sequence: int) -> bool:
        """Whether the reading of this commit (or a later one) stands in the view, and nothing is wrong."""
        view = await self.view(name)
        if view is None or await self.stalled(name):
            return False
        return int(view.status.get("reading", {}).get("commitSequence", 0)) >= sequence

    async def read(self, name: str, sequence: int) -> None:
        """Wait until a commit was read."""

        async def read_it() -> bool:
            return await self.is_read(name, sequence)

        try:
            await eventually(read_it)
        except AssertionError as error:
            raise AssertionError(f"{error}; the view says {await self.view(name)}") from None

    async def says(self, name: str, *words: str, kind: str = "gitrepo") -> str:
        """Wait until the object is stalled with a message that has all these words; gives the message."""

        async def said() -> bool:
            message = await self.stalled(name, kind=kind)
            return all(word in message for word in words) and bool(message)

        try:
            await eventually(said)
        except AssertionError as error:
            raise AssertionError(f"{error}; the view says {await self.view(name, kind=kind)}") from None
        return await self.stalled(name, kind=kind)

    async def count(self, stream: str) -> int:
        """The last sequence of a stream: how much was ever written to it."""
        info = await self.bus.connection.api(f"STREAM.INFO.{stream}")
        return int(info["state"]["last_seq"])

    async def content(self, digest: str) -> bytes:
        """Sealed content, opened."""
        key = Keyring.open(self.settings.keys).workspace(WORKSPACE)
        chunks = await self.bus.get_content(WORKSPACE, digest)
        assert chunks is not None, f"no content {digest}"
        return key.open(digest, chunks)


@contextlib.asynccontextmanager
async def workshop(folder: Path) -> AsyncIterator[Workshop]:
    """A broker without a bundler."""
    async with running_bus(folder) as (server, bus):
        yield Workshop(folder, server, bus)


@contextlib.asynccontextmanager
async def bundling(shop: Workshop) -> AsyncIterator[Health]:
    """A bundler in this process, on a connection of its own, while the block runs."""
    health = Health()
    async with await Bus.connect(shop.server.url, name="bundler") as bus:
        runtime = Runtime(settings=shop.settings, health=health, log=None, bus=bus)  # type: ignore[arg-type]  # unused
        task = asyncio.create_task(work(runtime))
        try:
            yield health
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
