"""Clusters, groups, bundles and reports for the targeter, and an estate that takes them in."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from fleet.events import (
    BundleRendered,
    BundleRetired,
    BundleSet,
    ClusterRecord,
    DeploymentReported,
    DeploymentTargeted,
    Entry,
    Envelope,
    Event,
    Heartbeat,
    Member,
    ObjectMeta,
    Owner,
    Resource,
    Stored,
    canonical,
    event_id,
    set_digest,
    spec_digest,
)
from fleet.targeter.domain.clusters import Cluster
from fleet.targeter.domain.estate import Estate
from fleet.targeter.domain.manifests import Writing
from fleet.targeter.domain.placement import Namer
from fleet.targeter.domain.rollup import Rollups
from fleet.targeter.domain.rules import KINDS
from fleet.targeter.domain.work import Cause
from support.reports import a_report

WORKSPACE = "fleet-default"
REPOSITORY, NOW = "shop", 1_800_000_000.0
PUBLIC = ("name", "clusterName", "clusterSelector", "clusterGroup", "clusterGroupSelector", "doNotDeploy")

Target = Mapping[str, Any]


def uid_of(*parts: str) -> str:
    """The uid that an object of these names has in tests."""
    return event_id("test", *parts)


def name_of(workspace: str, plaintext: bytes) -> str:
    """A stand-in for the vault's keyed names."""
    return hashlib.blake2b(workspace.encode() + plaintext, digest_size=16).hexdigest()


def a_cluster(
    name: str,
    labels: Mapping[str, str] | None = None,
    *,
    workspace: str = WORKSPACE,
    life: int = 1,
    paused: bool = False,
    deleted: bool = False,
) -> ClusterRecord:
    """A cluster's record; `life` counts how often the name was made anew."""
    return ClusterRecord(
        metadata=ObjectMeta(
            name=name,
            namespace=workspace,
            uid=uid_of("cluster", workspace, name, str(life)),
            labels=dict(labels or {}),
            deletion_timestamp="2026-11-23T00:00:00Z" if deleted else None,
        ),
        spec={"paused": True} if paused else {},
    )


def a_resource(
    kind: str,
    name: str,
    spec: Mapping[str, Any] | None = None,
    *,
    labels: Mapping[str, str] | None = None,
    workspace: str = WORKSPACE,
    deleted: bool = False,
) -> Resource:
    """A declared object."""
    return Resource(
        kind=kind,
        metadata=ObjectMeta(
            name=name,
            namespace=workspace,
            uid=uid_of(kind, workspace, name),
            labels=dict(labels or {}),
            deletion_timestamp="2026-11-23T00:00:00Z" if deleted else None,
        ),
        spec=dict(spec or {}),
    )


def a_group(name: str, selector: Any = None, labels: Mapping[str, str] | None = None) -> Resource:
    """A ClusterGroup; without a selector it has no members."""
    return a_resource("clustergroup", name, {} if selector is None else {"selector": selector}, labels=labels)


def an_owner(name: str = REPOSITORY, *, workspace: str = WORKSPACE) -> Owner:
    """The GitRepo of this name."""
    return Owner(kind="GitRepo", name=name, uid=uid_of("gitrepo", workspace, name))


class Draft:
    """A bundle as a test writes it: targets in full, with their options, as in a Bundle's spec."""

    def __init__(
        self,
        name: str = "web",
        *,
        targets: Sequence[Target] = (),
        restrictions: Sequence[Target] = (),
        options: Mapping[str, Any] | None = None,
        content: str = "c0ffee",
        labels: Mapping[str, str] | None = None,
        workspace: str = WORKSPACE,
        **spec: Any,
    ) -> None:
        self.name = name
        self.workspace = workspace
        self.content = content
        self.labels = dict(labels or {})
        self.spec = {
            "targets": [{key: value for key, value in t.items() if key in PUBLIC} for t in targets],
            **({"targetRestrictions": list(restrictions)} if restrictions else {}),
            **spec,
        }
        of_targets = [{k: v for k, v in t.items() if k not in PUBLIC} for t in targets]
        self.sealed = canonical({"options": dict(options or {}), "targets": of_targets})

    def options_digest(self, name: Namer = name_of) -> str:
        """The name of the sealed options."""
        return name(self.workspace, self.sealed)

    def spec_digest(self, name: Namer = name_of) -> str:
        """What the set's digest is made of."""
        options = self.options_digest(name)
        return spec_digest(labels=self.labels, spec=self.spec, content=self.content, options=options)

    def rendered(
        self, whole: BundleSet, *, owner: Owner, commit: int, name: Namer = name_of
    ) -> BundleRendered:
        """The event, as one of a set."""
        return BundleRendered(
            workspace=self.workspace,
            bundle=self.name,
            uid=uid_of("bundle", self.workspace, self.name),
            owner=owner,
            commit=f"{commit:040x}",
            commit_sequence=commit,
            set=whole,
            labels=self.labels,
            spec=self.spec,
            content=self.content,
            options=self.options_digest(name),
            spec_digest=self.spec_digest(name),
        )


def whole_set(drafts: Iterable[Draft], name: Namer = name_of) -> BundleSet:
    """Number and digest of these bundles."""
    digests = {draft.name: draft.spec_digest(name) for draft in drafts}
    return BundleSet(size=len(digests), digest=set_digest(digests))


@dataclass(frozen=True, slots=True)
class Sent:
    """What was written to a cluster, as its agent reads it."""

    cluster: Cluster
    manifest: DeploymentTargeted
    changed: frozenset[str]
    cause: Cause | None

    @classmethod
    def of(cls, writing: Writing) -> "Sent":
        """Read a message that is to be written."""
        manifest = DeploymentTargeted.parse(writing.body)
        assert manifest.encode() == writing.body
        return cls(writing.cluster, manifest, writing.changed, writing.cause)


class World:
    """An estate with streams of its own; every event that is taken in gets the next sequence.

    `again` gives a second estate that is made from the last value of each subject, as after a restart.
    """

    def __init__(self, *, epoch: int = 1) -> None:
        self.epoch = epoch
        self.sequence = 0
        self.last: dict[str, Stored[Any]] = {}
        self.opened: dict[tuple[str, str], bytes] = {}
        self.sealed_entries: dict[str, Entry] = {}
        self.desired: dict[str, DeploymentTargeted] = {}
        self.estate = Estate(epoch=epoch, name=name_of)
        self.drafts: dict[str, dict[str, Draft]] = {}
        self.commit = 0

    def begin(self) -> "World":
        """What the service does when every stream was read to its end."""
        manifests, standing = self.estate.manifests.unknown(), self.estate.standing.unknown()
        unknown = set[str]().union(*manifests.values(), *standing.values())
        for digest in unknown & self.sealed_entries.keys():
            self.estate.manifests.entries.add(self.sealed_entries[digest])
        done(self.estate.begin())
        return self

    def again(self, *, epoch: int = 0) -> "World":
        """The same streams, read by a targeter that has just started."""
        other = World(epoch=epoch or self.epoch + 1)
        other.sequence, other.commit = self.sequence, self.commit
        other.opened, other.sealed_entries = self.opened, self.sealed_entries
        other.drafts, other.desired = self.drafts, dict(self.desired)
        for stored in sorted(self.last.values(), key=lambda stored: stored.sequence):
            other.take(stored)
        return other.begin()

    def put(self, *events: Event) -> "World":
        """Store events and take them in."""
        for event in events:
            self.sequence += 1
            when = datetime.fromtimestamp(NOW + self.sequence, UTC)
            envelope = Envelope(id=f"e{self.sequence}", type=event.type_name(), source="test", time="")
            self.take(Stored(event, event.subject(), self.sequence, when, envelope))
        return self

    def take(self, stored: Stored[Any]) -> None:
        """Hand one stored event to the estate."""
        self.last[stored.subject] = stored
        event, estate = stored.event, self.estate
        match event:
            case ClusterRecord():
                estate.cluster(stored)
            case Member():
                estate.member(event, stored.sequence)
            case Resource(kind="clustergroup"):
                estate.group(stored)
            case Resource(kind=kind) if kind in KINDS:
                estate.rule(stored)
            case Resource():
                estate.owner(stored)
            case BundleRendered() | BundleRetired():
                estate.bundle(stored)
            case DeploymentTargeted():
                estate.manifests.take(event, since=stored.time.timestamp())
            case DeploymentReported():
                estate.standing.report(event, received=stored.time.timestamp())
            case Heartbeat():
                estate.standing.beat(event, at=stored.time.timestamp())

    def clusters(self, *records: ClusterRecord) -> "World":
        """Declare clusters and give them numbers."""
        self.put(*records)
        self.put(*self.estate.clusters.without_number())
        return self

    def deliver(self, *drafts: Draft, repository: str = REPOSITORY) -> "World":
        """A commit after which the repository has exactly these bundles."""
        self.commit += 1
        owner, whole = an_owner(repository), whole_set(drafts)
        self.put(a_resource("gitrepo", repository))
        before, now = self.drafts.get(repository, {}), {draft.name: draft for draft in drafts}
        self.drafts[repository] = now
        for draft in drafts:
            self.opened[draft.workspace, draft.options_digest()] = draft.sealed
            if name_unchanged(before.get(draft.name), draft):
                continue
            self.put(draft.rendered(whole, owner=owner, commit=self.commit))
        for name in sorted(before.keys() - now.keys()):
            self.put(
                BundleRetired(
                    workspace=WORKSPACE,
                    bundle=name,
                    uid=uid_of("bundle", WORKSPACE, name),
                    owner=owner,
                    commit_sequence=self.commit,
                    set=whole,
                )
            )
        return self

    def plan(self) -> "World":
        """Open what is wanted and plan."""
        for key in self.estate.wanted_options():
            self.estate.options(key, self.opened.get(key), reason="it is not there")
        done(self.estate.plan())
        return self

    def flush(self) -> list[Sent]:
        """Plan, then write what must be written, as the service does; gives what was."""
        self.plan()
        found = [self.estate.manifests.compose(n, now=NOW) for n in self.estate.manifests.dirty()]
        writings = [Sent.of(writing) for writing in found if writing is not None]
        for writing in writings:
            for digest in writing.changed:
                entry = self.estate.manifests.entries.get(digest)
                assert entry is not None
                self.sealed_entries[digest] = entry
            self.desired[writing.manifest.cluster] = writing.manifest
            self.put(writing.manifest)
        self.estate.work.forget_causes(len(self.estate.work.commits))
        return writings

    def runs(self) -> dict[str, list[str]]:
        """The bundles of every cluster that runs any, by the manifests that are written."""
        return {
            name: [self.entry(digest).bundle for digest in manifest.entries]
            for name, manifest in sorted(self.desired.items())
            if manifest.entries
        }

    def entry(self, digest: str) -> Entry:
        """An entry that a manifest names."""
        found = self.estate.manifests.entries.get(digest) or self.sealed_entries.get(digest)
        assert found is not None
        return found

    def entry_on(self, cluster: str, bundle: str = "web") -> Entry:
        """What a cluster is told about a bundle."""
        found = [e for d in self.desired[cluster].entries if (e := self.entry(d)).bundle == bundle]
        assert len(found) == 1, f"{bundle} is on {cluster} {len(found)} times"
        return found[0]

    def options_on(self, cluster: str, bundle: str = "web") -> dict[str, Any]:
        """The merged options that a cluster gets, as they would be opened."""
        wanted = self.entry_on(cluster, bundle).options
        plans = [plan for found in self.estate.bundles for plan in found.plans.values()]
        found: dict[str, Any] = orjson.loads(next(p.plaintext for p in plans if p.options == wanted))
        return found

    def all_ready(self) -> "World":
        """Every cluster reports that it runs what it was told."""
        return self.put(*(a_report(manifest) for manifest in self.desired.values()))

    def view(self, kind: str, name: str) -> Any:
        """The rolled-up part of an object's status with its Ready condition."""
        part = Rollups(self.estate).part((kind, WORKSPACE, name))
        assert part is not None, f"{kind}/{name} has no view"
        ready = part.conditions[0]
        return {**part.status, "ready": (ready.status, ready.reason, ready.message)}


def done(work: Iterator[None]) -> None:
    """Do work that is done while it is iterated."""
    for _ in work:
        pass


def name_unchanged(before: Draft | None, draft: Draft) -> bool:
    """Whether a commit leaves a bundle as it is, so that nothing is written for it."""
    return before is not None and before.spec_digest() == draft.spec_digest()


def three_clusters() -> World:
    """Clusters one, two and three, a group for each, and the group `all`."""
    names = ("one", "two", "three")
    world = World().clusters(*(a_cluster(name, {"name": name}) for name in names))
    world.put(a_group("all", {}), *(a_group(name, {"matchLabels": {"name": name}}) for name in names))
    return world.begin()
