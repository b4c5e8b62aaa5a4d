"""Where a deployment that is not Ready waits: which hop, since when, why, and what happens next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from fleet.events import NOT_INSTALLED, BundleReport, timestamp
from fleet.targeter.domain.bundles import Bundle
from fleet.targeter.domain.clusters import Cluster
from fleet.targeter.domain.estate import Estate
from fleet.targeter.domain.ledger import Written
from fleet.targeter.domain.progress import waiting
from fleet.targeter.domain.sets import BundleKey
from fleet.targeter.domain.states import BundleState

HopName = Literal["targeter", "wake", "agent", "cluster"]

_AT_THE_AGENT = frozenset({BundleState.ERR_APPLIED, BundleState.WAIT_APPLIED, BundleState.PENDING})
_NEXT: Mapping[BundleState, str] = {
    BundleState.ERR_APPLIED: "the agent tries again, more and more rarely; a new commit is tried at once",
    BundleState.WAIT_APPLIED: "the agent goes on as soon as it can and reports it",
    BundleState.PENDING: "the agent goes on as soon as it can and reports it",
    BundleState.NOT_READY: "the agent watches these objects and reports when they are ready",
    BundleState.MODIFIED: "with correctDrift.enabled the agent puts it back; else undo it there or commit it",
    BundleState.OUT_OF_SYNC: "the agent applies the newest version when it is let out",
}
_NEXT_TEMPLATE = (
    "correct the template, or the labels, annotations or templateValues of the cluster; it is tried at once"
)
_NEXT_INSTALL = (
    "a new commit is tried at once; else the agent tries again when another bundle leaves the cluster,"
    " and every 15 to 23 minutes"
)


@dataclass(frozen=True, slots=True)
class Hop:
    """One place on the way from a commit to a cluster. `since` is in seconds since 1970, 0 = unknown."""

    hop: HopName
    since: float
    why: str
    next: str

    def to_json(self) -> dict[str, Any]:
        """As it stands in a status."""
        found = {"hop": self.hop, "why": self.why, "next": self.next}
        return found | ({"since": timestamp(datetime.fromtimestamp(self.since, UTC))} if self.since else {})


def held(bundle: Bundle) -> Hop:
    """The hop of a bundle that cannot be targeted."""
    since = bundle.stored.time.timestamp()
    return Hop("targeter", since, bundle.error, "what runs stays; correct it and commit")


def locate(estate: Estate, cluster: Cluster, key: BundleKey) -> Hop:
    """Where this bundle waits on its way to this cluster; it is targeted there and not Ready."""
    bundle = estate.bundles.get(key)
    if bundle and bundle.error:
        return held(bundle)
    if bundle and (failure := bundle.failure_of(cluster.ordinal)):
        return Hop("targeter", bundle.stored.time.timestamp(), failure, _NEXT_TEMPLATE)
    if bundle and cluster.ordinal in bundle.behind:
        return _held_back(estate, bundle, cluster)
    written = estate.ledger.written(cluster.key, cluster.uid)
    wanted = estate.manifests.classes.manifest(cluster.ordinal)
    if written is None or written.digest != wanted.digest:
        since = bundle.stored.time.timestamp() if bundle else 0
        return Hop("targeter", since, "its desired state is being written", "it is on its way in a moment")
    report = estate.ledger.report(cluster.key, cluster.uid)
    entry = dict(wanted.slots).get(key, "")
    trouble = report.troubles.get(entry) if report else None
    if report and trouble and not estate.standing.readiness.is_fresh(key, cluster.ordinal):
        return _reported(trouble, report.received)
    return _on_its_way(estate, cluster, written)


def _held_back(estate: Estate, bundle: Bundle, cluster: Cluster) -> Hop:
    if not bundle.paused and not cluster.paused:
        found = waiting(estate.turns, bundle, cluster.ordinal)
        return Hop("targeter", bundle.stored.time.timestamp(), found.why, found.next)
    what = "the bundle or its repository" if bundle.paused else "the cluster"
    stored = bundle.stored if bundle.paused else cluster.stored
    return Hop(
        "targeter",
        stored.time.timestamp(),
        f"{what} is paused; the newest version is held back",
        f"set spec.paused of {what} to false to let it out",
    )


def _reported(trouble: BundleReport, received: float) -> Hop:
    state = BundleState(trouble.state)
    example = trouble.resources[0] if trouble.resources else None
    objects = f"{example.kind} {example.namespace}/{example.name} is {example.state}" if example else ""
    since = received - trouble.seconds
    if trouble.message.startswith(NOT_INSTALLED):
        return Hop("agent", since, trouble.message, _NEXT_INSTALL)
    return Hop(
        "agent" if state in _AT_THE_AGENT else "cluster",
        since,
        trouble.message or objects or state.value,
        _NEXT.get(state, "the agent reports the next change"),
    )


def _on_its_way(estate: Estate, cluster: Cluster, written: Written) -> Hop:
    beat = estate.ledger.last_beat(cluster.key, cluster.uid)
    report = estate.ledger.report(cluster.key, cluster.uid)
    arrived = (beat and beat.digest == written.digest) or (report and report.order >= written.order)
    if arrived:
        why = "the agent has the newest manifest and has not reported on this bundle yet"
        return Hop("agent", written.since, why, _NEXT[BundleState.WAIT_APPLIED])
    seen = estate.ledger.last_seen(cluster.key, cluster.uid)
    if not seen:
        why = "the agent of this cluster was never heard of"
    else:
        at = timestamp(datetime.fromtimestamp(seen, UTC))
        why = f"the agent has not taken generation {written.generation} yet; it was last heard of at {at}"
    return Hop("wake", written.since, why, "the agent reads its newest manifest as soon as it connects")
