"""A rolloutStrategy on a real broker: who is told what and when, through failures, restarts and kills."""

import random
import signal
from pathlib import Path
from typing import Any

from fleet.events import BundleReport, RolloutAdvanced
from support.processes import Program
from support.reports import a_report, a_trouble
from support.targeter import Scene, leading, scene, targeter_process
from support.targeting import WORKSPACE, Draft, a_cluster
from support.waiting import eventually

WEB = {"clusterSelector": {"matchLabels": {"web": "yes"}}}
ONE = {"maxUnavailable": 1}


def fleet(*names: str, **rings: str) -> list[Any]:
    """Clusters that get the bundle `web`, and one behind them by name that does not."""
    labels = {name: {"web": "yes", "ring": rings.get(name, "none")} for name in names}
    return [*(a_cluster(name, labels[name]) for name in names), a_cluster("zz")]


def web(content: str, strategy: Any) -> Draft:
    return Draft("web", targets=[WEB], content=content, rolloutStrategy=strategy)


async def contents(found: Scene) -> dict[str, str]:
    """Which version of `web` each cluster is told to run."""
    known: dict[str, tuple[str, str]] = {}
    told: dict[str, str] = {}
    for name, stored in (await found.desired()).items():
        for digest in stored.event.entries:
            if digest not in known:
                entry = await found.entry(digest)
                known[digest] = (entry.bundle, entry.content)
            if known[digest][0] == "web":
                told[name] = known[digest][1]
    return told


async def having(found: Scene, content: str) -> set[str]:
    return {name for name, has in (await contents(found)).items() if has == content}


async def told(found: Scene, content: str, *names: str) -> None:
    """Wait until these clusters are told this version; and no other when all was done that is to be done."""

    async def they_are_told() -> bool:
        return await having(found, content) >= set(names)

    await eventually(they_are_told)
    await all_is_written(found)
    assert await having(found, content) == set(names)


async def all_is_written(found: Scene) -> None:
    """Wait for a bundle of another repository on the cluster that is written last."""
    marker = f"marker-{found.commit}"
    await found.deliver(Draft("marker", targets=[{"clusterName": "zz"}], content=marker), repository="other")

    async def the_marker_is_there() -> bool:
        stored = (await found.desired()).get("zz")
        return bool(stored) and [(await found.entry(d)).content for d in stored.event.entries] == [marker]

    await eventually(the_marker_is_there)


async def say(found: Scene, *names: str, state: str = "", message: str = "") -> None:
    """These clusters report that `web` is Ready, or in another state."""
    desired = await found.desired()
    for name in names:
        manifest = desired[name].event
        troubles: list[BundleReport] = []
        if state:
            (entry,) = [e for digest in manifest.entries if (e := await found.entry(digest)).bundle == "web"]
            troubles = [a_trouble(entry, state, message)]
        await found.say_reports(a_report(manifest, troubles=troubles))


async def everywhere(found: Scene, content: str, *names: str, strategy: Any = ONE) -> None:
    """A first version, Ready on all these clusters."""
    await found.deliver(web(content, strategy))
    await told(found, content, *names)
    await say(found, *names)
    await found.ready("bundle", "web")


async def test_one_after_the_other_is_updated_each_when_the_one_before_is_ready(tmp_path: Path) -> None:
    async with scene(tmp_path, *fleet("a", "b", "c")) as found, leading(found):
        await everywhere(found, "v1", "a", "b", "c")
        await found.deliver(web("v2", ONE))
        await told(found, "v2", "a")
        part = await found.ready("bundle", "web", "False")
        assert part.status["maxUnavailable"] == 1
        await say(found, "a")
        await told(found, "v2", "a", "b")
        await say(found, "b")
        await told(found, "v2", "a", "b", "c")
        await say(found, "c")
        part = await found.ready("bundle", "web")
        assert part.status["partitions"][0]["summary"] == {"desiredReady": 3, "ready": 3}


async def test_a_cluster_that_fails_stops_the_rollout_and_a_commit_that_mends_it_goes_on(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path, *fleet("a", "b", "c")) as found, leading(found):
        await everywhere(found, "v1", "a", "b", "c")
        await found.deliver(web("v2", ONE))
        await told(found, "v2", "a")
        await say(found, "a", state="ErrApplied", message="no such image")
        await told(found, "v2", "a")

        async def it_is_shown() -> bool:
            part = await found.view("bundle", "web")
            summary = part.status["summary"] if part else {}
            return (summary.get("errApplied"), summary.get("waitApplied")) == (1, 2)

        await eventually(it_is_shown)
        waiting = (await found.ask("bundledeployments", name="web"))["items"][1]["status"]
        assert waiting["display"]["state"] == "OutOfSync"
        assert "1 of at most 1 clusters are unavailable (first a)" in waiting["hop"]["why"]
        await found.deliver(web("v3", ONE))
        await told(found, "v3", "a")
        assert await having(found, "v1") == {"b", "c"}
        await say(found, "a")
        await told(found, "v3", "a", "b")


async def test_partitions_get_it_one_after_the_other_and_the_rest_does_not(tmp_path: Path) -> None:
    strategy = {
        "partitions": [
            {"name": ring, "clusterSelector": {"matchLabels": {"ring": ring}}, "maxUnavailable": 0}
            for ring in ("canary", "wide")
        ]
    }
    rings = {"d": "canary", "a": "wide", "b": "wide"}
    async with scene(tmp_path, *fleet("a", "b", "c", "d", **rings)) as found, leading(found):
        await found.deliver(web("v1", strategy))
        await told(found, "v1", "d")
        await say(found, "d")
        await told(found, "v1", "a", "b", "d")
        await say(found, "a", "b")
        await told(found, "v1", "a", "b", "d")

        async def three_of_four_are_ready() -> bool:
            part = await found.view("bundle", "web")
            return bool(part) and part.status["display"]["readyClusters"] == "3/4"

        await eventually(three_of_four_are_ready)
        part = await found.ready("bundle", "web", "False")
        assert part.conditions[0].message == f"Pending(1) [Cluster {WORKSPACE}/c]"
        assert [one["name"] for one in part.status["partitions"]] == ["canary", "wide"]
        (label,) = [record for record in fleet("c", c="wide") if record.name == "c"]
        await found.declare(label)
        await told(found, "v1", "a", "b", "c", "d")


async def test_a_strategy_that_cannot_be_read_lets_nothing_out_and_is_shown(tmp_path: Path) -> None:
    async with scene(tmp_path, *fleet("a", "b")) as found, leading(found):
        await everywhere(found, "v1", "a", "b")
        await found.deliver(web("v2", {"maxUnavailable": "few"}))
        part = await found.ready("bundle", "web", "False")
        assert part.conditions[0].message.startswith("targeting error: rolloutStrategy.maxUnavailable")
        await told(found, "v1", "a", "b")


async def test_each_step_is_announced_with_who_has_it_and_who_waits(tmp_path: Path) -> None:
    async with scene(tmp_path, *fleet("a", "b", "c")) as found, leading(found):
        await everywhere(found, "v1", "a", "b", "c")
        await found.deliver(web("v2", ONE))
        await told(found, "v2", "a")
        await say(found, "a")
        await told(found, "v2", "a", "b")
        feed = found.bus.follow(RolloutAdvanced, history=True, bundle="web")
        said = [(await anext(feed)).event for _ in range(6)]
        await feed.aclose()
    assert [event.complete for event in said] == [False, True] * 3
    versions = [({c.content for c in event.cohorts}, [c.content for c in event.staged]) for event in said]
    assert versions == [({"v1"}, [])] * 2 + [({"v1", "v2"}, ["v2"])] * 4
    assert said[2].staged == said[3].staged != said[4].staged == said[5].staged


async def test_a_restart_in_the_middle_lets_nobody_else_out_and_goes_on(tmp_path: Path) -> None:
    async with scene(tmp_path, *fleet("a", "b", "c")) as found:
        async with targeter_process(found) as program:
            await everywhere(found, "v1", "a", "b", "c")
            await found.deliver(web("v2", ONE))
            await told(found, "v2", "a")
            await killed(program)
        async with targeter_process(found) as program:
            await found.settled()
            await told(found, "v2", "a")
            await killed(program)
        await say(found, "a")
        async with leading(found):
            await told(found, "v2", "a", "b")


async def killed(program: Program) -> None:
    program.tell(signal.SIGKILL)
    await program.ends(within=10)


async def test_however_often_it_is_killed_never_are_more_unavailable_than_may_be(tmp_path: Path) -> None:
    names = [f"c{n:02}" for n in range(20)]
    most, chance = 4, random.Random(6)
    strategy = {"maxUnavailable": most}
    ready: set[str] = set()
    async with scene(tmp_path, *fleet(*names)) as found:
        async with leading(found):
            await everywhere(found, "v1", *names, strategy=strategy)
        await found.deliver(web("v2", strategy))
        while len(ready) < len(names):
            async with targeter_process(found) as program:
                for _ in range(chance.randint(1, 4)):
                    outstanding = await as_many_as_may_be(found, ready, most, len(names))
                    some = sorted(outstanding)[: chance.randint(1, most)]
                    await say(found, *some)
                    ready |= set(some)
                await killed(program)
        assert await having(found, "v2") == set(names)


async def as_many_as_may_be(found: Scene, ready: set[str], most: int, count: int) -> set[str]:
    """Wait until so many are told the new version that were not reported Ready, and never more."""
    outstanding: set[str] = set()

    async def they_are_told() -> bool:
        outstanding.clear()
        outstanding.update(await having(found, "v2") - ready)
        assert len(outstanding) <= most
        return len(outstanding) == min(most, count - len(ready))

    await eventually(they_are_told)
    return outstanding
