"""Invariant 2: without any consumer, cache or memory a hub converges to the same state from its streams."""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path

from fleet.bus import Bus, Refused
from fleet.cli.demo.scene import compare_outside
from fleet.events import STREAMS, DeploymentTargeted
from support.live import LiveHub, a_gitrepo, live_hub
from support.waiting import eventually

SERVICES = ("gitjob", "bundler", "targeter", "gateway", "agent")
FACTS = ("RESOURCES", "CLUSTERS", "MEMBERS", "COMMITS", "BUNDLES")


def files(number: int) -> dict[str, str]:
    """Two bundles, of which a commit changes one."""
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {number: '%d'}\n"
    return {
        "one/fleet.yaml": "defaultNamespace: web\n",
        "one/a.yaml": config % ("one", number),
        "two/fleet.yaml": "defaultNamespace: web\n",
        "two/a.yaml": config % ("two", 0),
    }


async def consumers(bus: Bus) -> dict[str, list[str]]:
    """The names of all consumers by stream."""
    return {
        stream: (await bus.connection.api(f"CONSUMER.NAMES.{stream}"))["consumers"] or []
        for stream in STREAMS
    }


async def forget_everything(hub: LiveHub) -> dict[str, int]:
    """Stop all services, take away what is not state, and kill them; gives the killed processes."""
    killed = {service: hub.pid(service) for service in SERVICES}
    for pid in killed.values():
        os.kill(pid, signal.SIGSTOP)
    for stream, names in (await consumers(hub.bus)).items():
        for name in names:
            with contextlib.suppress(Refused):  # those that are not durable end with their connections
                await hub.bus.connection.api(f"CONSUMER.DELETE.{stream}.{name}")
    shutil.rmtree(hub.layout.folder / "git")
    for pid in killed.values():
        os.kill(pid, signal.SIGKILL)
    return killed


async def everything_is_read_again(hub: LiveHub, killed: dict[str, int]) -> None:
    """Wait until every service is new, and durable consumers were made again and have nothing left."""

    async def is_done() -> bool:
        if any(hub.pid(service) == killed[service] for service in SERVICES):
            return False
        for durable in ("COMMITS.bundler-git-commit-detected", "RESOURCES.bundler-resource"):
            try:
                info = await hub.bus.connection.api(f"CONSUMER.INFO.{durable}")
            except Refused:
                return False
            if info["num_pending"] or info["num_ack_pending"] or not info["delivered"]["stream_seq"]:
                return False
        return True

    await hub.until("every service runs anew and has read its streams", is_done)


async def numbers(bus: Bus) -> dict[str, int]:
    """How much was ever written to the streams of facts."""
    return {name: (await bus.connection.api(f"STREAM.INFO.{name}"))["state"]["last_seq"] for name in FACTS}


async def desired(bus: Bus) -> dict[str, str]:
    """The digest of every cluster's manifest."""
    return {stored.subject: stored.event.digest async for stored in bus.present(DeploymentTargeted)}


@contextlib.asynccontextmanager
async def written(bus: Bus) -> AsyncIterator[list[tuple[str, str]]]:
    """Every manifest that is written while the block runs: subject and digest."""
    found: list[tuple[str, str]] = []
    feed = bus.follow(DeploymentTargeted)

    async def read() -> None:
        async for stored in feed:
            found.append((stored.subject, stored.event.digest))

    task = asyncio.create_task(read())
    try:
        await feed.caught_up()
        yield found
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await feed.aclose()


async def test_without_consumers_caches_and_memory_all_converges_to_the_same(tmp_path: Path) -> None:
    async with live_hub(tmp_path, "near:env=live", "far:env=live", "off:env=none") as hub:
        repository = hub.repository("web")
        await hub.apply(a_gitrepo("web", repository.url))
        for number in (1, 2, 3):
            await hub.delivered("web", repository.commit(files(number)))
        before, facts = await desired(hub.bus), await numbers(hub.bus)
        views = [item["status"] for item in await hub.objects("bundles")]

        async with written(hub.bus) as manifests:
            killed = await forget_everything(hub)
            await everything_is_read_again(hub, killed)
            await hub.ready("gitrepo/web")

            async def all_is_equal() -> bool:
                return bool((await compare_outside(hub.layout.folder))["equal"])

            async def all_looks_the_same() -> bool:
                return [item["status"] for item in await hub.objects("bundles")] == views

            await hub.until("desired = delivered = reported", all_is_equal)
            await hub.until("the bundles look as before", all_looks_the_same)
            assert {(subject, digest) for subject, digest in manifests} <= set(before.items())
            assert await desired(hub.bus) == before
            assert await numbers(hub.bus) == facts

            await hub.delivered("web", repository.commit(files(4)))
            await eventually(lambda: len({digest for _, digest in manifests}) > len(set(before.values())))
        assert await desired(hub.bus) != before
