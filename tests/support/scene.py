"""A running hub with the demo's repository and three pocket clusters, for tests from end to end."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from fleet.cli.demo.git import NAME, DemoRepository
from fleet.cli.demo.scene import Scene
from fleet.cli.demo.steps import CLUSTERS
from fleet.cli.hub import Hub


@asynccontextmanager
async def a_scene(folder: Path, clusters: Mapping[str, dict[str, str]] = CLUSTERS) -> AsyncIterator[Scene]:
    """Start a hub below `folder`; its repository is reached by its path and not created yet."""
    repository = DemoRepository(folder / "git")
    async with Hub(folder / "hub", clusters=clusters) as hub, await hub.connect() as bus:
        yield Scene(hub=hub, bus=bus, repository=repository, url=str(repository.served / NAME))
