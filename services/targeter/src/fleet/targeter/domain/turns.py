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

    def passes(self, bundle: Bundle) -> tuple[BitMap, Pass]:
        """Whom the newest version goes to now, beyond those that have it; and what the last pass counts."""
        partitions = self.partitions(bundle)
        return all_passes(bundle.strategy, partitions, self._present(bundle), self._clusters.order)

    def stopped(self, bundle: Bundle) -> BitMap:
        """Those that take nothing new, whosever turn it is: paused, or the options fail for them."""
        everybody = bundle.targeted()
        paused = everybody if bundle.paused else everybody & self._clusters.paused
        return paused | bundle.refused()

    def having(self, bundle: Bundle) -> BitMap:
        """Those that are told to run it, in whatever version."""
        return bundle.targeted() & self._manifests.classes.running(bundle.key)

    def unavailable(self, bundle: Bundle) -> BitMap:
        """Those of them that have not applied what they are told to run, or are not ready."""
        return self.having(bundle) & self._readiness.unavailable(bundle.key)

    def first_name(self, members: BitMap) -> str:
        """The name of the first of some clusters; empty where there is none."""
        first = next(iter(self._clusters.order.first(members, 1)), None)
        cluster = None if first is None else self._clusters.at(first)
        return cluster.record.name if cluster else ""

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

    def _present(self, bundle: Bundle) -> Present:
        everybody, having, unavailable = bundle.targeted(), self.having(bundle), self.unavailable(bundle)
        current = everybody - bundle.behind
        return Present(
            everybody=everybody,
            having=having,
            current=current,
            applied=current - unavailable,
            ready=having - unavailable,
            unavailable=unavailable,
            paused=self.stopped(bundle),
        )
