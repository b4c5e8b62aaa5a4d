"""Writes what clusters are to run: numbers for new clusters, intents, sealed content, then manifests."""

import asyncio
import time
from collections.abc import Callable

import structlog

from fleet.bus import Bus, Refused
from fleet.events import MAC_HEADER, DeploymentTargeted, Entry, Member
from fleet.runtime import counter, span
from fleet.targeter.bells import Bells, in_steps, rung
from fleet.targeter.content import Content
from fleet.targeter.domain.estate import Estate, OptionsKey
from fleet.targeter.domain.manifests import Writing
from fleet.targeter.errors import LeaseLost
from fleet.targeter.rollouts import Rollouts
from fleet.targeter.views import SOURCE
from fleet.vault import Keyring, Tampered

CHUNK = 500
"""Manifests between two looks at the lease."""

_AT_ONCE = 200
_FEED_SECONDS = 60.0
_RETRY_SECONDS = 5.0
_log = structlog.get_logger("fleet.targeter")
_written = counter("fleet_targeter_manifests", "Manifests that were written to DESIRED.")


class Writer:
    """The only writer of MEMBERS, ROLLOUTS and DESIRED; one pass after the other."""

    def __init__(
        self,
        *,
        bus: Bus,
        estate: Estate,
        content: Content,
        keyring: Keyring,
        rollouts: Rollouts,
        bells: Bells,
        held: Callable[[], bool],
    ) -> None:
        self._bus = bus
        self._estate = estate
        self._content = content
        self._keyring = keyring
        self._rollouts = rollouts
        self._bells = bells
        self._held = held
        self._failed = False

    async def run(self) -> None:
        """Write what changes until cancelled. Raises BusError or LeaseLost: then read everything anew."""
        while True:
            await self.write()
            await rung(self._bells.writer, within=_RETRY_SECONDS if self._failed else None)
            if self._failed:
                self._failed = self._estate.retry_options()

    async def prepare(self) -> None:
        """Decide what is to be written. Raises BusError or LeaseLost."""
        self._check()
        await self._number_clusters()
        await self._open_options()
        await in_steps(self._estate.plan())

    async def write(self) -> None:
        """One pass: from what was taken in to manifests that are stored."""
        await self.prepare()
        waves, shifted = self._estate.work.take_waves()
        commits = len(self._estate.work.commits)
        if waves:
            await self._rollouts.announce(waves)
        if dirty := self._estate.manifests.dirty():
            with span("targeter.flush"):
                await self._flush(dirty)
        self._estate.work.forget_causes(commits)
        await self._rollouts.close(waves | shifted)
        self._bells.views.set()

    async def _number_clusters(self) -> None:
        """Give every new cluster its ordinal: the sequence of a message that can be written only once."""
        members = self._estate.clusters.without_number()
        if len(members) > _AT_ONCE:
            await self._number_many(members)
            members = self._estate.clusters.without_number()
        for start in range(0, len(members), _AT_ONCE):
            self._check()
            chunk = members[start : start + _AT_ONCE]
            ordinals = await asyncio.gather(*(self._number(member) for member in chunk))
            for member, ordinal in zip(chunk, ordinals, strict=True):
                self._estate.member(member, ordinal)

    async def _number_many(self, members: list[Member]) -> None:
        """The same in one batch, whose sequences come back by the feed of MEMBERS."""
        try:
            async with self._bus.batch(source=SOURCE) as batch:
                for member in members:
                    await batch.put(member)
        except Refused as error:
            # Some have their number already, from a term that was cut short; the others get it one by one.
            _log.info("batch of members ended early", error=str(error))
            return
        try:
            async with asyncio.timeout(_FEED_SECONDS):
                while self._estate.clusters.needs_number(members[-1]):
                    await rung(self._bells.writer)
        except TimeoutError:
            _log.info("members come slowly by their feed; they are looked up one by one")

    async def _number(self, member: Member) -> int:
        try:
            return await self._bus.publish(member, source=SOURCE)
        except Refused:
            stored = await self._bus.last(
                Member, workspace=member.workspace, cluster=member.cluster, uid=member.uid
            )
            if stored is None:
                raise
            return stored.sequence

    async def _open_options(self) -> None:
        while wanted := sorted(self._estate.wanted_options()):
            await asyncio.gather(*(self._open(key) for key in wanted))

    async def _open(self, key: OptionsKey) -> None:
        workspace, digest = key
        try:
            opened = await self._content.opened(workspace, digest)
            reason = f"the bundle's options ({digest}) are not stored yet; they are looked for again"
        except Tampered as error:
            opened, reason = None, f"{error}; let the repository be read again (forceSyncGeneration)"
        if opened is None:
            self._failed = True
            _log.warning("options not readable", workspace=workspace, options=digest, error=reason)
        self._estate.options(key, opened, reason=reason)

    async def _flush(self, ordinals: list[int]) -> None:
        for start in range(0, len(ordinals), CHUNK):
            self._check()
            now = time.time()
            found = [self._estate.manifests.compose(n, now=now) for n in ordinals[start : start + CHUNK]]
            await self._store([writing for writing in found if writing is not None])
            for ordinal in ordinals[start : start + CHUNK]:
                if cluster := self._estate.clusters.at(ordinal):
                    self._estate.standing.judge(cluster)

    async def _store(self, writings: list[Writing]) -> None:
        """Content first, so that no manifest names what is not there."""
        if not writings:
            return
        entries = {(w.cluster.key[0], digest) for w in writings for digest in w.changed}
        await asyncio.gather(*(self._put(workspace, digest) for workspace, digest in sorted(entries)))
        self._check()
        async with self._bus.batch(source=SOURCE) as batch:
            for writing in writings:
                workspace, name = writing.cluster.key
                subject = DeploymentTargeted.subject_for(workspace=workspace, cluster=name)
                keys = self._keyring.workspace(workspace).cluster_keys(writing.cluster.uid)
                headers = {MAC_HEADER: keys.sign(subject, writing.body)}
                await batch.put_encoded(
                    DeploymentTargeted, subject, writing.body, cause=writing.cause, headers=headers
                )
        _written.inc(len(writings))
        _log.info("manifests written", count=len(writings), epoch=self._estate.manifests.epoch)

    async def _put(self, workspace: str, digest: str) -> None:
        entry = self._estate.manifests.entries.get(digest)
        if entry is None:
            return
        plaintext = self._plaintext(entry)
        if plaintext is not None:
            await self._content.put_options(entry.namespace, entry.options, plaintext)
        await self._content.put_entry(workspace, entry)

    def _plaintext(self, entry: Entry) -> bytes | None:
        """The merged options that an entry names; None where they were stored for an earlier version."""
        bundle = self._estate.bundles.get((entry.namespace, entry.bundle))
        plans = bundle.plans.values() if bundle else ()
        return next((plan.plaintext for plan in plans if plan.options == entry.options), None)

    def _check(self) -> None:
        if not self._held():
            raise LeaseLost("the lease ran out")
