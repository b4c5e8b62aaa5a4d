"""What a cluster says about itself."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from fleet.events._base import Body, Count, Event

State = Literal["ErrApplied", "WaitApplied", "Modified", "OutOfSync", "Pending", "NotReady"]
"""The states of Fleet that are not Ready, worst first."""

MAX_SECONDS = 10 * 366 * 24 * 3600
"""The longest time that an agent can say a bundle has stood: ten years."""

NOT_INSTALLED = "not installed: "
"""How a message begins of a failure that only a commit can mend; it counts as applied and NotReady."""


class ResourceReport(Body):
    """One object that is not as it should be; `state` is `missing`, `modified`, `not-ready` and so on."""

    api_version: str
    kind: str
    namespace: str = ""
    name: str
    state: str
    message: str = ""


class BundleReport(Body):
    """A bundle that is not Ready: where it stands, since how many seconds (the agent's measure), and why."""

    namespace: str
    bundle: str
    entry: str
    state: State
    seconds: Annotated[int, Field(ge=0, le=MAX_SECONDS)] = 0
    deployment_id: str = ""
    message: str = ""
    resources: tuple[ResourceReport, ...] = ()


class DeploymentReported(Event):
    """The whole state of one cluster, 64 KiB at most; its correlation id is that of the manifest acted on.

    `entries` has the digests of the entries that are applied; of those only the ones in `not_ready` are
    not Ready. An entry of the manifest in neither has not been acted on yet.
    """

    STREAM: ClassVar[str] = "STATUS"
    SUBJECT: ClassVar[str] = "fleet.status.{workspace}.{cluster}"

    workspace: str
    cluster: str
    uid: str
    epoch: Count
    generation: Count
    digest: str
    entries: tuple[str, ...] = ()
    not_ready: tuple[BundleReport, ...] = ()


class Heartbeat(Event):
    """A sign of life over core NATS: the manifest the agent knows, and the digest of its last report."""

    SUBJECT: ClassVar[str] = "fleet.beat.{workspace}.{cluster}"

    workspace: str
    cluster: str
    uid: str
    epoch: Count
    generation: Count
    digest: str
    reported: str = ""


class LastSeen(Event):
    """When clusters were last heard of, in seconds since 1970 by the hub's clock; written once a minute."""

    STREAM: ClassVar[str] = "SEEN"
    SUBJECT: ClassVar[str] = "fleet.seen.{shard}.{n}"
    LITERALS: ClassVar[frozenset[str]] = frozenset({"shard", "n"})

    shard: str
    n: int
    seen: dict[str, int]
