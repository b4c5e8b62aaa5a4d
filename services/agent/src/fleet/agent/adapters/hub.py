"""The road to the hub: read, hear, ask for content, report, beat. One connection, one cluster."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog

from fleet.agent.domain.acceptance import Accepted, Floor, Refused, accept
from fleet.agent.domain.identity import Identity
from fleet.bus import Bus, BusError, Heard, Unreachable
from fleet.events import (
    DeploymentReported,
    DeploymentTargeted,
    Entry,
    Envelope,
    EventError,
    Heartbeat,
    Stored,
)
from fleet.vault import Tampered

SOURCE = "agent"

_PATIENCE = 30.0
_PAUSE = 2.0
_POLL = 1.0
_READS = 5
_CHUNK_TIMEOUTS = (1.0, 2.0, 7.0)
"""Seconds that one try after the other may take: an answer can be lost, or its gateway be killed."""
_CHUNKS_AT_ONCE = 4
_log = structlog.get_logger("fleet.agent")

Manifest = Stored[DeploymentTargeted]


class NotDelivered(BusError):
    """An answer came that is not for this cluster, or does not open; asking again helps."""


@dataclass(frozen=True, slots=True)
class Wake:
    """A message on the wake subject, judged: `manifest` when it may be acted on, else it is only a hint."""

    verdict: Accepted | Refused
    manifest: Manifest | None


class Hub:
    """The hub as one agent sees it. Methods raise BusError while the hub is away."""

    def __init__(self, *, identity: Identity) -> None:
        self._identity = identity
        self._keys = identity.keys
        self._bus: Bus | None = None

    @property
    def connected(self) -> bool:
        """Whether the hub can be asked right now."""
        return self._bus is not None and self._bus.connected

    async def run(
        self,
        *,
        floor: Callable[[], Floor],
        on_wake: Callable[[Wake], Awaitable[None]],
        on_connect: Callable[[], None],
    ) -> None:
        """Stay connected until cancelled, whatever happens.

        Args:
            floor: the newest manifest accepted so far.
            on_wake: hears of every message on the wake subject.
            on_connect: called after each connection, for what may have been missed.
        """
        while True:
            try:
                async with (
                    self._joined() as bus,
                    bus.listen(self._identity.wake_subject, _judge(self, floor, on_wake)),
                ):
                    self._bus = bus
                    await self._stay(bus, on_connect)
            except BusError as error:
                _log.warning("hub not reached", cluster=self._identity.key, error=str(error))
            finally:
                self._bus = None
            await asyncio.sleep(_PAUSE * random.uniform(0.5, 1.5))  # noqa: S311 - spreads load only

    @asynccontextmanager
    async def _joined(self) -> AsyncIterator[Bus]:
        identity = self._identity
        async with await Bus.connect(
            identity.server,
            name=f"agent {identity.key}",
            seed=identity.seed,
            inbox_prefix=identity.inbox_prefix,
            patience=_PATIENCE,
        ) as bus:
            yield bus

    @staticmethod
    async def _stay(bus: Bus, on_connect: Callable[[], None]) -> None:
        """Return when the connection is closed for good; tell of every new one."""
        seen = 0
        while not bus.connection.closed.is_set():
            if bus.connected and bus.connection.generation != seen:
                seen = bus.connection.generation
                on_connect()
            await asyncio.sleep(_POLL)

    async def read(self, floor: Floor) -> tuple[Accepted, Manifest] | None:
        """Read this cluster's manifest; None when the hub has none, or none that may be acted on.

        An answer that is another cluster's is asked for again: the broker may mix them up.
        """
        for attempt in range(_READS):
            try:
                stored = await self._connection.last_through(self._identity.read_subject)
            except EventError:
                stored = None
            else:
                if stored is None:
                    return None
            if stored is not None:
                verdict = self.judge(stored.subject, stored.raw, stored.envelope, floor)
                if isinstance(verdict, Accepted):
                    return verdict, _as_manifest(stored, verdict)
                if verdict.stale:
                    return None
                _log.warning("manifest refused", cluster=self._identity.key, reason=verdict.reason)
            await asyncio.sleep(0.05 * 2**attempt)
        return None

    def judge(self, subject: str, body: bytes, envelope: Envelope, floor: Floor) -> Accepted | Refused:
        """Whether a message may be acted on; see `acceptance`."""
        return accept(subject, body, envelope.headers, self._identity, floor)

    async def entry(self, digest: str) -> Entry:
        """An entry of the manifest by its digest.

        Raises:
            BusError: the gateway refuses (the manifest may be an old one), or does not answer.
        """
        _, plain = await self._ask({"entry": digest}, f"{digest}.0")
        entry = Entry.model_validate_json(plain)
        if entry.digest() != digest:
            raise NotDelivered(f"entry {digest}: the answer is another entry")
        return entry

    async def content(self, namespace: str, digest: str) -> bytes:
        """Files or options of a bundle of the workspace `namespace`, by their digest. Raises BusError."""
        count, first = await self._chunk(namespace, digest, 0)
        places = asyncio.Semaphore(_CHUNKS_AT_ONCE)

        async def later(number: int) -> bytes:
            async with places:
                return (await self._chunk(namespace, digest, number))[1]

        rest = await asyncio.gather(*(later(number) for number in range(1, count)))
        return b"".join((first, *rest))

    async def _chunk(self, namespace: str, digest: str, number: int) -> tuple[int, bytes]:
        question = {"digest": digest, "n": number, "namespace": namespace}
        return await self._ask(question, f"{digest}.{number}")

    async def _ask(self, question: dict[str, Any], context: str) -> tuple[int, bytes]:
        answer = await self._answer(orjson.dumps(question))
        try:
            plain = self._keys.decrypt(answer, context)
        except Tampered:
            raise NotDelivered(
                f"content {context}: the answer does not open with this cluster's key"
            ) from None
        return int.from_bytes(plain[:4], "big"), plain[4:]

    async def _answer(self, question: bytes) -> bytes:
        """Ask the gateway, with a new inbox where no answer comes. Raises BusError after the last try."""
        subject = self._identity.content_subject
        for timeout in _CHUNK_TIMEOUTS[:-1]:
            with contextlib.suppress(Unreachable):
                return await self._connection.request(subject, question, timeout=timeout)
        return await self._connection.request(subject, question, timeout=_CHUNK_TIMEOUTS[-1])

    async def report(self, report: DeploymentReported, manifest: Manifest) -> None:
        """Store a report; when this returns the hub has it."""
        await self._connection.publish(report, source=SOURCE, cause=manifest)

    async def beat(self, beat: Heartbeat) -> None:
        """Give a sign of life; it may be lost."""
        await self._connection.tell(beat.subject(), beat.encode(), headers={"ce-type": beat.type_name()})

    @property
    def _connection(self) -> Bus:
        if self._bus is None:
            raise Unreachable("asking the hub", self._identity.server, "there is no connection yet")
        return self._bus


def _judge(
    hub: Hub, floor: Callable[[], Floor], on_wake: Callable[[Wake], Awaitable[None]]
) -> Callable[[Heard], Awaitable[None]]:
    async def heard(message: Heard) -> None:
        envelope = Envelope.from_headers(message.headers)
        subject = message.headers.get("Nats-Subject", "")
        verdict = hub.judge(subject, message.payload, envelope, floor())
        manifest = None
        if isinstance(verdict, Accepted):
            now = datetime.now(UTC)
            manifest = Stored(verdict.manifest, subject, 0, now, envelope, message.payload)
        await on_wake(Wake(verdict, manifest))

    return heard


def _as_manifest(stored: Stored[Any], verdict: Accepted) -> Manifest:
    return Stored(
        event=verdict.manifest,
        subject=stored.subject,
        sequence=stored.sequence,
        time=stored.time,
        envelope=stored.envelope,
        raw=stored.raw,
    )
