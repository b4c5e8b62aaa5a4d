"""Makes one cluster true to its manifest and says how far it is."""

import asyncio
import random

import structlog

from fleet.agent.adapters.cluster import Cluster
from fleet.agent.adapters.hub import Hub, Manifest, Wake
from fleet.agent.adapters.journal_store import JournalStore
from fleet.agent.adapters.watches import Watches
from fleet.agent.crew import Crew
from fleet.agent.domain.acceptance import Accepted, Floor
from fleet.agent.domain.identity import Identity
from fleet.agent.manifests import Entries
from fleet.agent.reading import Reading
from fleet.agent.releases import Releases
from fleet.agent.reporter import Reporter
from fleet.bus import BusError
from fleet.events import Heartbeat
from fleet.kube import KubeError

BEAT_SECONDS = 15.0
"""Between two signs of life, on average."""

_FIRST_BEAT = 2.0
_PAUSE, _LONGEST_PAUSE = 0.5, 15.0
_log = structlog.get_logger("fleet.agent")


class Agent:
    """One cluster's agent: hears manifests, judges them, and hands every bundle to a worker of its own."""

    def __init__(
        self,
        *,
        identity: Identity,
        hub: Hub,
        cluster: Cluster,
        journal: JournalStore,
        releases: Releases,
        watches: Watches,
        entries: Entries,
        crew: Crew,
        reporter: Reporter,
    ) -> None:
        self._identity = identity
        self._hub = hub
        self._cluster = cluster
        self._journal = journal
        self._releases = releases
        self._watches = watches
        self._entries = entries
        self._crew = crew
        self._reporter = reporter
        self._reading = Reading(hub=hub, cluster=identity.key, floor=self._floor, on_manifest=self._offer)
        self._offered: Manifest | None = None
        self._acting_on: Manifest | None = None
        self._news = asyncio.Event()
        self._log = _log.bind(cluster=identity.key)

    @property
    def waits_for(self) -> str:
        """What keeps this agent from working; empty when nothing does."""
        return "" if self._hub.connected else "the connection to the hub"

    @property
    def newest(self) -> int:
        """The generation of the newest manifest known; 0 when none is."""
        return self._floor().generation

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watches.run())
            group.create_task(self._crew.run())
            group.create_task(self._reporter.run())
            group.create_task(self._reading.run())
            group.create_task(self._act())
            group.create_task(self._beat())
            await self._hub.run(floor=self._floor, on_wake=self._heard, on_connect=self._reading.soon)

    def read_again(self) -> None:
        """The gateway refused something: the manifest may be an old one."""
        self._reading.soon()

    def _floor(self) -> Floor:
        """The newest manifest known, whether it was acted on already or not."""
        if self._offered is None:
            return self._journal.floor
        return Accepted(self._offered.event, fresh=True).floor

    async def _heard(self, wake: Wake) -> None:
        if isinstance(wake.verdict, Accepted) and wake.manifest is not None:
            self._offer(wake.verdict, wake.manifest)
        elif not isinstance(wake.verdict, Accepted) and not wake.verdict.stale:
            self._log.info("wake is only a hint", reason=wake.verdict.reason)
            self._reading.doubt()

    def _offer(self, verdict: Accepted, manifest: Manifest) -> None:
        self._entries.learn(manifest.event)
        if verdict.fresh or self._offered is None:
            self._offered = manifest
            self._news.set()

    async def _act(self) -> None:
        """Act on the newest manifest, again and again until all of it is known and noted down."""
        pause = _PAUSE
        prepared = False
        while True:
            await self._news.wait()
            self._news.clear()
            manifest = self._offered
            if manifest is None:
                continue  # the news were of one that turned out to be old
            try:
                if not prepared:
                    await self._prepare()
                    prepared = True
                if self._is_old(manifest):
                    continue
                complete = await self._take(manifest)
            except KubeError as error:
                self._log.warning("cluster refuses", error=str(error))
                await self._report_trouble(manifest, error)
                complete = False
            pause = _PAUSE if complete else min(_LONGEST_PAUSE, pause * 2)
            if not complete:
                await self._news_or(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads load only

    async def _prepare(self) -> None:
        """Read what an earlier life of this agent left in the cluster."""
        await self._journal.load()
        await self._releases.load()

    def _is_old(self, manifest: Manifest) -> bool:
        """The floor may have been unknown when the manifest was heard."""
        floor, event = self._journal.floor, manifest.event
        position = (event.epoch, event.generation)
        same = floor.position == position and floor.digest == event.digest
        if floor.uid != event.uid or floor.position < position or same:
            return False
        self._log.warning("manifest refused", reason="a newer one was accepted before the restart")
        if self._offered is manifest:  # else a newer one came meanwhile
            self._offered = None
        return True

    async def _take(self, manifest: Manifest) -> bool:
        """Act on a manifest; False when some of its entries could not be had yet."""
        await self._journal.advance(Accepted(manifest.event, fresh=True).floor)
        found, complete = await self._entries.resolve(manifest.event, self.read_again)
        if self._acting_on is not manifest:
            self._log.info(
                "manifest accepted",
                generation=manifest.event.generation,
                bundles=len(manifest.event.entries),
                correlation_id=manifest.envelope.correlation_id,
            )
        self._acting_on = manifest
        keys = self._crew.assign(found, complete=complete, envelope=manifest.envelope)
        self._reporter.acting_on(manifest, keys)
        return complete

    async def _report_trouble(self, manifest: Manifest, error: KubeError) -> None:
        """Nothing can be done: say so for every bundle that is known."""
        found, _ = await self._entries.resolve(manifest.event, self.read_again)
        self._reporter.acting_on(manifest, self._crew.blocked(found, error))

    async def _news_or(self, seconds: float) -> None:
        """Wait for another manifest, or take this one up again."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            self._news.set()

    async def _beat(self) -> None:
        """Give signs of life, and notice when the cluster stops answering."""
        pause = _FIRST_BEAT
        while True:
            await asyncio.sleep(pause * random.uniform(0.9, 1.1))  # noqa: S311 - spreads load only
            pause = BEAT_SECONDS
            if self._acting_on is not None:
                await self._feel_pulse()
            try:
                await self._hub.beat(self._sign_of_life())
            except BusError:
                pause = _FIRST_BEAT  # the hub is away; it shall hear soon when it is back

    async def _feel_pulse(self) -> None:
        try:
            await self._cluster.ping()
            await self._journal.flush()
        except KubeError as error:
            self._crew.trouble(error)
        else:
            self._crew.answers()

    def _sign_of_life(self) -> Heartbeat:
        floor = self._floor()
        return Heartbeat(
            workspace=self._identity.workspace,
            cluster=self._identity.cluster,
            uid=self._identity.uid,
            epoch=floor.epoch,
            generation=floor.generation,
            digest=floor.digest,
            reported=self._reporter.reported,
        )
