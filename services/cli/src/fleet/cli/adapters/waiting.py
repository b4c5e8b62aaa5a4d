"""Waits for an object: looks when something about it is stored, not by the clock."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

from fleet.bus import Bus, Feed, Unreachable
from fleet.cli.adapters.objects import Objects
from fleet.cli.domain.waiting import Goal, Verdict, verdict
from fleet.cli.errors import CommandFailed
from fleet.cli.objects.kinds import Kind
from fleet.events import (
    BundleRendered,
    BundleRetired,
    ClusterRecord,
    DeploymentReported,
    DeploymentTargeted,
    Event,
    Resource,
    ViewPart,
)

_COMPUTED_PAUSE = 0.5
_STORED_PAUSE = 5.0


async def wait_for(bus: Bus, kind: Kind, workspace: str, name: str, goal: Goal, *, timeout: float) -> Verdict:
    """Judge an object again and again until a goal is reached, at most `timeout` seconds.

    Gives the last verdict, reached or not; with a timeout of 0 the only one. What the targeter computes may
    change a moment after the event that causes it, so such objects are also looked at every half second.
    A broker or a targeter that does not answer is waited for as well.
    """
    objects, happened = Objects(bus=bus), asyncio.Event()
    if not timeout:
        return verdict(goal, await objects.find(kind, workspace, name))
    found = Verdict(False, "nothing was heard of it in time")
    pause = _COMPUTED_PAUSE if kind.word in ("cluster", "bundledeployment") else _STORED_PAUSE
    async with asyncio.TaskGroup() as tasks:
        readers = [
            tasks.create_task(_ring(feed, happened)) for feed in _feeds(bus, kind.word, workspace, name, goal)
        ]
        with contextlib.suppress(TimeoutError):  # the last verdict says why
            async with asyncio.timeout(timeout):
                while not found.reached:
                    happened.clear()
                    try:
                        found = verdict(goal, await objects.find(kind, workspace, name))
                        again = pause
                    except (Unreachable, CommandFailed) as error:
                        found = Verdict(False, str(error).removeprefix("error: "))
                        again = _COMPUTED_PAUSE
                    if not found.reached:
                        await _within(again, happened)
        for reader in readers:
            reader.cancel()
    return found


def _feeds(bus: Bus, kind: str, workspace: str, name: str, goal: Goal) -> Iterator[Feed[Event]]:
    """The streams in which something about the object shows."""
    follow = bus.follow
    if kind == "cluster":
        yield follow(ClusterRecord, workspace=workspace, name=name)
        yield follow(DeploymentTargeted, workspace=workspace, cluster=name)
        yield follow(DeploymentReported, workspace=workspace, cluster=name)
        return
    yield follow(Resource, kind=kind, workspace=workspace, name=name)
    yield follow(ViewPart, kind=kind, workspace=workspace, name=name)
    if kind == "bundle":
        yield follow(BundleRendered, BundleRetired, workspace=workspace, bundle=name)
    elif goal.word == "deleted":
        yield follow(BundleRendered, BundleRetired, workspace=workspace)


async def _ring(feed: Feed[Event], happened: asyncio.Event) -> None:
    try:
        async for _ in feed:
            happened.set()
    finally:
        await feed.aclose()


async def _within(seconds: float, happened: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await happened.wait()
