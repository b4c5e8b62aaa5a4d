"""What every cluster was told, what it is to be told, and the message that makes up the difference."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from fleet.events import DeploymentTargeted, Entry, ManifestForm
from fleet.targeter.domain.classes import ManifestClass, ManifestClasses, Slot
from fleet.targeter.domain.clusters import Cluster, ClusterBook
from fleet.targeter.domain.entries import EntryBook
from fleet.targeter.domain.ledger import Ledger, Written
from fleet.targeter.domain.work import Cause, Work

INLINE_BYTES = 4096
"""How much of what changed stands in the message itself; more is fetched by digest."""

_PER_ENTRY = 37
"""Bytes that an inline entry costs beside its own: the digest, its quotes, colon and comma."""


class Deposed(Exception):
    """A manifest of a higher epoch was seen: somebody else leads."""


@dataclass(frozen=True, slots=True)
class Writing:
    """A manifest to write, encoded; the entries that come with it, and what led to it."""

    cluster: Cluster
    body: bytes
    changed: frozenset[str]
    cause: Cause | None


@dataclass(frozen=True, slots=True)
class _Step:
    """From one manifest to another: what clusters that take it have in common."""

    form: ManifestForm
    changed: frozenset[str]


class Manifests:
    """The manifests of all clusters: written ones, and wanted ones by what they consist of."""

    def __init__(self, *, epoch: int, clusters: ClusterBook, ledger: Ledger, work: Work) -> None:
        self.epoch = epoch
        self.classes = ManifestClasses()
        self.entries = EntryBook()
        self._clusters = clusters
        self._ledger = ledger
        self._work = work
        self._loaded = False
        self._steps: dict[tuple[str, str], _Step] = {}

    def take(self, manifest: DeploymentTargeted, *, since: float) -> None:
        """Take over a message of DESIRED, own ones too; `since` is when it was stored (seconds since 1970).

        Once loaded, a message of a lower epoch is one that a deposed leader wrote too late: the cluster
        is written again. Raises Deposed for a higher epoch.
        """
        key = (manifest.workspace, manifest.cluster)
        known, order = self._ledger.written(key), (manifest.epoch, manifest.generation)
        if self._loaded and known:
            if manifest.epoch > self.epoch:
                raise Deposed(f"{key[0]}/{key[1]} has a manifest of epoch {manifest.epoch}")
            own_echo = manifest.epoch == self.epoch and order <= known.order
            if own_echo or (order, manifest.digest) == (known.order, known.digest):
                return
        self._ledger.wrote(key, Written.of(manifest, since=since))
        cluster = self._clusters.get(key)
        if self._loaded and cluster:
            self._work.again.add(cluster.ordinal)

    def unknown(self) -> dict[str, set[str]]:
        """By workspace, the entries that clusters were told of and that nothing explains yet."""
        found: dict[str, set[str]] = {}
        for (workspace, _), written in self._ledger.all_written():
            found.setdefault(workspace, set()).update(self.entries.unknown(written.entries))
        return {workspace: digests for workspace, digests in found.items() if digests}

    def load(self) -> Iterator[None]:
        """Start from what every cluster was told last; a step at a time."""
        self._loaded = True
        for ordinal in self._clusters.ordinals():
            cluster = self._clusters.at(ordinal)
            if cluster and (written := self._ledger.written(cluster.key, cluster.uid)):
                self.classes.load(ordinal, map(self._slot, written.entries))
            yield

    def compose(self, ordinal: int, *, now: float) -> Writing | None:
        """The manifest of a cluster if it must be written; from then on it counts as written.

        Whoever asks must write it, or give up leading. A cluster that was never told anything is not told
        that it runs nothing: that would take away what an earlier hub put there.
        """
        again = self._work.take(ordinal)
        cluster = self._clusters.at(ordinal)
        if cluster is None:
            return None
        wanted, own = self.classes.manifest(ordinal), self._ledger.written(cluster.key, cluster.uid)
        if own is None and not wanted.entries:
            return None
        if own and own.digest == wanted.digest and not again:
            return None
        step = self._step(own, wanted)
        generation = 1 + self._ledger.last_generation(cluster.key, self.epoch)
        workspace, name = cluster.key
        body = step.form.fill(workspace=workspace, cluster=name, uid=cluster.uid, generation=generation)
        written = Written(
            cluster.uid, self.epoch, generation, wanted.digest, wanted.entries, step.changed, since=now
        )
        self._ledger.wrote(cluster.key, written)
        return Writing(cluster, body, step.changed, self._work.cause(ordinal))

    def dirty(self) -> list[int]:
        """The clusters to look at, by workspace and name: JetStream rewrites sorted subjects fastest."""
        self._steps.clear()
        clusters = [c for ordinal in self._work.to_write if (c := self._clusters.at(ordinal))]
        return [cluster.ordinal for cluster in sorted(clusters, key=lambda cluster: cluster.key)]

    def forget(self, cluster: Cluster) -> None:
        """A cluster is gone: what it was told stays, and is not written again."""
        self._work.take(cluster.ordinal)
        self.classes.forget(cluster.ordinal)

    def _step(self, own: Written | None, wanted: ManifestClass) -> _Step:
        """What is to be told to clusters that have this manifest and want that one; made once for all."""
        key = (own.digest if own else "", wanted.digest)
        found = self._steps.get(key)
        if found is None:
            had = frozenset(own.entries if own else ())
            changed = [digest for digest in wanted.entries if digest not in had]
            form = ManifestForm(self.epoch, wanted.digest, wanted.entries, inline(changed, self.entries.get))
            found = self._steps[key] = _Step(form, frozenset(changed))
        return found

    def _slot(self, digest: str) -> Slot:
        # What nothing explains stays in the manifest all the same: absence removes nothing.
        entry = self.entries.get(digest)
        return ((entry.namespace, entry.bundle) if entry else ("", digest)), digest


def inline(changed: Iterable[str], entry: Callable[[str], Entry | None]) -> dict[str, Entry]:
    """The changed entries in full, in their order, as many as there is room for."""
    found: dict[str, Entry] = {}
    room = INLINE_BYTES
    for digest in changed:
        body = entry(digest)
        size = len(body.encode()) + _PER_ENTRY if body else 0
        if body and size <= room:
            found[digest] = body
            room -= size
    return found
