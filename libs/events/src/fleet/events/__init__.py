"""The language of the system: event classes, records, subjects and streams.

Read in the order of one delivery: `records` (what people declare), `source` (a commit), `bundles` (what a
commit holds), `placement` (what a cluster shall run), `delivery` (what it says), `views` (how far it is).
"""

from fleet.events._base import Body, Event, canonical, digest16, event_id, literal, token, untoken
from fleet.events.bundles import BundleRendered, BundleRetired, BundleSet, Owner, set_digest, spec_digest
from fleet.events.catalogue import CATALOGUE, decode
from fleet.events.delivery import (
    NOT_INSTALLED,
    BundleReport,
    DeploymentReported,
    Heartbeat,
    LastSeen,
    ResourceReport,
    State,
)
from fleet.events.envelope import Envelope, Stored
from fleet.events.errors import EventError, InvalidEvent, InvalidName, UnknownEvent
from fleet.events.housekeeping import DeadLetter, LeaseTaken
from fleet.events.manifests import ManifestForm
from fleet.events.placement import (
    MAC_HEADER,
    Cohort,
    DeploymentTargeted,
    Entry,
    RolloutAdvanced,
    manifest_digest,
)
from fleet.events.records import (
    APPROVED_COMMIT,
    RESOURCE_KINDS,
    ClusterRecord,
    Member,
    ObjectMeta,
    Record,
    Resource,
    approval,
    declare,
    manifest_of,
    retire,
    spec_of,
    timestamp,
)
from fleet.events.source import GitCommitDetected, LookAsked
from fleet.events.streams import STREAMS, Republish, Stream
from fleet.events.views import Condition, ViewPart, deep_merge, merge_view
from fleet.names import API_VERSION

__all__ = [
    "API_VERSION",
    "APPROVED_COMMIT",
    "CATALOGUE",
    "MAC_HEADER",
    "NOT_INSTALLED",
    "RESOURCE_KINDS",
    "STREAMS",
    "Body",
    "BundleRendered",
    "BundleReport",
    "BundleRetired",
    "BundleSet",
    "ClusterRecord",
    "Cohort",
    "Condition",
    "DeadLetter",
    "DeploymentReported",
    "DeploymentTargeted",
    "Entry",
    "Envelope",
    "Event",
    "EventError",
    "GitCommitDetected",
    "Heartbeat",
    "InvalidEvent",
    "InvalidName",
    "LastSeen",
    "LeaseTaken",
    "LookAsked",
    "ManifestForm",
    "Member",
    "ObjectMeta",
    "Owner",
    "Record",
    "Republish",
    "Resource",
    "ResourceReport",
    "RolloutAdvanced",
    "State",
    "Stored",
    "Stream",
    "UnknownEvent",
    "ViewPart",
    "approval",
    "canonical",
    "declare",
    "decode",
    "deep_merge",
    "digest16",
    "event_id",
    "literal",
    "manifest_digest",
    "manifest_of",
    "merge_view",
    "retire",
    "set_digest",
    "spec_digest",
    "spec_of",
    "timestamp",
    "token",
    "untoken",
]
