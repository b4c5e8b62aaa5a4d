"""How far every bundle is on every cluster: one bitmap per bundle and state that is not Ready."""

from collections.abc import Iterable, Mapping

from pyroaring import BitMap

from fleet.targeter.domain.index import NOTHING
from fleet.targeter.domain.sets import BundleKey
from fleet.targeter.domain.states import BundleState


class Readiness:
    """States of deployments as they were last judged; what is in no bitmap is Ready.

    A deployment is *fresh* while no report can know it: its entry was given to the cluster after the
    manifest that the cluster last reported on.
    """

    def __init__(self) -> None:
        self._states: dict[BundleKey, dict[BundleState, BitMap]] = {}
        self._fresh: dict[BundleKey, BitMap] = {}

    def wait(self, bundle: BundleKey, members: BitMap) -> None:
        """A new entry was given to these clusters: they are fresh, and wait to be applied."""
        self._fresh.setdefault(bundle, BitMap()).update(members)
        self._put(bundle, members, BundleState.WAIT_APPLIED)

    def drop(self, bundle: BundleKey, members: BitMap) -> None:
        """These clusters do not run the bundle any more."""
        if bundle in self._fresh:
            self._fresh[bundle] -= members
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

    def unready(self, bundles: Iterable[BundleKey]) -> BitMap:
        """All clusters on which one of these bundles is not Ready."""
        return BitMap.union(NOTHING, *(m for bundle in bundles for m in self.states(bundle).values()))

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
