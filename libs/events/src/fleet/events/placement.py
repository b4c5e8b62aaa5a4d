"""What a cluster shall run, and how far a rollout is."""

from typing import Any, ClassVar

from pydantic import Field

from fleet.events._base import Body, Count, Event, canonical, digest16


class Cohort(Body):
    """Clusters that get the same: `members` is a roaring bitmap over ordinals, in base64."""

    deployment_id: str
    content: str
    options: str
    members: str


class RolloutAdvanced(Event):
    """The intent to promote a bundle on cohorts of clusters; written before, and marked after, the flush.

    `cohorts` has who is told to run which version, older ones included, `staged` who is to have which one and
    waits for its turn. `complete` says that all of `cohorts` is written; more steps follow while some wait.
    `members_sequence` is the last sequence of MEMBERS that the bitmaps know, so that a stream that lost
    its last second is noticed before an ordinal is given out twice.
    """

    STREAM: ClassVar[str] = "ROLLOUTS"
    SUBJECT: ClassVar[str] = "fleet.rollout.{workspace}.{bundle}"

    workspace: str
    bundle: str
    uid: str
    members_sequence: int
    cohorts: tuple[Cohort, ...] = ()
    staged: tuple[Cohort, ...] = ()
    complete: bool = False


class Entry(Body):
    """One bundle on one cohort of clusters: small, without secrets, named by its own digest.

    `content` and `options` name sealed content in the bundle's workspace. The commit is not in here: it
    would change every entry with every commit.
    """

    namespace: str
    bundle: str
    bundle_uid: str
    deployment_id: str
    content: str
    options: str
    labels: dict[str, str] = Field(default_factory=dict)
    depends_on: tuple[dict[str, Any], ...] = ()
    paused: bool = False
    off_schedule: bool = False
    waiting_for_values: bool = False

    def digest(self) -> str:
        """The entry's name: 32 hexadecimal digits of its canonical JSON."""
        return digest16(self.encode())


def manifest_digest(entries: tuple[str, ...]) -> str:
    """The digest that agents act on: of the entries' digests in their order, not of which stand inline."""
    return digest16(canonical(list(entries)))


class DeploymentTargeted(Event):
    """All that one cluster runs, in one message; agents order them by (epoch, generation).

    `entries` has the digests of all entries, ordered by bundle; `inline` has those in full that changed
    with this write, 4 KiB at most. The header `Fleet-Mac` authenticates subject and body with the
    cluster's key.
    """

    STREAM: ClassVar[str] = "DESIRED"
    SUBJECT: ClassVar[str] = "fleet.desired.{workspace}.{cluster}"

    workspace: str
    cluster: str
    uid: str
    epoch: Count
    generation: Count
    digest: str
    entries: tuple[str, ...] = ()
    inline: dict[str, Entry] = Field(default_factory=dict)


MAC_HEADER = "Fleet-Mac"
"""The header of a DeploymentTargeted that has the keyed MAC of its subject and body, in hexadecimal."""
