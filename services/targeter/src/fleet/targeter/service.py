"""One term as leader after the other: wait for the lease, lead, and start anew when the term ends."""

import asyncio
from collections.abc import Iterator

import structlog

from fleet.bus import Bus, BusError
from fleet.runtime import Health
from fleet.targeter.domain.manifests import Deposed
from fleet.targeter.errors import LeaseLost
from fleet.targeter.term import Term
from fleet.vault import Keyring

NAME = "targeter"
_LEASE_SECONDS = 3.0
_PAUSE_SECONDS = 0.5
_log = structlog.get_logger("fleet.targeter")


class Targeter:
    """Decides what every cluster runs and rolls up what they report; at most one leads."""

    def __init__(self, *, bus: Bus, keyring: Keyring, health: Health) -> None:
        self._bus = bus
        self._keyring = keyring
        self._health = health

    async def run(self) -> None:
        """Lead whenever the lease is free, until cancelled.

        A term ends with whatever goes wrong in it; the next one knows nothing and reads everything anew.
        """
        while True:
            self._health.waiting(NAME, "waiting for the lease")
            lease = await self._bus.lease(NAME, ttl=_LEASE_SECONDS)
            try:
                self._health.waiting(NAME, "reading the streams")
                await Term(bus=self._bus, keyring=self._keyring, lease=lease).serve(self._leading)
            except* (BusError, LeaseLost, Deposed) as group:
                for error in _leaves(group):
                    _log.warning("term ended", epoch=lease.epoch, error=str(error))
            finally:
                await lease.release()
            await asyncio.sleep(_PAUSE_SECONDS)

    def _leading(self) -> None:
        self._health.ready(NAME)
        _log.info("leading")


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
