"""gitjob at work on a real server, and the GitRepos it watches."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from fleet.bus import Bus
from fleet.events import GitCommitDetected, ObjectMeta, Resource, Stored, ViewPart, declare, retire
from fleet.gitjob.gate import Gate
from fleet.gitjob.question import Git
from fleet.gitjob.service import Gitjob
from fleet.runtime import Health
from fleet.vault import Keyring, SecretStore
from support.bus import running_bus

WORKSPACE = "fleet-default"
QUICK = "50ms"
T = TypeVar("T")


async def eventually(look: Callable[[], Awaitable[T | None]], *, seconds: float = 20.0) -> T:
    """Wait until `look` gives something; fails when it does not in that time."""
    async with asyncio.timeout(seconds):
        while not (found := await look()):
            await asyncio.sleep(0.01)
        return found


class Scene:
    """A hub with gitjob alone."""

    def __init__(self, bus: Bus, secrets: SecretStore) -> None:
        self.bus = bus
        self.secrets = secrets
        self.health = Health()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """gitjob runs while the block does."""
        git = Git(secrets=self.secrets, gate=Gate(), local=True)
        task = asyncio.create_task(Gitjob(bus=self.bus, git=git, health=self.health).run())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def declare(self, name: str, *, workspace: str = WORKSPACE, **spec: Any) -> Resource:
        """Make or change a GitRepo, as `fleet apply` does."""
        metadata = ObjectMeta(name=name, namespace=workspace, uid="")
        wanted = Resource(kind="gitrepo", metadata=metadata, spec={"pollingInterval": QUICK, **spec})
        present = await self.bus.last(Resource, kind="gitrepo", workspace=workspace, name=name)
        record = declare(
            present.event if present else None, wanted, now=datetime.now(UTC), uid=str(uuid.uuid4())
        )
        assert record is not None, "nothing changed"
        await self.bus.publish(record, source="test")
        return record

    async def delete(self, record: Resource) -> None:
        """Delete a GitRepo."""
        await self.bus.publish(retire(record, now=datetime.now(UTC)), source="test")

    async def last(self, name: str, *, workspace: str = WORKSPACE) -> Stored[GitCommitDetected] | None:
        """The commit that was published last."""
        return await self.bus.last(GitCommitDetected, workspace=workspace, gitrepo=name)

    async def published(
        self, name: str, commit: str, *, workspace: str = WORKSPACE, after: int = 0
    ) -> Stored[GitCommitDetected]:
        """Wait until this commit is published, behind a sequence."""

        async def look() -> Stored[GitCommitDetected] | None:
            found = await self.last(name, workspace=workspace)
            return found if found and found.event.commit == commit and found.sequence > after else None

        return await eventually(look)

    async def view(self, name: str) -> ViewPart | None:
        """What gitjob says of a GitRepo."""
        found = await self.bus.last(ViewPart, kind="gitrepo", workspace=WORKSPACE, name=name, part="source")
        return found.event if found else None

    async def condition(self, name: str, kind: str, status: str, *, containing: str = "") -> str:
        """Wait until a condition has a status (and its message a text), and give its message."""

        async def look() -> list[str] | None:
            view = await self.view(name)
            found = (
                [c.message for c in view.conditions if (c.type, c.status) == (kind, status)] if view else []
            )
            return [message for message in found if containing in message]

        return (await eventually(look))[0]


@contextlib.asynccontextmanager
async def gitjob_scene(folder: Path) -> AsyncIterator[Scene]:
    """A hub of its own; gitjob runs in the `running` blocks of the scene."""
    secrets = SecretStore(folder / "secrets", keyring=Keyring.open(folder / "keyring.json"))
    async with running_bus(folder) as (_, bus):
        yield Scene(bus, secrets)
