"""What happened to one object, from the streams that keep it."""

from __future__ import annotations

from collections.abc import Iterator

from fleet.bus import Bus, Feed
from fleet.cli.adapters.journal import Journal
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

    async def rows(self, kind: Kind, workspace: str, name: str) -> list[tuple[str, str]]:
        """(time, what happened), oldest first, ten at most."""
        async with Journal(self._feeds(kind.word, workspace, name)) as journal:
            past = await journal.past()
        return [
            (f"{stored.time.astimezone():%Y-%m-%d %H:%M:%S}", sentence(stored.event))
            for stored in past[-_LATEST:]
        ]

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
