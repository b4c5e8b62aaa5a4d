"""Leadership by compare-and-set on one message, and epochs that only grow, for the whole hub."""

import asyncio
import contextlib
import secrets
import socket
import time

import structlog

from fleet.bus import publish as publishing
from fleet.bus.connection import Connection
from fleet.bus.errors import BusError, Conflict, Unreachable
from fleet.bus.message import stored
from fleet.bus.read import last_on
from fleet.events import LeaseTaken

EPOCHS = "epochs"
"""The record in LEASES that counts epochs; no lease may be called so."""

_LOOK = 0.1
_RELEASE = 1.0
_log = structlog.get_logger("fleet.bus")


class Lease:
    """Leadership of one name until `ttl` seconds after its last renewal, by the own monotonic clock.

    `epoch` is higher than every epoch given out before it on this hub. `sequence` is that of the message
    in LEASES that took the lease. Whoever leads checks `held` before each chunk that it writes: the server
    cannot take a write back that was sent too late.
    """

    def __init__(self, connection: Connection, record: LeaseTaken, sequence: int, deadline: float) -> None:
        self.name = record.name
        self.epoch = record.epoch
        self.sequence = sequence
        self.lost = asyncio.Event()
        self._connection = connection
        self._record = record
        self._last = sequence
        self._deadline = deadline
        self._renewal = asyncio.create_task(self._renew_until_lost())

    @property
    def held(self) -> bool:
        """Whether this process leads at this instant."""
        return not self.lost.is_set() and _now() < self._deadline

    async def release(self) -> None:
        """Stop leading and let the next one in at once; a lease that is lost already is no error."""
        was_held = self.held
        self.lost.set()
        self._renewal.cancel()
        await asyncio.gather(self._renewal, return_exceptions=True)
        if not was_held or not self._connection.connected:
            return
        with contextlib.suppress(BusError):
            await self._give_up()
            _log.info("lease released", lease=self.name, epoch=self.epoch)

    async def _give_up(self) -> None:
        released = self._record.model_copy(update={"released": True})
        try:
            await _write(self._connection, released, expect=self._last, timeout=_RELEASE)
        except Conflict:  # a renewal may have been stored although its answer was not awaited any more
            record, sequence = await _read(self._connection, self.name)
            if record is not None and record.holder == self._record.holder:
                await _write(self._connection, released, expect=sequence, timeout=_RELEASE)

    async def _renew_until_lost(self) -> None:
        try:
            while True:
                await asyncio.sleep(self._record.ttl / 3)
                began = _now()
                self._last = await _write(
                    self._connection,
                    self._record,
                    expect=self._last,
                    timeout=max(0.05, self._deadline - began),
                )
                if _now() >= self._deadline:
                    break  # whoever waited may lead by now; the next compare-and-set will tell
                self._deadline = began + self._record.ttl
            _log.warning("lease lost", lease=self.name, epoch=self.epoch, error="renewed too late")
        except BusError as error:
            await asyncio.sleep(max(0.0, self._deadline - _now()) if not isinstance(error, Conflict) else 0)
            _log.warning("lease lost", lease=self.name, epoch=self.epoch, error=str(error))
        finally:
            self.lost.set()


async def acquire(connection: Connection, name: str, ttl: float, holder: str) -> Lease:
    """Wait until this process leads, however long that takes; a server that is away is waited for, too.

    A lease is free when it was never taken, was released, or has not changed for its whole ttl by the
    waiter's own clock, so clocks of different machines are never compared.

    Raises:
        Unreachable: the connection is closed for good.
        ValueError: the name is that of the counter.
    """
    if name == EPOCHS:
        raise ValueError(f"{EPOCHS} is the name of the counter of epochs, not of a lease")
    unique = f"{holder}@{socket.gethostname()}/{secrets.token_hex(4)}"
    seen, since = -1, _now()
    while True:
        try:
            record, sequence = await _read(connection, name)
            if sequence != seen:
                seen, since = sequence, _now()
            if record is None or record.released or _now() - since >= record.ttl:
                lease = await _take(connection, name, ttl, unique, sequence)
                if lease is not None:
                    return lease
        except Unreachable:
            if connection.closed.is_set():
                raise
        await asyncio.sleep(min(_LOOK, ttl / 10))


async def _take(connection: Connection, name: str, ttl: float, holder: str, expect: int) -> Lease | None:
    """Take a lease that is free; None when somebody else was quicker."""
    epoch = await _next_epoch(connection, holder)
    record = LeaseTaken(name=name, holder=holder, epoch=epoch, ttl=ttl)
    began = _now()
    try:
        sequence = await _write(connection, record, expect=expect, timeout=ttl)
    except Conflict:
        return None
    if _now() - began >= ttl:
        return None
    _log.info("lease taken", lease=name, epoch=epoch, holder=holder)
    return Lease(connection, record, sequence, began + ttl)


async def _next_epoch(connection: Connection, holder: str) -> int:
    """One more than the last epoch of the hub, or the time in ms where that is more.

    The time keeps epochs growing where the counter itself was lost, by a new or a restored hub.
    """
    while True:
        record, sequence = await _read(connection, EPOCHS)
        epoch = max((record.epoch if record else 0) + 1, time.time_ns() // 1_000_000)
        counted = LeaseTaken(name=EPOCHS, holder=holder, epoch=epoch, ttl=0.0)
        with contextlib.suppress(Conflict):
            await _write(connection, counted, expect=sequence, timeout=publishing.PUBLISH_TIMEOUT)
            return epoch


async def _read(connection: Connection, name: str) -> tuple[LeaseTaken | None, int]:
    """The record and its sequence; (None, 0) when there is none."""
    found = await last_on(connection, LeaseTaken.STREAM, LeaseTaken.subject_for(name=name))
    if found is None:
        return None, 0
    event = stored(found).event
    return (event if isinstance(event, LeaseTaken) else None), found.sequence


async def _write(connection: Connection, record: LeaseTaken, *, expect: int, timeout: float) -> int:
    body = record.encode()
    unique = f"{record.holder}/{record.epoch}/{secrets.token_hex(8)}"  # each renewal is an event of its own
    envelope = publishing.envelope_for(record, body, source=record.holder, id=unique)
    return await publishing.publish(
        connection,
        record.subject(),
        body,
        envelope.to_headers(),
        stream=LeaseTaken.STREAM,
        expect=expect,
        timeout=timeout,
    )


def _now() -> float:
    return time.monotonic()
