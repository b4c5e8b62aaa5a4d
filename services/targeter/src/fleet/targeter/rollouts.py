"""Keeps ROLLOUTS: the intent before a bundle's manifests are written, the mark when all are."""

from fleet.bus import Bus
from fleet.events import RolloutAdvanced
from fleet.targeter.domain.estate import Estate
from fleet.targeter.domain.rollouts import rollout, same_rollout
from fleet.targeter.domain.sets import BundleKey
from fleet.targeter.views import SOURCE


class Rollouts:
    """What ROLLOUTS says of every bundle, and what it is to say."""

    def __init__(self, *, bus: Bus, estate: Estate) -> None:
        self._bus = bus
        self._estate = estate
        self._present: dict[BundleKey, RolloutAdvanced] = {}
        self._open: set[BundleKey] = set()

    async def load(self) -> None:
        """Read what is there; what an earlier leader did not mark as complete is open."""
        async for stored in self._bus.present(RolloutAdvanced):
            event = stored.event
            self._present[event.workspace, event.bundle] = event
        self._open = {key for key, event in self._present.items() if not event.complete}

    async def announce(self, bundles: set[BundleKey]) -> None:
        """Say what is about to be written for these bundles. Raises BusError."""
        for key in sorted(bundles):
            present, wanted = self._present.get(key), rollout(self._estate, key, complete=False)
            if wanted is None or (present is None and not wanted.cohorts):
                continue
            self._open.add(key)
            done = present.model_copy(update={"complete": False}) if present else None
            if not same_rollout(done, wanted):
                await self._say(key, wanted)

    async def close(self, bundles: set[BundleKey]) -> None:
        """Mark these bundles, and those that are open, as written. Raises BusError."""
        waiting, self._open = self._open | bundles, set()
        for key in sorted(waiting):
            present, wanted = self._present.get(key), rollout(self._estate, key, complete=True)
            if wanted is None or (present is None and not wanted.cohorts):
                continue
            if not same_rollout(present, wanted):
                await self._say(key, wanted)

    async def _say(self, key: BundleKey, event: RolloutAdvanced) -> None:
        known = self._estate.sets.record(key)
        self._present[key] = event
        await self._bus.publish(event, source=SOURCE, cause=known)
