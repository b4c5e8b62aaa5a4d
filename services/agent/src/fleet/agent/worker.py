"""One bundle on this cluster: its steps, one after the other, and what becomes of those that fail."""

import asyncio
import random
from collections.abc import Callable

import structlog

from fleet.agent.adapters.watches import ObjectChanged, ReleaseChanged
from fleet.agent.board import Board
from fleet.agent.deployer import Deployed, Deployer, Order, Superseded
from fleet.agent.domain.agenda import WATCHFUL, Agenda, Work
from fleet.agent.domain.errors import AgentError, Waiting
from fleet.agent.domain.failures import Failure, classify, retry_delay
from fleet.agent.domain.fights import Fight
from fleet.agent.domain.objects import Ref
from fleet.agent.domain.plan import key_of
from fleet.agent.domain.releases import ReleaseName
from fleet.agent.domain.standing import ERR_APPLIED, READY, Standing, failed, observed
from fleet.agent.observer import Observation, Observer
from fleet.bus import BusError, Refused
from fleet.kube import KubeError

_WAIT_APPLIED = "WaitApplied"
_WAITING_SECONDS = 15.0
_ENDED = ("deployed", "uninstalled")
_log = structlog.get_logger("fleet.agent")


class Worker:
    """The only one who touches a bundle. It ends when the bundle is removed.

    `want`, `poke` and the two `..._changed` only note what has happened; they may be called at any time.
    """

    def __init__(
        self,
        *,
        cluster: str,
        bundle: str,
        deployer: Deployer,
        observer: Observer,
        board: Board,
        on_refused: Callable[[], None],
    ) -> None:
        self._cluster = cluster
        self._bundle = bundle
        self._deployer = deployer
        self._observer = observer
        self._board = board
        self._on_refused = on_refused
        self._order: Order | None = None
        self._deployed: Deployed | None = None
        self._versions: dict[Ref, str] = {}
        self._changes: dict[Ref, str] = {}
        self._agenda = Agenda()
        self._attempts = 0
        self._fight = Fight()
        self._wake = asyncio.Event()
        self._working = False
        self._waiting = False
        self._heard: ReleaseChanged | None = None
        self.ended = False
        self._log = _log.bind(cluster=cluster, bundle=bundle)

    @property
    def release(self) -> ReleaseName | None:
        """The release of this bundle, once it is known."""
        return self._deployed.revision.release if self._deployed else None

    def want(self, order: Order | None) -> None:
        """What shall be from now on; None to remove the bundle."""
        if order is not None and self._order is not None and order.digest == self._order.digest:
            self._order = order  # the others may have changed
            return
        if self._order is not None and (order is None or key_of(order.entry) != key_of(self._order.entry)):
            self._board.drop(key_of(self._order.entry))
        self._order = order
        self._attempts = 0
        self._fight.reset()
        self.poke()

    def poke(self) -> None:
        """Settle at once: something that this bundle waited for may have changed."""
        if self._order is not None:
            self._board.begin(key_of(self._order.entry))
        self._agenda.settle(self._now())
        self._wake.set()

    def waits_for_others(self) -> None:
        """Another bundle's state changed: settle at once if this one waits for others."""
        if self._waiting:
            self.poke()

    def another_is_gone(self) -> None:
        """Another bundle was removed: what failed may have failed on account of it, so try at once."""
        if self._attempts:
            self.poke()

    def object_changed(self, change: ObjectChanged) -> None:
        """An object of this bundle changed: look, unless it was seen like this already."""
        if self._versions.get(change.ref, "") != change.version:
            self._changes[change.ref] = change.version
            self._agenda.look(self._now())
            self._wake.set()

    def release_changed(self, change: ReleaseChanged) -> None:
        """Somebody wrote or deleted the release: settle, unless it was this worker."""
        if self._heard is None or change.revision >= self._heard.revision:
            self._heard = change
        if not self._working:
            self._consider()

    def trouble(self, error: KubeError) -> None:
        """The cluster does not answer: say so, unless this worker knows that already."""
        if not self._attempts and not self._working and self._order is not None:
            self._failed(error)

    def _consider(self) -> None:
        """Was the last change of the release somebody else's?"""
        change, self._heard = self._heard, None
        if change is None or change.release != self.release or self._deployed is None:
            return
        if self._attempts and not self._waiting:
            return
        known = self._deployed.revision.number
        newer = change.revision > known and change.status in _ENDED
        gone = change.revision == known and change.status != "deployed"
        if newer or gone:
            self._log.info("release changed by somebody else", revision=change.revision, status=change.status)
            self.poke()

    async def run(self) -> None:
        """Work until the bundle is removed."""
        while True:
            work = await self._next()
            if work is Work.LOOK and self._attempts:
                continue  # what failed is tried again from its beginning
            self._working, self._waiting = True, False
            try:
                if await self._step(work):
                    self.ended = True
                    return
                self._attempts = 0
            except Superseded:
                continue
            except (AgentError, KubeError, BusError) as error:
                self._failed(error)
            except Exception as error:  # noqa: BLE001 - a bug with one bundle must not end the others
                self._log.exception("worker failed")
                self._failed(AgentError(f"the agent has a bug: {type(error).__name__}; its log says where"))
            finally:
                self._finish()

    async def _next(self) -> Work:
        while (work := self._agenda.due(self._now())) is None:
            self._wake.clear()
            try:
                async with asyncio.timeout(self._agenda.delay(self._now())):
                    await self._wake.wait()
            except TimeoutError:
                continue
        self._agenda.take(work, self._now())
        return work

    async def _step(self, work: Work) -> bool:
        """Do what is due; True when the bundle is gone and this worker with it."""
        order = self._order
        if order is None:
            await self._deployer.remove(self._bundle)
            self._observer.neglect(self._bundle)
            self._log.info("bundle removed")
            return self._order is None
        if work is Work.SETTLE or self._deployed is None:
            self._deployed = await self._deployer.settle(order, lambda: self._stands(order))
            if self._deployed is None:
                return False
            await self._observer.attend(self._deployed)
        await self._look(order, self._deployed)
        return False

    async def _look(self, order: Order, deployed: Deployed) -> None:
        observation = await self._observer.look(deployed)
        note = ""
        if deployed.correcting and observation.correctable:
            deployed, observation, note = await self._correct(deployed, observation)
            self._deployed = deployed
        self._remember(observation)
        standing = observed(
            entry=deployed.entry,
            deployment_id=deployed.deployment_id,
            summaries=observation.summaries,
            drifts=observation.drifts,
            now=self._now(),
            note=note,
        )
        self._watch_on(standing, undone=deployed.correcting and observation.correctable and not note)
        self._post(order, standing)

    def _watch_on(self, standing: Standing, *, undone: bool) -> None:
        """When to look again although nothing is heard; at once when a correction was undone meanwhile."""
        if undone:
            self._agenda.look(self._now())
        elif standing.state != READY:
            self._agenda.look(self._now() + max(WATCHFUL, self._fight.wait(self._now())))

    def _stands(self, order: Order) -> bool:
        """Whether no other order has come since."""
        return self._order is not None and self._order.digest == order.digest

    def _remember(self, seen: Observation) -> None:
        """Changes that were heard of meanwhile and are in this look already need no look of their own."""
        self._versions = dict(seen.versions)
        self._changes = {
            ref: version for ref, version in self._changes.items() if self._versions.get(ref, "") != version
        }
        if not self._changes:
            self._agenda.cancel_look()

    async def _correct(self, deployed: Deployed, seen: Observation) -> tuple[Deployed, Observation, str]:
        """Restore the release, unless somebody keeps undoing that; gives what is there then, and a note."""
        if self._fight.wait(self._now()):
            return deployed, seen, self._fight.alarm(self._now())
        self._log.info("drift corrected", drifts=[str(drift.ref) for drift in seen.drifts])
        over = self._fight.corrected(self._now())
        try:
            deployed = await self._deployer.restore(deployed)
        except AgentError as error:
            return deployed, seen, f"drift could not be corrected: {error}"
        seen = await self._observer.look(deployed)
        if over:
            self._log.error("drift correction stopped")
        note = self._fight.alarm(self._now()) if over and seen.drifts else ""
        return deployed, seen, note

    def _post(self, order: Order, standing: Standing) -> None:
        """Tell where the bundle stands, unless another order has made that out of date."""
        if not self._stands(order):
            return
        key = key_of(order.entry)
        last = self._board.last(key)
        if last is None or (last.state, last.applied) != (standing.state, standing.applied):
            self._log.info("bundle state", state=standing.state, message=standing.message)
        self._board.post(key, standing)

    def _failed(self, error: Exception) -> None:
        """Say what went wrong, and try again later."""
        self._attempts += 1
        order = self._order
        if isinstance(error, Refused):
            self._on_refused()
        failure = classify(str(error))
        final = failure.final and isinstance(error, AgentError)
        jitter = random.random()  # noqa: S311 - spreads load only
        delay = retry_delay(self._attempts, final=final, jitter=jitter)
        if isinstance(error, Waiting):
            self._waiting, delay = True, _WAITING_SECONDS
        self._agenda.settle(self._now() + delay)
        self._log.warning("bundle failed", error=str(error), attempt=self._attempts, seconds=round(delay, 1))
        if order is not None:
            self._post(order, self._standing_after(error, order, failure if final else None))

    def _standing_after(self, error: Exception, order: Order, final: Failure | None) -> Standing:
        """A final failure counts as applied (Fleet); any other one leaves what ran before."""
        runs = self._deployed
        if final is not None:
            applied, deployment_id = order.digest, order.entry.deployment_id
        else:
            applied, deployment_id = (runs.entry, runs.deployment_id) if runs else ("", "")
        unreachable_hub = _WAIT_APPLIED if isinstance(error, BusError) else ERR_APPLIED
        return failed(
            entry=order.digest,
            applied=applied,
            deployment_id=deployment_id,
            state=final.state if final else unreachable_hub,
            message=final.message if final else str(error),
            now=self._now(),
        )

    def _finish(self) -> None:
        self._working = False
        self._consider()
        if self._order is not None and self._agenda.settle_at > self._now():
            self._board.finish(key_of(self._order.entry))

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
