"""What is to be done about each bundle, from the manifest and from the releases that are there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from fleet.agent.domain.releases import ReleaseName, Revision
from fleet.events import Entry


class BundleKey(NamedTuple):
    """A bundle: the workspace that it comes from, and its name."""

    namespace: str
    name: str

    def __str__(self) -> str:
        """As `workspace/name`."""
        return f"{self.namespace}/{self.name}"


class Step(Enum):
    """What one bundle needs now."""

    DEPLOY = "deploy"
    OBSERVE = "observe"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Decision:
    """A step and, for WAIT, why nothing is done."""

    step: Step
    reason: str = ""


def key_of(entry: Entry) -> BundleKey:
    """The bundle that an entry is about."""
    return BundleKey(entry.namespace, entry.bundle)


def held(entry: Entry) -> str:
    """Why nothing may be done for a bundle at the moment; empty when something may."""
    if entry.paused:
        return "paused"
    if entry.off_schedule:
        return "outside of its schedule"
    if entry.waiting_for_values:
        return "waiting for its values"
    return ""


def decide(entry: Entry, present: Revision | None) -> Decision:
    """Deploy, or only look?

    A release that is deployed with this deploymentID stays as it is: changed options that do not count
    for the deploymentID are a matter of looking again (Fleet: `diff`, `correctDrift`).
    """
    if reason := held(entry):
        return Decision(Step.WAIT, reason)
    if present is None or present.marks is None or not present.deployed:
        return Decision(Step.DEPLOY)
    if present.marks.bundle != entry.bundle or present.marks.deployment_id != entry.deployment_id:
        return Decision(Step.DEPLOY)
    return Decision(Step.OBSERVE)


def unnamed(entries: Iterable[Entry], releases: Iterable[Revision], agent_namespace: str) -> list[Revision]:
    """Releases of ours whose bundle a valid manifest no longer names: the only ones that may be removed."""
    named = {entry.bundle for entry in entries}
    return [
        revision
        for revision in releases
        if revision.marks
        and revision.marks.agent_namespace == agent_namespace
        and revision.marks.bundle not in named
    ]


def moved(
    bundle: str, now: ReleaseName, releases: Iterable[Revision], agent_namespace: str
) -> list[Revision]:
    """Releases that this bundle left behind under another name or in another namespace."""
    return [
        revision
        for revision in releases
        if revision.marks
        and revision.marks.agent_namespace == agent_namespace
        and revision.marks.bundle == bundle
        and revision.release != now
    ]


def doubled(entries: Iterable[Entry]) -> Mapping[BundleKey, BundleKey]:
    """Bundles whose name another workspace's bundle has on this cluster already, and which that is.

    Names of objects' marks and releases come from the bundle's name alone, so only the first can run.
    """
    first: dict[str, BundleKey] = {}
    later: dict[BundleKey, BundleKey] = {}
    for entry in entries:
        key = key_of(entry)
        holder = first.setdefault(entry.bundle, key)
        if holder != key:
            later[key] = holder
    return later
