"""How a bundle's objects are: there, as wanted, ready."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from fleet.agent.adapters.cluster import Cluster
from fleet.agent.adapters.watches import Watches
from fleet.agent.deployer import Deployed
from fleet.agent.domain.conditions import without_ignored
from fleet.agent.domain.drift import EXTRA, Drift, find_drift
from fleet.agent.domain.objects import Object, Ref
from fleet.agent.domain.readiness import Summary, summarize


@dataclass(frozen=True, slots=True)
class Observation:
    """One look: how far each object is, what is not as wanted, and the version each was seen in."""

    summaries: Mapping[Ref, Summary]
    drifts: tuple[Drift, ...]
    versions: Mapping[Ref, str]

    @property
    def correctable(self) -> bool:
        """Whether restoring the release would change something."""
        return any(drift.sort != EXTRA for drift in self.drifts)


class Observer:
    """Looks at what is deployed. Methods raise KubeError."""

    def __init__(self, *, cluster: Cluster, watches: Watches) -> None:
        self._cluster = cluster
        self._watches = watches

    async def attend(self, deployed: Deployed) -> None:
        """From now on hear of every change to this bundle's objects, and of no other kinds for it."""
        refs = {*deployed.wanted, *deployed.previous}
        await self._watches.use(deployed.bundle, {ref.type for ref in refs})

    def neglect(self, bundle: str) -> None:
        """Hear nothing for this bundle any more."""
        self._watches.drop(bundle)

    async def look(self, deployed: Deployed) -> Observation:
        """Read the bundle's objects and judge them."""
        live = await self._cluster.live(deployed.bundle, deployed.wanted, deployed.previous)
        drifts = find_drift(deployed.wanted, live, deployed.previous, deployed.options.diff.compare_patches)
        ignored = deployed.options.ignore.conditions
        now = datetime.now(UTC)
        summaries = {
            ref: summarize(without_ignored(item, ignored), _age(item, now))
            for ref, item in live.owned.items()
            if ref in deployed.wanted
        }
        versions = {ref: str(item["metadata"].get("resourceVersion", "")) for ref, item in live.owned.items()}
        return Observation(summaries, drifts, versions)


def _age(item: Object, now: datetime) -> float:
    """Seconds since an object was made; 0 where the clocks disagree."""
    made = (item.get("metadata") or {}).get("creationTimestamp")
    try:
        return max(0.0, (now - datetime.fromisoformat(str(made).replace("Z", "+00:00"))).total_seconds())
    except ValueError:
        return 0.0
