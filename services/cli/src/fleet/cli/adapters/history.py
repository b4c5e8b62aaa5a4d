"""What happened to one object, from the streams that keep it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime

from fleet.bus import Bus, Feed
from fleet.cli.adapters.journal import Journal
from fleet.cli.adapters.objects import parts_of
from fleet.cli.domain.milestones import milestone
from fleet.cli.domain.narration import sentence
from fleet.cli.objects.kinds import Kind
from fleet.events import (
    BundleRendered,
    BundleRetired,
    ClusterRecord,
    DeploymentReported,
    DeploymentTargeted,
    Event,
    GitCommitDetected,
    Resource,
    RolloutAdvanced,
)

_LATEST = 10


class History:
    """Tells the last things that happened to an object."""

    def __init__(self, *, bus: Bus) -> None:
        self._bus = bus

    async def rows(self, kind: Kind, workspace: str, name: str, uid: str) -> list[tuple[str, str]]:
        """(time, what happened), oldest first, ten at most; of a GitRepo also how far its commit came.

        `uid` is that of the object: what is said of an earlier one with that name does not count.
        """
        async with Journal(self._feeds(kind.word, workspace, name)) as journal:
            past = [(stored.time, sentence(stored.event)) for stored in await journal.past()]
        if kind.word == "gitrepo":
            past += [one async for one in self._milestones(workspace, name, uid)]
            past.sort(key=lambda one: one[0])
        return [(f"{time.astimezone():%Y-%m-%d %H:%M:%S}", told) for time, told in past[-_LATEST:]]

    async def _milestones(self, workspace: str, name: str, uid: str) -> AsyncIterator[tuple[datetime, str]]:
        for stored in await parts_of(self._bus, "gitrepo", workspace, name):
            if stored.event.uid == uid and (told := milestone(stored.event)):
                yield stored.time, told

    def _feeds(self, kind: str, workspace: str, name: str) -> Iterator[Feed[Event]]:
        follow = self._bus.follow
        match kind:
            case "cluster":
                for cls in (DeploymentTargeted, DeploymentReported):
                    yield follow(cls, history=True, workspace=workspace, cluster=name)
                yield follow(ClusterRecord, history=True, workspace=workspace, name=name)
            case "bundle":
                for group in ((BundleRendered, BundleRetired), (RolloutAdvanced,)):
                    yield follow(*group, history=True, workspace=workspace, bundle=name)
            case "gitrepo":
                yield follow(GitCommitDetected, history=True, workspace=workspace, gitrepo=name)
        if kind not in ("cluster", "bundledeployment"):
            yield follow(Resource, history=True, kind=kind, workspace=workspace, name=name)
