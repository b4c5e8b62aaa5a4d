"""What others than the targeter put into the streams: clusters, one GitRepo, the bundles of its commits."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from benchmarks.scale.fleet import (
    REGIONAL,
    REPOSITORY,
    WORKSPACE,
    Fleet,
    bundle_name,
    cluster_name,
    cluster_uid,
)

from fleet.bus import Bus, header_block
from fleet.events import (
    BundleRendered,
    BundleSet,
    ClusterRecord,
    Envelope,
    ObjectMeta,
    Owner,
    Resource,
    canonical,
    set_digest,
    spec_digest,
)
from fleet.vault import Keyring

SOURCE = "benchmark"
_OWNER_UID = "5b0c2c4e-0000-4000-8000-000000000001"
_OWNER = Owner(kind="GitRepo", name=REPOSITORY, uid=_OWNER_UID)


@dataclass
class Repository:
    """The bundles of a fleet at their present commits; `versions` counts the changes of each."""

    fleet: Fleet
    keyring: Keyring
    versions: dict[int, int] = field(default_factory=dict)
    commit: int = 1

    def contents(self) -> dict[str, str]:
        """The name of each bundle's present content: what every cluster that has the bundle is to have."""
        return {bundle_name(bundle): self.content(bundle) for bundle in range(self.fleet.bundles)}

    def content(self, bundle: int) -> str:
        """The name of a bundle's present content."""
        return self.keyring.workspace(WORKSPACE).name(self._files(bundle))

    def changed(self, bundle: int) -> BundleRendered:
        """The bundle as the next commit has it."""
        self.commit += 1
        self.versions[bundle] = self.versions.get(bundle, 0) + 1
        return self.rendered([bundle])[0]

    def rendered(self, bundles: Iterable[int]) -> list[BundleRendered]:
        """The events of these bundles at the present commit."""
        digests = {bundle_name(bundle): self._digest(bundle) for bundle in range(self.fleet.bundles)}
        whole = BundleSet(size=len(digests), digest=set_digest(digests))
        return [self._event(bundle, whole) for bundle in bundles]

    async def store(self, bus: Bus, bundles: Iterable[int]) -> None:
        """Put the files and the options of these bundles into CONTENT."""
        key = self.keyring.workspace(WORKSPACE)
        for bundle in bundles:
            await bus.put_content(WORKSPACE, key.seal(self._files(bundle)))
            await bus.put_content(WORKSPACE, key.seal(self._sealed(bundle)))

    def _event(self, bundle: int, whole: BundleSet) -> BundleRendered:
        name = bundle_name(bundle)
        return BundleRendered(
            workspace=WORKSPACE,
            bundle=name,
            uid=f"7b0c2c4e-0000-4000-8000-{bundle:012x}",
            generation=1 + self.versions.get(bundle, 0),
            owner=_OWNER,
            commit=f"{self.commit:040x}",
            commit_sequence=self.commit,
            set=whole,
            spec=self._spec(bundle),
            content=self.content(bundle),
            options=self.keyring.workspace(WORKSPACE).name(self._sealed(bundle)),
            spec_digest=self._digest(bundle),
        )

    def _digest(self, bundle: int) -> str:
        options = self.keyring.workspace(WORKSPACE).name(self._sealed(bundle))
        return spec_digest(labels={}, spec=self._spec(bundle), content=self.content(bundle), options=options)

    def _spec(self, bundle: int) -> dict[str, object]:
        terms = [term.to_json() for term in self.fleet.selectors[bundle]]
        return {"targets": [{"clusterSelector": {"matchExpressions": terms} if terms else {}}]}

    def _files(self, bundle: int) -> bytes:
        return canonical({"resources": [], "bundle": bundle, "version": self.versions.get(bundle, 0)})

    @staticmethod
    def _sealed(bundle: int) -> bytes:
        values = {"region": "${ .ClusterLabels.region }"} if bundle == REGIONAL else {"bundle": str(bundle)}
        return canonical({"options": {"helm": {"values": values}}, "targets": [{}]})


def gitrepo() -> Resource:
    """What all bundles belong to."""
    metadata = ObjectMeta(name=REPOSITORY, namespace=WORKSPACE, uid=_OWNER_UID)
    return Resource(kind="gitrepo", metadata=metadata, spec={"repo": "https://git.example/scale"})


def records(fleet: Fleet) -> Iterator[tuple[str, bytes, bytes]]:
    """Subject, body and headers of every cluster's record, put together from one that the model encoded."""
    sample = ClusterRecord(
        metadata=ObjectMeta(name="@name", namespace=WORKSPACE, uid="@uid", labels={"region": "@labels"})
    ).encode()
    before, rest = sample.split(b'{"region":"@labels"}')
    middle, rest = rest.split(b"@name")
    between, after = rest.split(b"@uid")
    envelope = Envelope(
        id="@id", type=ClusterRecord.type_name(), source=SOURCE, time="2026-01-01T00:00:00.000Z"
    )
    headers = header_block(envelope.to_headers())
    for cluster in range(fleet.clusters):
        name, uid = cluster_name(cluster), cluster_uid(cluster).encode()
        labels = canonical(fleet.labels(cluster))
        body = b"".join((before, labels, middle, name.encode(), between, uid, after))
        yield f"fleet.cluster.{WORKSPACE}.{name}", body, headers.replace(b"@id", uid)


async def declare(bus: Bus, fleet: Fleet) -> None:
    """Store the GitRepo and all clusters."""
    await bus.publish(gitrepo(), source=SOURCE)
    async with bus.batch(source=SOURCE) as batch:
        for subject, body, headers in records(fleet):
            await batch.send(subject, body, headers)
