"""The steps of the demo, in the order in which they are shown; each says in a line what it saw."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import Any

from fleet.bus import Bus
from fleet.cli.demo.record import Record
from fleet.cli.demo.scene import PATIENCE, WORKSPACE, Scene, StepFailed
from fleet.cli.objects.kinds import KINDS
from fleet.events import BundleRendered, DeploymentTargeted, Event, GitCommitDetected
from fleet.kube import KubeClient, NotFound

CLUSTERS: Mapping[str, dict[str, str]] = {
    "alpha": {"env": "demo", "size": "small", "reports": "yes"},
    "beta": {"env": "demo", "size": "small", "reports": "yes"},
    "gamma": {"env": "demo", "size": "small", "reports": "yes"},
}
ADDED = "delta"
MORE_COMMITS = 4

KILLS: Mapping[str, type[Event] | None] = {
    "gitjob": None,
    "bundler": GitCommitDetected,
    "targeter": BundleRendered,
    "gateway": DeploymentTargeted,
    "agent": DeploymentTargeted,
}
"""Each service, and the event after which a commit is on its way in it; None: as soon as it is pushed."""

Step = Callable[["Steps"], Awaitable[str]]


class Steps:
    """Runs the steps on a scene and keeps what they measure in a record."""

    def __init__(self, *, scene: Scene, record: Record) -> None:
        self._scene = scene
        self._record = record
        self._release = 0

    async def deliver(self) -> str:
        """The first commit becomes Ready on three clusters."""
        commit = await self._scene.repository.create()
        await self._scene.declare_gitrepo()
        await self._scene.delivered(commit)
        return f"{commit[:12]}: {await self._pairs()} pairs Ready"

    async def commit_again(self) -> str:
        """More commits, each changing all bundles; measured from the push to Ready everywhere."""
        for _ in range(MORE_COMMITS):
            commit = await self._next_commit()
            pushed = time.perf_counter()
            await self._scene.delivered(commit)
            self._record.commit_to_ready.append(time.perf_counter() - pushed)
        worst = max(self._record.commit_to_ready)
        return f"{MORE_COMMITS} commits, the slowest Ready everywhere after {worst:.2f} s"

    async def drift(self) -> str:
        """Drift is corrected in one bundle and only seen in another, as their fleet.yaml files say."""
        async with await self._scene.kube("alpha") as kube:
            await self._change(kube, "web", "shop", {"greeting": "Good riddance"})
            await self._scene.until(
                "the changed ConfigMap web/shop is as in git again",
                lambda: _has(kube, "web", "shop", "greeting", "Good morning"),
            )
            await kube.delete("v1", "Service", "shop", namespace="web")
            await self._scene.until(
                "the deleted Service web/shop is back", lambda: _exists(kube, "Service", "web", "shop")
            )
            await self._change(kube, "report", "edge-report", {"schedule": "never"})
            await self._scene.until(
                "demo-report shows Modified", lambda: self._state("demo-report", "Modified")
            )
            await self._change(kube, "report", "edge-report", {"schedule": "hourly"})
            await self._scene.until("demo-report is Ready again", lambda: self._state("demo-report", ""))
        return "demo-web restored twice; demo-report shown as Modified until a person put it right"

    async def relabel(self) -> str:
        """A label moves a target: one bundle leaves gamma, another one grows there."""
        await self._scene.relabel("gamma", {"reports": None, "size": "large"})
        async with await self._scene.kube("gamma") as kube:
            await self._scene.until(
                "demo-report has left gamma", lambda: _gone(kube, "Deployment", "report", "edge-report")
            )
            await self._scene.until(
                "the cache on gamma has 1Gi", lambda: _has(kube, "cache", "cache-settings", "memory", "1Gi")
            )
        await self._equal()
        return "demo-report left gamma, demo-cache grew there"

    async def add_cluster(self) -> str:
        """A new cluster gets what its labels ask for."""
        await self._scene.hub.add_cluster(ADDED, {"env": "demo", "size": "large", "reports": "yes"})
        async with await self._scene.kube(ADDED) as kube:
            for kind, namespace, name in (
                ("Deployment", "web", "shop"),
                ("StatefulSet", "cache", "cache"),
                ("Deployment", "report", "edge-report"),
            ):
                await self._scene.until(
                    f"{kind} {namespace}/{name} is on {ADDED}",
                    partial(_exists, kube, kind, namespace, name),
                )
        await self._equal()
        return f"{ADDED} runs {await self._pairs(ADDED)} bundles"

    async def kill_services(self) -> str:
        """Every service is killed with -9 while a commit is on its way, and all comes out right."""
        told = []
        for service, after in KILLS.items():
            started = time.perf_counter()
            before, now = await self._kill_one(service, after)
            told.append(f"{service} {before}→{now} ({time.perf_counter() - started:.1f} s)")
        await self._equal()
        return "killed and back: " + ", ".join(told)

    async def remove_bundle(self) -> str:
        """A bundle that leaves the repository leaves the clusters."""
        commit = await self._scene.repository.remove("report")
        await self._scene.delivered(commit)
        async with await self._scene.kube("alpha") as kube:
            await self._scene.until(
                "demo-report has left alpha", lambda: _gone(kube, "Deployment", "report", "edge-report")
            )
        return f"{commit[:12]}: demo-report is gone"

    async def compare(self) -> str:
        """At the end: desired, delivered and reported are equal, says a process that made none of them."""
        await self._equal()
        found = self._record.comparison
        return " = ".join(f"{found[source]} {source}" for source in ("desired", "delivered", "reported"))

    async def _kill_one(self, service: str, after: type[Event] | None) -> tuple[int, int]:
        """Push, wait for the event that puts the commit into this service's hands, kill; gives both pids."""
        before = self._scene.hub.processes[service]
        async with news_of(self._scene.bus, after) as heard:
            commit = await self._next_commit()
            async with asyncio.timeout(PATIENCE):
                await heard.wait()
            os.kill(before, signal.SIGKILL)
        await self._scene.delivered(commit)
        await self._scene.until(f"{service} runs again", lambda: self._restarted(service, before))
        return before, self._scene.hub.processes[service]

    async def _restarted(self, service: str, before: int) -> bool:
        return self._scene.hub.processes.get(service, before) != before

    async def _next_commit(self) -> str:
        self._release += 1
        return await self._scene.repository.commit_release(self._release)

    async def _equal(self) -> None:
        """Compare until the three sources agree; what runs and what is reported settle within moments."""

        async def holds() -> bool:
            self._record.comparison = await self._scene.compare()
            return bool(self._record.comparison["equal"])

        try:
            await self._scene.until("desired = delivered = reported", holds)
        except StepFailed as error:
            raise StepFailed(f"{error}: {self._record.comparison.get('differences')}") from None

    async def _deployments(self) -> list[dict[str, Any]]:
        return await self._scene.objects.all(KINDS["bundledeployment"], None)

    async def _pairs(self, cluster: str = "") -> int:
        found = await self._deployments()
        return sum(
            not cluster or item["metadata"]["labels"]["fleet.cattle.io/cluster"] == cluster for item in found
        )

    async def _state(self, bundle: str, state: str) -> bool:
        """Whether the bundle shows this state; Ready is the empty state, as in Fleet."""
        item = await self._scene.objects.get(KINDS["bundle"], WORKSPACE, bundle)
        return bool(item["status"].get("display", {}).get("state", "") == state)

    async def _change(self, kube: KubeClient, namespace: str, name: str, data: dict[str, str]) -> None:
        patch = {"data": data}
        await kube.patch("v1", "ConfigMap", name, patch, namespace=namespace, field_manager="a-person")


@asynccontextmanager
async def news_of(bus: Bus, cls: type[Event] | None) -> AsyncIterator[asyncio.Event]:
    """Something that is set by the first event of a class from now on; with None it is set already."""
    heard = asyncio.Event()
    if cls is None:
        heard.set()
        yield heard
        return
    feed = bus.follow(cls)

    async def read() -> None:
        async with aclosing(feed):
            async for _ in feed:
                if feed.is_caught_up:
                    heard.set()

    async with asyncio.TaskGroup() as tasks:
        reader = tasks.create_task(read())
        await feed.caught_up()
        yield heard
        reader.cancel()


async def _exists(kube: KubeClient, kind: str, namespace: str, name: str) -> bool:
    version = "v1" if kind in ("Service", "ConfigMap") else "apps/v1"
    try:
        await kube.get(version, kind, name, namespace=namespace)
    except NotFound:
        return False
    return True


async def _gone(kube: KubeClient, kind: str, namespace: str, name: str) -> bool:
    return not await _exists(kube, kind, namespace, name)


async def _has(kube: KubeClient, namespace: str, name: str, key: str, value: str) -> bool:
    found = await kube.get("v1", "ConfigMap", name, namespace=namespace)
    return bool(found.get("data", {}).get(key) == value)


STEPS: Mapping[str, Step] = {
    "deliver": Steps.deliver,
    "commit again": Steps.commit_again,
    "drift and correct": Steps.drift,
    "relabel a cluster": Steps.relabel,
    "add a cluster": Steps.add_cluster,
    "kill every service": Steps.kill_services,
    "remove a bundle": Steps.remove_bundle,
    "compare": Steps.compare,
}
"""The steps by the name under which they are shown."""
