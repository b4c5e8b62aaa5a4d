"""Which hop a commit has not passed yet, told from facts alone: views lag behind what they show.

The facts are read after a kill, in the order of the flow. Work only ever gets done, so what is missing in
them then was missing at the kill as well, and so was what the broker stored after it. Reports are the
exception: a cluster repeats them, and may say of what it has done that it is not Ready after all. Hence a
report that was stored after the kill counts as work left only where it is about an earlier manifest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from fleet.bus import Bus
from fleet.events import BundleRendered, DeploymentReported, DeploymentTargeted, GitCommitDetected, Stored

Hop = Literal["detect", "read", "target", "deliver", ""]
"""The hops of a commit in order; empty when it has passed them all."""

WORKERS: Mapping[Hop, frozenset[str]] = {
    "detect": frozenset({"gitjob", "nats"}),
    "read": frozenset({"bundler", "nats"}),
    "target": frozenset({"targeter", "nats"}),
    "deliver": frozenset({"agent", "gateway", "pocket", "nats"}),
}
"""Who does the work of a hop; the broker carries all of it."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the streams of facts say of one GitRepo that targets every cluster there is."""

    commit: Stored[GitCommitDetected] | None
    bundles: tuple[Stored[BundleRendered], ...]
    manifests: tuple[Stored[DeploymentTargeted], ...]
    reports: Mapping[tuple[str, str], Stored[DeploymentReported]]
    """By workspace and name of the cluster."""


async def read_facts(bus: Bus, workspace: str, gitrepo: str) -> Facts:
    """Read them in the order of the flow. Raises BusError where the broker does not answer."""
    commit = await bus.last(GitCommitDetected, workspace=workspace, gitrepo=gitrepo)
    bundles = {stored.subject: stored async for stored in bus.present(BundleRendered)}
    manifests = {stored.subject: stored async for stored in bus.present(DeploymentTargeted)}
    reports = {
        (stored.event.workspace, stored.event.cluster): stored
        async for stored in bus.present(DeploymentReported)
    }
    return Facts(commit, tuple(bundles.values()), tuple(manifests.values()), reports)


def outstanding_hop(facts: Facts, commit: str, *, killed: datetime) -> Hop:
    """The first hop that a commit, which changes every bundle, had not passed at the kill.

    `killed` is when the process was seen dead, by the clock of the broker's machine.
    """
    if facts.commit is None or facts.commit.event.commit != commit or facts.commit.time > killed:
        return "detect"
    if not facts.bundles or any(one.event.commit != commit or one.time > killed for one in facts.bundles):
        return "read"
    cause = facts.commit.envelope.id
    shall = facts.manifests
    if not shall or any(one.envelope.correlation_id != cause or one.time > killed for one in shall):
        return "target"
    if any(_is_owed(one.event, facts.reports, killed) for one in shall):
        return "deliver"
    return ""


def is_own(victim: str, hop: Hop) -> bool:
    """Whether the process that died is one that does the work of this hop."""
    return hop in WORKERS and victim in WORKERS[hop]


def _is_owed(
    shall: DeploymentTargeted, reports: Mapping[tuple[str, str], Stored[DeploymentReported]], killed: datetime
) -> bool:
    """Whether a cluster had yet to report that it runs its manifest."""
    stored = reports.get((shall.workspace, shall.cluster))
    if stored is None:
        return True
    says = stored.event
    if (says.epoch, says.generation) != (shall.epoch, shall.generation):
        return True
    unfinished = set(says.entries) != set(shall.entries) or bool(says.not_ready)
    return unfinished and stored.time <= killed
