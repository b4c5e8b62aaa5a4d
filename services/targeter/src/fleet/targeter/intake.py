"""What comes in: every stream the targeter decides by, followed from its present on, and signs of life."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import structlog

from fleet.bus import Bus, Feed, Heard
from fleet.events import (
    BundleRendered,
    BundleRetired,
    ClusterRecord,
    DeploymentReported,
    DeploymentTargeted,
    Event,
    Heartbeat,
    InvalidEvent,
    Member,
    Resource,
    Stored,
    ViewPart,
)
from fleet.targeter.bells import Bells
from fleet.targeter.domain import rules
from fleet.targeter.domain.estate import Estate
from fleet.targeter.domain.warnings import Warnings
from fleet.targeter.views import Views

_PART = "rollup"
_IN_A_ROW = 50
_MAX_ERROR = 300
_log = structlog.get_logger("fleet.targeter")


class Intake:
    """Reads streams into an estate. Each feed is one task; `caught_up` waits until all showed the present."""

    def __init__(self, *, bus: Bus, estate: Estate, views: Views, bells: Bells) -> None:
        self._estate = estate
        self._views = views
        self._bells = bells
        self._warnings = Warnings()
        self._feeds: list[tuple[Feed[Any], Callable[[Stored[Any]], None]]] = [
            (bus.follow(Resource), self._resource),
            (bus.follow(ClusterRecord), estate.cluster),
            (bus.follow(Member), lambda stored: estate.member(stored.event, stored.sequence)),
            (bus.follow(BundleRendered, BundleRetired), estate.bundle),
            (bus.follow(DeploymentTargeted), self._manifest),
            (bus.follow(DeploymentReported), self._report),
            (bus.follow(ViewPart, part=_PART), views.heard),
        ]

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Begin to read."""
        for feed, take in self._feeds:
            tasks.create_task(self._read(feed, take))

    async def caught_up(self) -> None:
        """Wait until the present of every stream was taken in."""
        for feed, _ in self._feeds:
            await feed.caught_up()

    async def beat(self, heard: Heard) -> None:
        """Take a sign of life in; who sent it is the subject, whatever its body says."""
        try:
            event = Heartbeat.parse(heard.payload)
        except InvalidEvent as error:
            if self._warnings.due(heard.subject, now=time.monotonic()):
                said = str(error)[:_MAX_ERROR]
                _log.warning("unreadable heartbeat", subject=heard.subject, error=said)
            return
        if self._is_own(event, heard.subject):
            self._estate.standing.beat(event, at=time.time())
            self._bells.ring()

    async def _read(self, feed: Feed[Any], take: Callable[[Stored[Any]], None]) -> None:
        taken = 0
        try:
            async for stored in feed:
                take(stored)
                self._bells.ring()
                taken += 1
                if taken % _IN_A_ROW == 0:
                    await asyncio.sleep(0)  # a feed that has much at hand never waits by itself
        finally:
            await feed.aclose()

    def _resource(self, stored: Stored[Resource]) -> None:
        if stored.event.kind == "clustergroup":
            self._estate.group(stored)
        elif stored.event.kind in rules.KINDS:
            self._estate.rule(stored)
        else:
            self._estate.owner(stored)

    def _manifest(self, stored: Stored[DeploymentTargeted]) -> None:
        self._estate.manifests.take(stored.event, since=stored.time.timestamp())

    def _report(self, stored: Stored[DeploymentReported]) -> None:
        if self._is_own(stored.event, stored.subject):
            self._estate.standing.report(stored.event, received=stored.time.timestamp())

    def _is_own(self, event: Event, subject: str) -> bool:
        """Whether a message of an agent speaks of the cluster that its subject names."""
        try:
            own = event.subject() == subject
        except ValueError:
            own = False
        if not own and self._warnings.due(subject, now=time.monotonic()):
            _log.warning("message of an agent about another cluster dropped", subject=subject)
        return own
