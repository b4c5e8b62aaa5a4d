"""The entries of manifests: one per bundle and share of its clusters, known by their digests."""

from collections.abc import Iterable, Mapping

from fleet.events import BundleRendered, Entry
from fleet.targeter.domain.options import Plan
from fleet.targeter.domain.sets import BundleKey
from fleet.targeter.domain.systemkeys import FLEET, own, system

_KEPT = 64


def deployment_labels(record: BundleRendered) -> dict[str, str]:
    """The labels of a bundle's deployments, without those that name the cluster (fleet.md 1.4).

    The commit's label is left out: it would make every commit a new manifest for everyone.
    """
    copied = {
        key: value
        for key, value in record.labels.items()
        if key != f"{FLEET}commit" and (own(key) or not system(key))
    }
    return copied | {
        f"{FLEET}bundle-name": record.bundle,
        f"{FLEET}bundle-namespace": record.workspace,
        f"{FLEET}managed": "true",
    }


def object_labels(
    cluster: tuple[str, str], told: Mapping[str, str], record: BundleRendered | None
) -> dict[str, str]:
    """All labels of a BundleDeployment as an object (fleet.md 1.4).

    Takes the cluster's workspace and name, the labels that the cluster was told (empty before that), and the
    bundle as it is now; an object is made when somebody asks, so it may name the commit.
    """
    found = dict(told) or (deployment_labels(record) if record else {})
    if record and (commit := record.labels.get(f"{FLEET}commit")):
        found[f"{FLEET}commit"] = commit
    return found | {f"{FLEET}cluster": cluster[1], f"{FLEET}cluster-namespace": cluster[0]}


def entry_for(record: BundleRendered, plan: Plan, *, paused: bool = False) -> Entry:
    """What a cluster is told about a bundle."""
    return Entry(
        namespace=record.workspace,
        bundle=record.bundle,
        bundle_uid=record.uid,
        deployment_id=plan.deployment_id,
        content=plan.content,
        options=plan.options,
        labels=deployment_labels(record),
        depends_on=tuple(record.spec.get("dependsOn") or ()),
        paused=paused,
    )


class EntryBook:
    """Entries by digest. Of each bundle the newest are kept, and those that some cluster still has."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._of_bundle: dict[BundleKey, dict[str, None]] = {}
        self._of_deployment: dict[tuple[BundleKey, str], set[str]] = {}

    def add(self, entry: Entry) -> str:
        """Take an entry in; give its digest."""
        digest = entry.digest()
        if digest not in self._entries:
            self._entries[digest] = entry
            key = (entry.namespace, entry.bundle)
            self._of_bundle.setdefault(key, {})[digest] = None
            self._of_deployment.setdefault((key, entry.deployment_id), set()).add(digest)
        return digest

    def get(self, digest: str) -> Entry | None:
        """The entry of this digest, if it is known."""
        return self._entries.get(digest)

    def of_deployment(self, bundle: BundleKey, deployment_id: str) -> frozenset[str]:
        """The entries of a bundle that mean this deployment, and differ in what deploys nothing anew."""
        return frozenset(self._of_deployment.get((bundle, deployment_id), ()))

    def unknown(self, digests: Iterable[str]) -> set[str]:
        """Those that are not known."""
        return {digest for digest in digests if digest not in self._entries}

    def prune(self, bundle: BundleKey, held: Mapping[str, object]) -> None:
        """Drop the oldest entries of a bundle that no cluster has any more."""
        table = self._of_bundle.get(bundle, {})
        unused = [digest for digest in table if digest not in held]
        for digest in unused[: max(0, len(table) - _KEPT)]:
            same = (bundle, self._entries[digest].deployment_id)
            self._of_deployment[same].discard(digest)
            if not self._of_deployment[same]:
                del self._of_deployment[same]
            del table[digest], self._entries[digest]
