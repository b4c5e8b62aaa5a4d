"""One term as leader: what is built for it, in which order it starts, and how it ends."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from fleet.bus import Bus
from fleet.bus.lease import Lease
from fleet.events import BundleSet
from fleet.targeter.bells import Bells, in_steps
from fleet.targeter.content import Content
from fleet.targeter.domain.estate import Estate
from fleet.targeter.errors import LeaseLost
from fleet.targeter.intake import Intake
from fleet.targeter.questions import SUBJECT, Questions
from fleet.targeter.rollouts import Rollouts
from fleet.targeter.seen import SeenTimes
from fleet.targeter.views import Views
from fleet.targeter.writer import Writer
from fleet.vault import Keyring

_BEATS = "fleet.beat.*.*"


class Term:
    """An estate, and who fills and empties it; nothing of it outlives the term."""

    def __init__(self, *, bus: Bus, keyring: Keyring, lease: Lease) -> None:
        self._bus = bus
        self._lease = lease
        bells = Bells()
        self._content = Content(bus=bus, keyring=keyring)
        self._estate = estate = Estate(epoch=lease.epoch, name=self._content.name)
        self._rollouts = Rollouts(bus=bus, estate=estate)
        self._seen = SeenTimes(bus=bus, estate=estate)
        self._views = Views(bus=bus, estate=estate, bells=bells, now=_now, held=self._held)
        self._intake = Intake(bus=bus, estate=estate, views=self._views, bells=bells)
        self._writer = Writer(
            bus=bus,
            estate=estate,
            content=self._content,
            keyring=keyring,
            rollouts=self._rollouts,
            bells=bells,
            held=self._held,
        )

    async def serve(self, leading: Callable[[], None]) -> None:
        """Lead until the lease is lost; `leading` is called when every stream was read and planned for.

        Raises an ExceptionGroup with LeaseLost, Deposed, BusError, or whatever else went wrong.
        """
        questions = Questions(estate=self._estate)
        async with asyncio.TaskGroup() as tasks:
            self._intake.start(tasks)
            tasks.create_task(self._until_lost())
            await self._begin()
            async with (
                self._bus.listen(_BEATS, self._intake.beat),
                self._bus.respond(SUBJECT, questions.answer),
            ):
                tasks.create_task(self._writer.run())
                tasks.create_task(self._views.run())
                tasks.create_task(self._seen.run())
                leading()
                await self._lease.lost.wait()

    async def _begin(self) -> None:
        """Read every stream to its end before anything is decided."""
        await self._intake.caught_up()
        await self._rollouts.load()
        await self._seen.load()
        for unknown in (self._estate.manifests.unknown, self._estate.standing.unknown):
            for workspace, digests in unknown().items():
                for entry in await self._content.entries(workspace, digests):
                    self._estate.manifests.entries.add(entry)
        for part in self._views.acted():
            acted = BundleSet.model_validate(part.status["rollup"]["set"])
            self._estate.acted((part.workspace, part.uid), acted)
        await in_steps(self._estate.begin())
        await self._writer.prepare()

    async def _until_lost(self) -> None:
        await self._lease.lost.wait()
        raise LeaseLost("the lease ran out, or another targeter took it")

    def _held(self) -> bool:
        return self._lease.held


def _now() -> datetime:
    return datetime.now(UTC)
