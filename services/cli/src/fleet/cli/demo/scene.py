"""What the demo's steps act on: the hub, its objects, the repository, the clusters."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from fleet.bus import Bus
from fleet.cli.adapters.objects import Objects
from fleet.cli.adapters.records import Records
from fleet.cli.adapters.waiting import wait_for
from fleet.cli.demo.git import BRANCH, DemoRepository
from fleet.cli.domain.waiting import Goal
from fleet.cli.hub import Hub
from fleet.cli.objects.kinds import KINDS
from fleet.cli.objects.manifests import Manifest
from fleet.kube import KubeClient

WORKSPACE = "fleet-default"
GITREPO = "demo"
POLLING = "500ms"
PATIENCE = 45.0
_LOOK_AGAIN = 0.05


class StepFailed(Exception):
    """A step that did not come out as it must."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The running hub and the ways to act on it and to look at it."""

    hub: Hub
    bus: Bus
    repository: DemoRepository
    url: str

    @property
    def objects(self) -> Objects:
        """Reads objects as `fleet get` does."""
        return Objects(bus=self.bus)

    @property
    def records(self) -> Records:
        """Writes objects as `fleet apply` does."""
        return Records(bus=self.bus)

    async def declare_gitrepo(self) -> None:
        """Apply the demo's GitRepo: three paths, all clusters labelled `env=demo`."""
        spec = {
            "repo": self.url,
            "branch": BRANCH,
            "paths": ["web", "cache", "report"],
            "pollingInterval": POLLING,
            "targets": [{"name": "demo", "clusterSelector": {"matchLabels": {"env": "demo"}}}],
        }
        manifest = Manifest(
            kind=KINDS["gitrepo"],
            namespace=WORKSPACE,
            name=GITREPO,
            labels={},
            annotations={},
            spec=spec,
        )
        await self.records.apply(manifest, WORKSPACE)

    async def delivered(self, commit: str) -> None:
        """Wait until every targeted cluster has reported what this commit holds. Raises StepFailed."""
        found = await wait_for(
            self.bus, KINDS["gitrepo"], WORKSPACE, GITREPO, Goal("commit", commit), timeout=PATIENCE
        )
        if not found.reached:
            raise StepFailed(f"commit {commit[:12]} is not everywhere after {PATIENCE:g} s: {found.standing}")

    async def relabel(self, cluster: str, labels: dict[str, str | None]) -> None:
        """Set labels of a cluster; None removes one."""

        def change(present: Any) -> dict[str, str]:
            merged = {**present, **labels}
            return {key: value for key, value in merged.items() if value is not None}

        await self.records.relabel(KINDS["cluster"], WORKSPACE, cluster, change)

    async def kube(self, cluster: str) -> KubeClient:
        """A client of a pocket cluster, through the kubeconfig that its user gets."""
        return await KubeClient.from_kubeconfig(self.hub.layout.kubeconfig(WORKSPACE, cluster))

    async def until(self, what: str, holds: Callable[[], Awaitable[bool]]) -> None:
        """Look until a condition holds. Raises StepFailed naming it when it does not in time."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not await holds():  # noqa: ASYNC110 - asks clusters, which set no event of ours
                    await asyncio.sleep(_LOOK_AGAIN)
        except TimeoutError:
            raise StepFailed(f"not within {PATIENCE:g} s: {what}") from None

    async def compare(self) -> dict[str, Any]:
        """Have a process that is none of the services compare the three sources; gives its JSON."""
        return await compare_outside(self.hub.layout.folder)


async def compare_outside(folder: Path) -> dict[str, Any]:
    """Run `python -m fleet.cli.comparison` on a hub's folder. Raises StepFailed where it could not read."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "fleet.cli.comparison",
        "--data",
        str(folder),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    if not out:
        raise StepFailed(f"the comparison did not come about: {err.decode(errors='replace').strip()[-500:]}")
    found: dict[str, Any] = orjson.loads(out)
    return found
