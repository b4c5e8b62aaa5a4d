"""How far every cluster is: reports and signs of life, judged against what it was told."""

from collections import Counter
from collections.abc import Iterator

from pyroaring import BitMap

from fleet.events import BundleReport, DeploymentReported, Heartbeat
from fleet.targeter.domain.bundles import BundleBook
from fleet.targeter.domain.clusters import Cluster, ClusterBook
from fleet.targeter.domain.index import NOTHING
from fleet.targeter.domain.ledger import ClusterKey, Ledger
from fleet.targeter.domain.manifests import Manifests
from fleet.targeter.domain.readiness import Readiness
from fleet.targeter.domain.sets import BundleKey
from fleet.targeter.domain.states import BundleState, Report, judge
from fleet.targeter.domain.work import Work

_LOOKED_UP = 1000
_AVAILABLE = (BundleState.READY, BundleState.MODIFIED, BundleState.OUT_OF_SYNC)


class Standing:
    """Keeps the state of every deployment, and marks the views that a change of it touches."""

    def __init__(
        self, *, clusters: ClusterBook, bundles: BundleBook, manifests: Manifests, ledger: Ledger, work: Work
    ) -> None:
        self.readiness = Readiness()
        self._clusters = clusters
        self._bundles = bundles
        self._manifests = manifests
        self._ledger = ledger
        self._work = work
        self._loaded = False
        self._suspects: dict[ClusterKey, tuple[int, str]] = {}

    def report(self, event: DeploymentReported, *, received: float) -> None:
        """Take over what a cluster said; `received` is when it was stored, seconds since 1970."""
        key = (event.workspace, event.cluster)
        before = self._ledger.report(key, event.uid)
        taken = self._ledger.reported(event, received)
        cluster = self._clusters.get(key)
        if taken and self._loaded and cluster and cluster.uid == event.uid:
            self.judge(cluster)
            self._mark_retold(cluster, before)

    def beat(self, event: Heartbeat, *, at: float) -> None:
        """Take over a sign of life.

        A cluster that says twice that it has another manifest than the present one, which did not change
        in between, has missed it (or the stream went back): it is written again.
        """
        key = (event.workspace, event.cluster)
        cluster = self._clusters.get(key)
        if cluster is None or cluster.uid != event.uid:
            return
        before = self._ledger.beat(event, at)
        if before is None or before.digest != event.digest:
            self._mark_unready(cluster)
        written = self._ledger.written(key, event.uid)
        pending = cluster.ordinal in self._work.to_write
        if written is None or written.digest == event.digest or pending:
            self._suspects.pop(key, None)
        elif self._suspects.get(key) != (suspicion := (written.generation, event.digest)):
            self._suspects[key] = suspicion
        else:
            del self._suspects[key]
            self._work.again.add(cluster.ordinal)

    def unknown(self) -> dict[str, set[str]]:
        """By workspace, the entries that clusters say they run which were told another manifest since.

        Only those that most of them name, for anybody can say anything.
        """
        named = Counter[tuple[str, str]]()
        for cluster in self._clusters:
            report = self._ledger.report(cluster.key, cluster.uid)
            written = self._ledger.written(cluster.key, cluster.uid)
            if report and written and report.digest != written.digest:
                digests = self._manifests.entries.unknown(report.applied)
                named.update((cluster.key[0], digest) for digest in digests)
        found: dict[str, set[str]] = {}
        for (workspace, digest), _ in named.most_common(_LOOKED_UP):
            found.setdefault(workspace, set()).add(digest)
        return found

    def load(self) -> Iterator[None]:
        """Judge every cluster by what it was told last and what it said about it; a step at a time."""
        self._loaded = True
        for ordinal in self._clusters.ordinals():
            if cluster := self._clusters.at(ordinal):
                self._judge_loaded(cluster)
            yield

    def given(self, bundle: BundleKey, members: BitMap, same: BitMap = NOTHING) -> None:
        """These clusters have another entry of a bundle from now on, `same` one of the same deployment."""
        if members:
            self._work.replan.add(bundle)
            self.readiness.wait(bundle, members, same)
            self._moved(bundle, members)

    def taken(self, bundle: BundleKey, members: BitMap) -> None:
        """These clusters do not run a bundle any more."""
        if members:
            self._work.replan.add(bundle)
            self.readiness.drop(bundle, members)
            self._moved(bundle, members)

    def judge(self, cluster: Cluster) -> None:
        """Look at all deployments of a cluster again."""
        current = self.up_to_date(cluster)
        report = self._ledger.report(cluster.key, cluster.uid)
        for key, digest in self._manifests.classes.manifest(cluster.ordinal).slots:
            if current:
                self.readiness.known(key, cluster.ordinal)
            fresh = self.readiness.is_fresh(key, cluster.ordinal)
            if self.readiness.put(key, cluster.ordinal, judge(digest, fresh=fresh, report=report)):
                self._work.move(cluster.key[0], BitMap([cluster.ordinal]))
                self._work.replan.add(key)
                self.mark(key)

    def _moved(self, bundle: BundleKey, members: BitMap) -> None:
        """Mark the clusters in their own workspaces; those of another than the bundle's are few."""
        here = members & self._clusters.index.clusters([bundle[0]])
        if here:
            self._work.move(bundle[0], here)
        for ordinal in members - here:
            if cluster := self._clusters.at(ordinal):
                self._work.move(cluster.key[0], BitMap([ordinal]))

    def _judge_loaded(self, cluster: Cluster) -> None:
        """What came with the last write is fresh unless the cluster has reported on it since."""
        written = self._ledger.written(cluster.key, cluster.uid)
        if written and not self.up_to_date(cluster):
            for key, digest in self._manifests.classes.manifest(cluster.ordinal).slots:
                if digest in written.changed:
                    self.readiness.wait(key, BitMap([cluster.ordinal]))
        self.judge(cluster)
        self._keep_loaded(cluster)

    def _keep_loaded(self, cluster: Cluster) -> None:
        """Who runs the deployment that it is to have is available, though its entry is another one."""
        report = self._ledger.report(cluster.key, cluster.uid)
        if report is None or self.up_to_date(cluster):
            return
        runs = {
            (entry.namespace, entry.bundle): entry.deployment_id
            for digest in report.applied
            if judge(digest, fresh=False, report=report) in _AVAILABLE
            and (entry := self._manifests.entries.get(digest))
        }
        for key, digest in self._manifests.classes.manifest(cluster.ordinal).slots:
            entry = self._manifests.entries.get(digest)
            if entry and runs.get(key) == entry.deployment_id:
                self.readiness.keep(key, cluster.ordinal)

    def up_to_date(self, cluster: Cluster) -> bool:
        """Whether the cluster's last report is about the manifest that it is to have now."""
        report = self._ledger.report(cluster.key, cluster.uid)
        written = self._ledger.written(cluster.key, cluster.uid)
        if report is None or written is None or report.order < written.order:
            return False
        return report.digest == written.digest == self._manifests.classes.manifest(cluster.ordinal).digest

    def mark(self, key: BundleKey) -> None:
        """The views of a bundle and of what it belongs to may have changed."""
        if bundle := self._bundles.get(key):
            owner = bundle.record.owner
            self._work.show(("bundle", *key))
            self._work.show((owner.kind.lower(), key[0], owner.name))

    def _mark_retold(self, cluster: Cluster, before: Report | None) -> None:
        """A state may be the same and yet be told otherwise: at another hop, for another reason."""
        report = self._ledger.report(cluster.key, cluster.uid)
        if report is None or before is None or report.order != before.order:
            self._mark_unready(cluster)
            return
        for key, digest in self._manifests.classes.manifest(cluster.ordinal).slots:
            if _told(report, digest) != _told(before, digest):
                self.mark(key)

    def _mark_unready(self, cluster: Cluster) -> None:
        """The hop at which a cluster waits may be another one now."""
        for key, _ in self._manifests.classes.manifest(cluster.ordinal).slots:
            if self.readiness.state(key, cluster.ordinal) != "Ready":
                self.mark(key)


def _told(report: Report, entry: str) -> BundleReport | None:
    """What a report says about an entry, however many seconds have passed."""
    trouble = report.troubles.get(entry)
    return trouble.model_copy(update={"seconds": 0}) if trouble else None
