"""The targeter as a process: killed in the middle, replayed from nothing, doubled, and told to end."""

import asyncio
import signal
from pathlib import Path
from typing import Any

from fleet.events import STREAMS, DeploymentTargeted, LeaseTaken, manifest_digest
from support.bus import soon
from support.targeter import Scene, leading, scene, targeter_process
from support.targeting import WORKSPACE, Draft, World, a_cluster
from support.waiting import eventually

EVERYWHERE = {"clusterSelector": {}}
MANY = 2000
HALF = {"clusterSelector": {"matchLabels": {"half": "yes"}}}


def fleet(count: int) -> list[Any]:
    return [a_cluster(f"c{n:04}", {"half": "yes"} if n % 2 else {}) for n in range(count)]


def bundles(content: str) -> list[Draft]:
    return [Draft("all", targets=[EVERYWHERE], content=content), Draft("half", targets=[HALF])]


async def expected(found: Scene, count: int, content: str) -> dict[str, set[tuple[str, str]]]:
    """What an estate decides that is made from the same declarations, by bundle and content."""
    world = World().clusters(*fleet(count)).begin().deliver(*bundles(content))
    world.flush()
    return {
        name: {(world.entry(digest).bundle, world.entry(digest).content) for digest in manifest.entries}
        for name, manifest in world.desired.items()
    }


async def delivered(found: Scene) -> dict[str, set[tuple[str, str]]]:
    known: dict[str, tuple[str, str]] = {}
    present: dict[str, set[tuple[str, str]]] = {}
    for name, stored in (await found.desired()).items():
        assert found.authentic(stored)
        assert stored.event.digest == manifest_digest(stored.event.entries)
        for digest in stored.event.entries:
            if digest not in known:
                entry = await found.entry(digest)
                known[digest] = (entry.bundle, entry.content)
        present[name] = {known[digest] for digest in stored.event.entries}
    return present


async def converges(found: Scene, count: int, content: str) -> None:
    wanted = await expected(found, count, content)

    async def desired_is_what_was_decided() -> bool:
        return await delivered(found) == wanted

    await eventually(desired_is_what_was_decided, within=60)


async def declare_quickly(found: Scene, count: int) -> None:
    async with found.bus.batch(source="cli") as batch:
        for record in fleet(count):
            await batch.put(record)


async def killed_in_the_middle(found: Scene, content: str) -> bool:
    """Kill a process while it writes a change to every cluster; whether some were written and some not."""
    async with targeter_process(found) as program:
        await found.settled()
        before = await found.writes(DeploymentTargeted)
        await found.deliver(*bundles(content))

        async def it_is_writing() -> bool:
            return await found.writes(DeploymentTargeted) > before

        await eventually(it_is_writing)
        program.tell(signal.SIGKILL)
        await program.ends(within=10)
    return await found.writes(DeploymentTargeted) - before < MANY


async def test_a_kill_in_the_middle_of_a_flush_loses_and_repeats_nothing_that_matters(tmp_path: Path) -> None:
    async with scene(tmp_path) as found:
        await declare_quickly(found, MANY)
        await found.deliver(*bundles("v0"))
        async with leading(found):
            await converges(found, MANY, "v0")
        for trial in range(1, 6):
            content = f"v{trial}"
            counted = await killed_in_the_middle(found, content)
            async with leading(found):
                await converges(found, MANY, content)
            if counted:
                break
        assert counted, "no kill fell into a flush"


async def test_deleting_every_consumer_and_starting_anew_converges_to_the_same(tmp_path: Path) -> None:
    async with scene(tmp_path, *fleet(6)) as found:
        await found.deliver(*bundles("v0"))
        async with leading(found):
            await converges(found, 6, "v0")
            before = {name: stored.event for name, stored in (await found.desired()).items()}
            await drop_consumers(found)
            await found.deliver(*bundles("v1"))
            await converges(found, 6, "v1")
        await found.deliver(*bundles("v0"))
        await drop_consumers(found)
        async with leading(found):
            await converges(found, 6, "v0")
        after = {name: stored.event for name, stored in (await found.desired()).items()}
        assert {n: e.digest for n, e in after.items()} == {n: e.digest for n, e in before.items()}


async def drop_consumers(found: Scene) -> None:
    for stream in STREAMS:
        names = (await found.bus.connection.api(f"CONSUMER.NAMES.{stream}"))["consumers"] or []
        for name in names:
            await found.bus.connection.api(f"CONSUMER.DELETE.{stream}.{name}")


async def test_one_of_two_leads_and_the_other_takes_over_when_it_is_killed(tmp_path: Path) -> None:
    async with scene(tmp_path, *fleet(2)) as found:
        await found.deliver(*bundles("v0"))
        async with targeter_process(found) as first:
            await first.said("leading")
            await converges(found, 2, "v0")
            async with leading_later(found):
                before = (await found.desired())["c0000"].event
                await found.deliver(*bundles("v1"))
                await converges(found, 2, "v1")
                assert (await found.desired())["c0000"].event.epoch == before.epoch
                first.tell(signal.SIGKILL)
                await first.ends(within=10)
                await found.deliver(*bundles("v2"))
                await converges(found, 2, "v2")
                assert (await found.desired())["c0000"].event.epoch > before.epoch


def leading_later(found: Scene) -> Any:
    """A second targeter: `settled` is true at once, for the first one answers."""
    return leading(found)


async def test_one_that_stalls_beyond_its_lease_stands_down_and_leads_again_by_itself(tmp_path: Path) -> None:
    async with scene(tmp_path, *fleet(2)) as found, targeter_process(found) as program:
        await found.deliver(*bundles("v0"))
        await converges(found, 2, "v0")
        before = (await found.desired())["c0000"].event
        program.tell(signal.SIGSTOP)
        await is_free(found)
        program.tell(signal.SIGCONT)
        await program.said("term ended")
        await found.deliver(*bundles("v1"))
        await converges(found, 2, "v1")
        assert (await found.desired())["c0000"].event.epoch > before.epoch
        assert program.process.returncode is None
        assert [line["event"] for line in program.lines].count("leading") == 2


async def test_one_that_stalls_while_another_takes_over_writes_no_more(tmp_path: Path) -> None:
    async with scene(tmp_path, *fleet(2)) as found, targeter_process(found) as program:
        await found.deliver(*bundles("v0"))
        await converges(found, 2, "v0")
        before = (await found.desired())["c0000"].event
        program.tell(signal.SIGSTOP)
        async with leading(found):
            await found.deliver(*bundles("v1"))
            await converges(found, 2, "v1")
            taken = (await found.desired())["c0000"].event
            assert taken.epoch > before.epoch
            program.tell(signal.SIGCONT)
            await program.said("term ended")
            await found.deliver(*bundles("v2"))
            await converges(found, 2, "v2")
            assert {one.event.epoch for one in (await found.desired()).values()} == {taken.epoch}
        await found.deliver(*bundles("v3"))
        await converges(found, 2, "v3")
        assert (await found.desired())["c0000"].event.epoch > taken.epoch
        assert program.process.returncode is None


async def is_free(found: Scene) -> None:
    """Wait until the lease of the targeter has not been renewed for its whole ttl, and then take it."""
    lease = await soon(found.bus.lease("targeter"))
    await lease.release()


async def test_sigterm_ends_it_with_code_0_and_gives_the_lease_back(tmp_path: Path) -> None:
    async with scene(tmp_path, *fleet(2)) as found:
        await found.deliver(*bundles("v0"))
        async with targeter_process(found) as program:
            await program.said("leading")
            await converges(found, 2, "v0")
            program.tell(signal.SIGTERM)
            assert await program.ends(within=5) == 0
        lease = await found.bus.last(LeaseTaken, name="targeter")
        assert lease is not None
        assert lease.event.released


async def test_the_broker_may_be_killed_and_come_back(tmp_path: Path) -> None:
    async with scene(tmp_path, *fleet(4)) as found:
        await found.deliver(*bundles("v0"))
        async with leading(found):
            await converges(found, 4, "v0")
            await found.server.restart()
            async with asyncio.timeout(30):
                await found.deliver(*bundles("v1"))
            await converges(found, 4, "v1")
            await found.report_all()
            await found.ready("gitrepo", "shop")
            answer = await found.ask("bundledeployments", WORKSPACE)
            assert answer["total"] == 6
