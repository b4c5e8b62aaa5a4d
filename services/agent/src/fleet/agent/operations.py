"""Changes to Helm releases: each one written down before it starts, and taken up again after a crash."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress

from fleet.agent.adapters.cluster import Cluster
from fleet.agent.adapters.helm import Helm, HelmStuck
from fleet.agent.adapters.journal_store import JournalStore
from fleet.agent.adapters.release_store import ReleaseStore
from fleet.agent.domain.errors import AgentError, Waiting
from fleet.agent.domain.objects import Ref
from fleet.agent.domain.options import Options
from fleet.agent.domain.releases import ReleaseName, Revision
from fleet.agent.renderer import Finished, Job, Renderer
from fleet.kube import KubeError

FOREIGN_PATIENCE = 300.0
"""Seconds that somebody else's Helm operation may take before it counts as abandoned."""

_INTERRUPTED = "interrupted: the agent was stopped during this operation"
_FLEET_AGENT = "fleet-agent"


class Operations:
    """Installs, upgrades, restores and removes releases of one cluster.

    Methods raise AgentError where Helm or a bundle's content is at fault, KubeError where the cluster is.
    """

    def __init__(
        self, *, helm: Helm, store: ReleaseStore, journal: JournalStore, cluster: Cluster, renderer: Renderer
    ) -> None:
        self._helm = helm
        self._store = store
        self._journal = journal
        self._cluster = cluster
        self._renderer = renderer
        self._foreign: dict[ReleaseName, float] = {}

    async def history(self, release: ReleaseName) -> list[Revision]:
        """The revisions of a release, oldest first, with nothing left pending.

        A revision that we left pending is resolved at once; somebody else's gets five minutes, and so does
        an uninstallation.

        Raises:
            Waiting: somebody else is changing the release right now.
        """
        history = await self._store.history(release)
        if not history or not history[-1].in_progress:
            self._foreign.pop(release, None)
            return history
        last = history[-1]
        if not self._journal.was_begun(last) and not self._abandoned(release):
            raise Waiting(
                f"release {release}: another Helm operation ({last.status}) is in progress; it was not begun"
                " by this agent, which waits for its end"
            )
        if not last.pending:
            return history  # half uninstalled: whoever deploys it next finishes that first
        if last.status == "pending-rollback":
            await self._store.drop(last)
        else:
            await self._store.mark_failed(last, _INTERRUPTED)
        self._journal.end(release)
        return await self._store.history(release)

    async def deploy(self, job: Job, last: Revision | None) -> list[Revision]:
        """Install or upgrade; returns the release's history afterwards.

        Args:
            job: what to render; its revision and whether it upgrades are found out here.
            last: the last revision there is, not pending.
        """
        if last is not None and last.status == "uninstalling":
            await self._uninstall(last.release, job.account)
            last = None
        there = last is not None and last.status != "uninstalled"
        revision = last.number + 1 if last else 1
        finished = await self._renderer.render(job.at(revision, upgrade=there))
        if there:
            await self._upgrade(job, revision, finished)
        else:
            await self._install(job, revision, finished)
        if finished.defines_kinds:
            self._cluster.forget_capabilities()
        return await self._store.history(job.release)

    async def _install(self, job: Job, revision: int, finished: Finished) -> None:
        """A namespace that is there already is left alone: others may own its fields."""
        wanted = job.options.create_namespace
        create = wanted and not await self._cluster.has_namespace(job.release.namespace)

        async def install() -> None:
            await self._helm.install(
                job.release,
                finished.chart,
                finished.values,
                job.options,
                job.account,
                create_namespace=create,
                take_ownership=job.moved,
            )

        await self._journalled(job.release, "install", revision, install)

    async def _upgrade(self, job: Job, revision: int, finished: Finished) -> None:
        async def upgrade() -> None:
            await self._helm.upgrade(job.release, finished.chart, finished.values, job.options, job.account)

        await self._journalled(job.release, "upgrade", revision, upgrade)

    async def restore(self, revision: Revision, options: Options) -> list[Revision]:
        """Bring every object back to what a revision says; returns the history afterwards.

        When Helm fails, the failed revision is dropped again unless the options keep it. Raises Waiting as
        `history` does.
        """
        account = revision.marks.service_account if revision.marks else ""
        release = revision.release
        history = await self.history(release)
        makes = history[-1].number + 1 if history else 1

        async def restore() -> None:
            await self._helm.restore(release, revision.number, options, account)

        try:
            await self._journalled(release, "rollback", makes, restore)
        except HelmStuck:
            raise
        except AgentError:
            await self._undo(revision, keep=options.correct_drift.keep_fail_history)
            raise
        return await self._store.history(release)

    async def _undo(self, revision: Revision, *, keep: bool) -> None:
        for later in await self._store.history(revision.release):
            if later.number > revision.number and later.status == "failed" and not keep:
                await self._store.drop(later)
            elif later.number == revision.number and not later.deployed and not keep:
                await self._store.mark_deployed(later)

    async def remove(self, revision: Revision) -> None:
        """Remove a release; where its marks say so, only its history."""
        marks = revision.marks
        assert marks is not None, "only releases of ours are removed"
        if marks.keep_resources or marks.bundle.startswith(_FLEET_AGENT):
            await self._store.forget(revision.release)
            return
        await self._uninstall(revision.release, marks.service_account)

    async def _uninstall(self, release: ReleaseName, account: str) -> None:
        async def uninstall() -> None:
            await self._helm.uninstall(release, account)

        await self._journalled(release, "uninstall", 0, uninstall)

    async def hand_over(self, old: Revision, rest: Collection[Ref]) -> None:
        """Remove a release whose objects another release has taken over, but for `rest`, which go with it.

        Helm's own uninstall would delete them all, whoever owns them now.
        """
        await self.clear_up(old, rest)
        await self._store.forget(old.release)

    async def clear_up(self, revision: Revision, rest: Collection[Ref]) -> None:
        """Delete objects that this release made and that still are its own."""
        for ref in sorted(rest):
            await self._cluster.delete_of(revision.release, ref)

    async def _journalled(
        self, release: ReleaseName, name: str, revision: int, operation: Callable[[], Awaitable[None]]
    ) -> None:
        await self._journal.begin(release, name, revision)
        try:
            await operation()
        except HelmStuck:  # it may still end, or leave the release pending
            raise
        except AgentError:
            await self._end_unless_pending(release)
            raise
        self._journal.end(release)

    async def _end_unless_pending(self, release: ReleaseName) -> None:
        """An operation failed: it is over, unless it could not say so because the cluster went away."""
        with suppress(KubeError):
            history = await self._store.history(release)
            if not history or not history[-1].pending:
                self._journal.end(release)

    def _abandoned(self, release: ReleaseName) -> bool:
        now = asyncio.get_running_loop().time()
        return now - self._foreign.setdefault(release, now) >= FOREIGN_PATIENCE
