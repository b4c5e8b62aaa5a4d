"""Making sure that a bundle's release is the one that its entry names."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fleet.agent.adapters.cluster import Cluster
from fleet.agent.adapters.release_store import ReleaseStore
from fleet.agent.board import Board
from fleet.agent.content import Content
from fleet.agent.domain.dependencies import check_dependencies
from fleet.agent.domain.errors import NotPossible
from fleet.agent.domain.marks import AGENT_NAMESPACE, ReleaseMarks
from fleet.agent.domain.objects import Kind, Object, Ref, ref_of
from fleet.agent.domain.options import Options
from fleet.agent.domain.plan import Step, decide, held, key_of, moved
from fleet.agent.domain.releases import ReleaseName, Revision, settled
from fleet.agent.domain.yamldocs import read_objects
from fleet.agent.operations import Operations
from fleet.agent.releases import Releases
from fleet.agent.renderer import Job
from fleet.events import Entry, Envelope
from fleet.runtime import span

_COMMIT = "fleet.cattle.io/commit"


@dataclass(frozen=True, slots=True)
class Order:
    """What a manifest says about one bundle: the entry, its digest, and the manifest's other entries.

    `envelope` came with the manifest: the trace of the commit's way goes on in it.
    """

    entry: Entry
    digest: str
    manifest: Sequence[Entry] = field(repr=False)
    envelope: Envelope | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Deployed:
    """What runs of a bundle.

    `entry` is the digest of the entry that it was found equal to; `wanted` are the release's objects,
    `previous` those of its earlier revision that it has no more.
    """

    bundle: str
    entry: str
    options: Options = field(repr=False)
    revision: Revision
    wanted: Mapping[Ref, Object] = field(repr=False)
    previous: Collection[Ref] = field(repr=False)
    correcting: bool

    @property
    def deployment_id(self) -> str:
        """What is deployed."""
        return self.revision.marks.deployment_id if self.revision.marks else ""


class Deployer:
    """Compares entries with releases and deploys what differs.

    Methods raise AgentError, KubeError, and BusError while content cannot be had.
    """

    def __init__(
        self,
        *,
        content: Content,
        cluster: Cluster,
        store: ReleaseStore,
        operations: Operations,
        releases: Releases,
        board: Board,
    ) -> None:
        self._content = content
        self._cluster = cluster
        self._store = store
        self._operations = operations
        self._releases = releases
        self._board = board

    async def settle(self, order: Order, still_wanted: Callable[[], bool]) -> Deployed | None:
        """Deploy what the order names unless it runs already; None where nothing runs and nothing may.

        Args:
            order: what shall be.
            still_wanted: whether no later order has come; asked before anything is changed.
        """
        options = await self._fetched(order.entry)
        release = ReleaseName(options.release_namespace, options.release_name(order.entry.bundle))
        if held(order.entry):
            return await self._as_it_is(order, options, release)
        history = before = await self._operations.history(release)
        present = settled(history)
        if decide(order.entry, present).step is Step.DEPLOY:
            self._check(order, present)
            with span("agent.deploy", order.envelope):
                history = await self._deploy(order, options, release, history, still_wanted)
            present = settled(history)
        assert present is not None, "a release that was deployed has a revision"
        present = await self._note(order, present)
        await self._cluster.mark_namespace(options)
        deployed = await self._deployed(order.digest, options, present, history, correcting=True)
        await self._leave_behind(deployed)
        await self._clear_up(before, deployed)
        return deployed

    async def _fetched(self, entry: Entry) -> Options:
        """The options; and the files too where they are likely to be needed, at the same time."""
        runs = any(
            one.marks and one.marks.deployment_id == entry.deployment_id for one in self._releases.all()
        )
        if runs or held(entry) or not entry.content:
            return await self._content.options(entry)
        options, _ = await asyncio.gather(self._content.options(entry), self._content.files(entry))
        return options

    async def restore(self, deployed: Deployed) -> Deployed:
        """Bring the objects of a release back to what it says."""
        history = await self._operations.restore(deployed.revision, deployed.options)
        present = settled(history)
        if present is None:
            raise NotPossible("the release was removed while its drift was corrected; it is deployed again")
        self._releases.put(present)
        return replace(deployed, revision=present)

    async def remove(self, bundle: str) -> None:
        """Remove everything that a bundle made."""
        for revision in self._releases.of(bundle):
            await self._operations.remove(revision)
            self._releases.drop(revision.release)

    def _check(self, order: Order, present: Revision | None) -> None:
        """Is it this bundle's turn, and is the release free for it?"""
        entry, others = order.entry, order.manifest
        owner = present.marks.bundle if present and present.marks else ""
        if owner not in ("", entry.bundle) and any(other.bundle == owner for other in others):
            raise NotPossible(
                f"release {present.release if present else ''} belongs to bundle {owner}: give one of the two"
                " another helm.releaseName or namespace"
            )
        wanted = {key_of(other): other.digest() for other in others}
        check_dependencies(entry, others, self._board.states(wanted))

    async def _deploy(
        self,
        order: Order,
        options: Options,
        release: ReleaseName,
        history: Sequence[Revision],
        still_wanted: Callable[[], bool],
    ) -> list[Revision]:
        entry = order.entry
        files = await self._content.files(entry) if entry.content else ()
        account = await self._cluster.account_for(options)
        marks = ReleaseMarks(
            bundle=entry.bundle,
            namespace=entry.namespace,
            deployment_id=entry.deployment_id,
            entry=order.digest,
            service_account=account,
            keep_resources=options.keep_resources,
            commit=entry.labels.get(_COMMIT, ""),
        )
        if not still_wanted():
            raise Superseded
        job = Job(
            release=release,
            marks=marks,
            options=options,
            account=account,
            files=files,
            moved=bool(moved(entry.bundle, release, self._releases.all(), AGENT_NAMESPACE)),
        )
        number = history[-1].number + 1 if history else 1
        self._releases.put(Revision(release, number, "pending-install", marks))
        return await self._operations.deploy(job, history[-1] if history else None)

    async def _note(self, order: Order, present: Revision) -> Revision:
        """The release runs what this entry names: let it say so."""
        assert present.marks is not None, "a release of ours has marks"
        if present.marks.entry != order.digest:
            await self._store.mark_entry(present, order.digest)
            present = replace(present, marks=replace(present.marks, entry=order.digest))
        self._releases.put(present)
        return present

    async def _leave_behind(self, deployed: Deployed) -> None:
        """Remove releases that this bundle had under another name or in another namespace."""
        release = deployed.revision.release
        for known in moved(deployed.bundle, release, self._releases.all(), AGENT_NAMESPACE):
            history = await self._store.history(known.release)
            old = history[-1] if history else known
            objects = await self._objects(old)
            if objects.keys() & deployed.wanted.keys():
                await self._operations.hand_over(old, objects.keys() - deployed.wanted.keys())
            else:
                await self._operations.remove(old)
            self._releases.drop(old.release)

    async def _clear_up(self, before: Sequence[Revision], deployed: Deployed) -> None:
        """Delete what only a failed or interrupted upgrade made: Helm compares with the last that worked."""
        for failed in before:
            if failed.status == "failed" and failed.number < deployed.revision.number:
                rest = (await self._objects(failed)).keys() - deployed.wanted.keys()
                await self._operations.clear_up(failed, rest)

    async def _as_it_is(self, order: Order, options: Options, release: ReleaseName) -> Deployed | None:
        """A bundle that is held back: what of it runs, untouched."""
        history = await self._store.history(release)
        present = settled(history)
        if present is None or present.marks is None or not present.deployed:
            return None
        if present.marks.deployment_id == order.entry.deployment_id:
            present = await self._note(order, present)
        marks = present.marks
        return await self._deployed(marks.entry if marks else "", options, present, history, correcting=False)

    async def _deployed(
        self,
        digest: str,
        options: Options,
        present: Revision,
        history: Sequence[Revision],
        *,
        correcting: bool,
    ) -> Deployed:
        wanted = await self._objects(present)
        earlier = [one for one in history if one.number < present.number]
        previous = await self._objects(earlier[-1]) if earlier else {}
        return Deployed(
            bundle=present.marks.bundle if present.marks else "",
            entry=digest,
            options=options,
            revision=present,
            wanted=wanted,
            previous=frozenset(previous.keys() - wanted.keys()),
            correcting=correcting and options.correct_drift.enabled,
        )

    async def _objects(self, revision: Revision) -> dict[Ref, Object]:
        """The objects of a revision by where they are: the release's namespace where they name none."""
        items = await asyncio.to_thread(read_objects, revision.manifest, f"release {revision.release}")
        kinds = {Kind(str(item["apiVersion"]), str(item["kind"])) for item in items}
        namespaced = await self._cluster.namespaced(kinds)
        found: dict[Ref, Object] = {}
        for item in items:
            ref = ref_of(item, revision.release.namespace)
            found[ref if namespaced.get(ref.type, True) else ref._replace(namespace="")] = item
        return found


class Superseded(Exception):
    """Another order came before this one was carried out."""
