"""Which manifest an agent acts on: only its own, unchanged, and never an older one.

The broker may deliver another cluster's answer, a neighbour may forge a wake, a restored hub may know
less than we do. None of them may change anything here, so every message goes through `accept`, whatever
way it came.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from fleet.agent.domain.identity import Identity
from fleet.events import MAC_HEADER, DeploymentTargeted, InvalidEvent, manifest_digest


@dataclass(frozen=True, slots=True)
class Floor:
    """The newest manifest that was ever accepted for a cluster's uid; nothing older is."""

    uid: str = ""
    epoch: int = 0
    generation: int = 0
    digest: str = ""

    @property
    def position(self) -> tuple[int, int]:
        """How manifests are ordered: by the leader's epoch, then by the cluster's generation."""
        return self.epoch, self.generation


@dataclass(frozen=True, slots=True)
class Accepted:
    """A genuine manifest; `fresh` tells whether it is newer than the floor, else it is the same one."""

    manifest: DeploymentTargeted
    fresh: bool

    @property
    def floor(self) -> Floor:
        """The floor once this manifest is taken."""
        manifest = self.manifest
        return Floor(manifest.uid, manifest.epoch, manifest.generation, manifest.digest)


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that changes nothing, and why; `stale` when it is genuine but old."""

    reason: str
    stale: bool = False


def accept(
    subject: str, body: bytes, headers: Mapping[str, str], identity: Identity, floor: Floor
) -> Accepted | Refused:
    """Judge a message that claims to be this cluster's manifest.

    Args:
        subject: the subject under which the stream holds it (`Nats-Subject`).
        body: the bytes as stored.
        headers: the message's headers, with `Fleet-Mac`.
        identity: whose agent this is.
        floor: the newest manifest accepted so far; one of another uid counts as none.
    """
    if subject != identity.desired_subject:
        return Refused("it is the manifest of another subject")
    if not identity.keys.verify(subject, body, headers.get(MAC_HEADER, "")):
        return Refused("it is not signed with this cluster's key")
    try:
        manifest = DeploymentTargeted.parse(body)
    except InvalidEvent:
        return Refused("it is signed but cannot be read: this agent is older than the hub")
    if fault := _fault(manifest, identity):
        return Refused(fault)
    return _compare(manifest, floor if floor.uid == identity.uid else Floor())


def _fault(manifest: DeploymentTargeted, identity: Identity) -> str:
    if (manifest.workspace, manifest.cluster) != (identity.workspace, identity.cluster):
        return "it names another cluster"
    if manifest.uid != identity.uid:
        return "it is for an earlier or later cluster of this name (another uid)"
    if manifest.digest != manifest_digest(manifest.entries):
        return "its digest is not that of its entries"
    if any(digest != entry.digest() for digest, entry in manifest.inline.items()):
        return "an entry is not what its digest says"
    return ""


def _compare(manifest: DeploymentTargeted, floor: Floor) -> Accepted | Refused:
    position = (manifest.epoch, manifest.generation)
    if position > floor.position:
        return Accepted(manifest, fresh=True)
    if position < floor.position:
        return Refused("a newer manifest was accepted before", stale=True)
    if manifest.digest != floor.digest:
        return Refused("it has the generation of the accepted manifest but another content")
    return Accepted(manifest, fresh=False)
