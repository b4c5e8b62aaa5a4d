"""Every event class by its CloudEvents type, and how a stored message becomes an event again."""

from collections.abc import Mapping

from fleet.events._base import Event
from fleet.events.bundles import BundleRendered, BundleRetired
from fleet.events.delivery import DeploymentReported, Heartbeat, LastSeen
from fleet.events.envelope import Envelope
from fleet.events.errors import UnknownEvent
from fleet.events.housekeeping import DeadLetter, LeaseTaken
from fleet.events.placement import DeploymentTargeted, RolloutAdvanced
from fleet.events.records import ClusterRecord, Member, Resource
from fleet.events.source import GitCommitDetected, LookAsked
from fleet.events.views import ViewPart

CATALOGUE: Mapping[str, type[Event]] = {
    cls.type_name(): cls
    for cls in (
        Resource,
        ClusterRecord,
        Member,
        GitCommitDetected,
        LookAsked,
        BundleRendered,
        BundleRetired,
        RolloutAdvanced,
        DeploymentTargeted,
        DeploymentReported,
        Heartbeat,
        LastSeen,
        ViewPart,
        DeadLetter,
        LeaseTaken,
    )
}


def decode(headers: Mapping[str, str] | None, data: bytes) -> Event:
    """Read a message by its `ce-type`. Raises UnknownEvent or InvalidEvent."""
    type_name = Envelope.from_headers(headers).type
    cls = CATALOGUE.get(type_name)
    if cls is None:
        raise UnknownEvent(type_name)
    return cls.parse(data)
