"""Whose turn it is: the planner of a rollout, asked about a bundle as it stands (fleet.md 4.2 and 4.3)."""

from pyroaring import BitMap

from fleet.targeter.domain.bundles import Bundle
from fleet.targeter.domain.clusters import ClusterBook
from fleet.targeter.domain.manifests import Manifests
from fleet.targeter.domain.matching import matching
from fleet.targeter.domain.passes import Pass, Present, all_passes
from fleet.targeter.domain.readiness import Readiness
from fleet.targeter.domain.strategy import Partition


class Turns:
    """Keeps nothing but the partitions of each bundle: what clusters were told says who had their turn."""

    def __init__(self, *, clusters: ClusterBook, manifests: Manifests, readiness: Readiness) -> None:
        self._clusters = clusters
        self._manifests = manifests
        self._readiness = readiness

    def next(self, bundle: Bundle) -> BitMap:
        """The clusters that the newest version goes to now, beyond those that have it."""
        return self._passes(bundle)[0]

    def counted(self, bundle: Bundle) -> Pass:
        """What the last pass counts, as a Bundle's status has it."""
        return self._passes(bundle)[1]

    def partitions(self, bundle: Bundle) -> list[Partition]:
        """The partitions of a bundle's clusters, made anew where those are others than before."""
        everybody = bundle.targeted()
        if bundle.parted is None or bundle.parted[0] != everybody:
            found = bundle.strategy.partitions(
                everybody,
                lambda criteria: matching(criteria, self._clusters.index, bundle.workspaces),
                self._clusters.order,
            )
            bundle.parted = (everybody, found)
        return bundle.parted[1]

    def _passes(self, bundle: Bundle) -> tuple[BitMap, Pass]:
        partitions = self.partitions(bundle)
        return all_passes(bundle.strategy, partitions, self._present(bundle), self._clusters.order)

    def _present(self, bundle: Bundle) -> Present:
        """How far a bundle's clusters are. Whom its options fail for can take as little as who is paused."""
        everybody = bundle.targeted()
        having = everybody & self._manifests.classes.running(bundle.key)
        unavailable = having & self._readiness.unavailable(bundle.key)
        current = everybody - bundle.behind
        paused = everybody if bundle.paused else everybody & self._clusters.paused
        return Present(
            everybody=everybody,
            having=having,
            current=current,
            applied=current - unavailable,
            ready=having - unavailable,
            unavailable=unavailable,
            paused=paused | bundle.refused(),
        )
