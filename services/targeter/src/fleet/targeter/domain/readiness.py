"""How far every bundle is on every cluster: one bitmap per bundle and state that is not Ready."""

from collections.abc import Iterable, Mapping

from pyroaring import BitMap

from fleet.targeter.domain.index import NOTHING
from fleet.targeter.domain.sets import BundleKey
from fleet.targeter.domain.states import BundleState

_UNAVAILABLE = (BundleState.ERR_APPLIED, BundleState.PENDING, BundleState.NOT_READY)


class Readiness:
    """States of deployments as they were last judged; what is in no bitmap is Ready.

    A deployment is *fresh* while no report can know it: its entry was given to the cluster after the
    manifest that the cluster last reported on. It is *kept* while it waits for an entry that means the same
    deployment as the one before, which was available: nothing is deployed anew there.
    """

    def __init__(self) -> None:
        self._states: dict[BundleKey, dict[BundleState, BitMap]] = {}
        self._fresh: dict[BundleKey, BitMap] = {}
        self._kept: dict[BundleKey, BitMap] = {}

    def wait(self, bundle: BundleKey, members: BitMap, same: BitMap = NOTHING) -> None:
        """A new entry was given to these clusters: they are fresh, and wait to be applied.

        `same` has those of them whose entry before meant the same deployment.
        """
        self._fresh.setdefault(bundle, BitMap()).update(members)
        kept = self._kept.get(bundle, NOTHING) - members | same - self.unavailable(bundle)
        self._keep(bundle, kept)
        self._put(bundle, members, BundleState.WAIT_APPLIED)

    def keep(self, bundle: BundleKey, ordinal: int) -> None:
        """A cluster that waits for its new entry runs the same deployment, and it is ready."""
        if self.state(bundle, ordinal) is BundleState.WAIT_APPLIED:
            self._keep(bundle, self._kept.get(bundle, NOTHING) | BitMap([ordinal]))

    def drop(self, bundle: BundleKey, members: BitMap) -> None:
        """These clusters do not run the bundle any more."""
        if bundle in self._fresh:
            self._fresh[bundle] -= members
        self._keep(bundle, self._kept.get(bundle, NOTHING) - members)
        self._put(bundle, members, BundleState.READY)

    def known(self, bundle: BundleKey, ordinal: int) -> None:
        """The cluster has reported on the manifest that it has now."""
        if bundle in self._fresh:
            self._fresh[bundle].discard(ordinal)

    def is_fresh(self, bundle: BundleKey, ordinal: int) -> bool:
        """Whether no report can know this deployment yet."""
        return ordinal in self._fresh.get(bundle, NOTHING)

    def put(self, bundle: BundleKey, ordinal: int, state: BundleState) -> bool:
        """Take over the state of one deployment; whether it is another one than before."""
        if self.state(bundle, ordinal) is state:
            return False
        if bundle in self._kept:
            self._keep(bundle, self._kept[bundle] - BitMap([ordinal]))
        self._put(bundle, BitMap([ordinal]), state)
        return True

    def state(self, bundle: BundleKey, ordinal: int) -> BundleState:
        """The state of one deployment."""
        for state, members in self._states.get(bundle, {}).items():
            if ordinal in members:
                return state
        return BundleState.READY

    def states(self, bundle: BundleKey) -> Mapping[BundleState, BitMap]:
        """The clusters in each state that is not Ready; disjoint."""
        return self._states.get(bundle, {})

    def unavailable(self, bundle: BundleKey) -> BitMap:
        """The clusters that have not applied what they are told to run, or on which it is not ready.

        As in Fleet what somebody modified there is available.
        """
        states = self.states(bundle)
        found = BitMap.union(NOTHING, *(states.get(state, NOTHING) for state in _UNAVAILABLE))
        return found | (states.get(BundleState.WAIT_APPLIED, NOTHING) - self._kept.get(bundle, NOTHING))

    def unready(self, bundles: Iterable[BundleKey]) -> BitMap:
        """All clusters on which one of these bundles is not Ready."""
        return BitMap.union(NOTHING, *(m for bundle in bundles for m in self.states(bundle).values()))

    def _keep(self, bundle: BundleKey, kept: BitMap) -> None:
        if kept:
            self._kept[bundle] = kept
        else:
            self._kept.pop(bundle, None)

    def _put(self, bundle: BundleKey, members: BitMap, state: BundleState) -> None:
        table = self._states.setdefault(bundle, {})
        for other in [other for other in table if other is not state]:
            table[other] -= members
            if not table[other]:
                del table[other]
        if state is not BundleState.READY and members:
            table.setdefault(state, BitMap()).update(members)
        if not table:
            del self._states[bundle]
