"""The bus as services see it: events in and out of streams, by key, in order, acknowledged."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from fleet.bus import atomic, content, core, dead, size
from fleet.bus import publish as publishing
from fleet.bus.batch import Batch
from fleet.bus.connection import Connection
from fleet.bus.follow import Feed
from fleet.bus.lease import Lease, acquire
from fleet.bus.message import stored
from fleet.bus.read import last_at, last_on
from fleet.bus.streams import ensure_streams
from fleet.events import STREAMS, DeadLetter, Event, Stored, Stream

E = TypeVar("E", bound=Event)


class Bus:
    """One connection and everything that is done with it. Use it as `async with await Bus.connect(...)`."""

    def __init__(self, connection: Connection, name: str) -> None:
        self.connection = connection
        self._name = name
        self._leases: list[Lease] = []

    @classmethod
    async def connect(
        cls,
        url: str,
        *,
        name: str,
        seed: str | None = None,
        inbox_prefix: str = "_INBOX",
        patience: float = 30.0,
    ) -> Self:
        """Connect; from then on the connection comes back by itself whenever it is lost.

        Args:
            url: `nats://host:port`, several with commas between.
            name: who this is, as the server's monitoring shows it.
            seed: the nkey seed to sign with.
            inbox_prefix: where answers come to; an agent has one of its own.
            patience: seconds to keep trying at first.

        Raises:
            Unreachable: no server accepted the connection in that time.
        """
        connection = await Connection.open(
            url, name=name, seed=seed, inbox_prefix=inbox_prefix, patience=patience
        )
        return cls(connection, name)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Give leases back and leave; what was not acknowledged is delivered again to whoever comes next."""
        for lease in self._leases:
            await lease.release()
        await self.connection.close()

    @property
    def connected(self) -> bool:
        """Whether the server is there right now."""
        return self.connection.connected

    async def closed(self) -> None:
        """Wait until the connection is gone for good (closed here, or credentials refused)."""
        await self.connection.closed.wait()

    async def ensure_streams(
        self, streams: Iterable[Stream] = STREAMS.values(), *, replicas: int = 1
    ) -> None:
        """Make and migrate streams; doing it twice changes nothing. See `streams.ensure_streams`."""
        await ensure_streams(self.connection, streams, replicas=replicas)

    async def publish(
        self,
        event: Event,
        *,
        source: str,
        id: str | None = None,
        cause: Stored[Any] | None = None,
        correlation_id: str | None = None,
        expect: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> int:
        """Store an event and give its sequence; when this returns, the stream has it.

        Args:
            event: it names its subject itself.
            source: the service that says it.
            id: the event's id; without one it follows from type, subject, body and cause.
            cause: the stored event that led to this one; its correlation and trace go on.
            correlation_id: where it is not the cause's.
            expect: the last sequence on this subject as the caller read it, 0 = none (compare-and-set).
            headers: more headers, such as a MAC.

        Raises:
            Conflict: somebody else wrote that subject since.
            Refused: the stream will not have it; Full when it has no room left.
            Unreachable: no acknowledgement within 10 s; it may be stored all the same.
        """
        body = event.encode()
        envelope = publishing.envelope_for(
            event,
            body,
            source=source,
            id=id,
            cause=cause,
            correlation_id=correlation_id,
            headers=headers,
        )
        return await publishing.publish(
            self.connection,
            event.subject(),
            body,
            envelope.to_headers(),
            stream=event.STREAM,
            expect=expect,
        )

    def check_size(self, event: Event, *, source: str, expect: int | None = None) -> None:
        """Whether `publish` with these arguments could store an event of this size; nothing is sent.

        Raises:
            Refused: it is too large for the server or its stream; the code is 413.
        """
        body = event.encode()
        envelope = publishing.envelope_for(event, body, source=source)
        headers = publishing.expecting(envelope.to_headers(), expect)
        size.check(self.connection, event.subject(), body, headers, stream=event.STREAM)

    def batch(self, *, source: str) -> Batch:
        """Many messages into one stream, quickly: `async with bus.batch(source=...) as batch`; see Batch."""
        return Batch(self.connection, source=source)

    async def atomic(self, events: Sequence[Event], *, source: str, cause: Stored[Any] | None = None) -> int:
        """Store up to 1000 events of one stream, all or none of them; gives the last one's sequence.

        When this returns they are on disk, whatever the server's `sync_interval` is. See `atomic.commit`.
        """
        return await atomic.commit(self.connection, events, source=source, cause=cause)

    def witness(self, stream: str, sequence: int) -> None:
        """Say that some record names this sequence of a stream, as ROLLOUTS names one of MEMBERS.

        Where the stream has lost it, it is burned before this process writes there next.
        """
        self.connection.floors.witness(stream, sequence)

    async def last(self, cls: type[E], *, at_least: int = 0, **names: object) -> Stored[E] | None:
        """The last value of a class by its names, or None; see `read.last_on` for `at_least`."""
        return cast(
            "Stored[E] | None", await self.last_on(cls.STREAM, cls.subject_for(**names), at_least=at_least)
        )

    async def last_on(self, stream: str, subject: str, *, at_least: int = 0) -> Stored[Event] | None:
        """The last value on a subject, or None. Raises EventError where it is none of ours."""
        found = await last_on(self.connection, stream, subject, at_least=at_least)
        return stored(found) if found else None

    async def last_through(self, address: str, *, at_least: int = 0) -> Stored[Event] | None:
        """The last value behind an imported address, such as `agent.get.<workspace>.<cluster>`, or None.

        The answer may be another one's (the server does not check the reply subjects that it makes up), so
        the caller compares the event's `subject` with its own and authenticates the body.

        Raises:
            Refused: the answer is none of a direct get. Unreachable: no answer within 5 s.
            EventError: the message is no event that this version knows.
        """
        found = await last_at(self.connection, address, at_least=at_least)
        return stored(found) if found else None

    async def present(self, cls: type[E], **names: object) -> AsyncIterator[Stored[E]]:
        """The last value of every subject of a class, once; names narrow it down.

        After an interruption a value may come again: the later one of a subject holds.
        """
        feed = Feed(self.connection, cls.STREAM, (cls,), (cls.subject_filter(**names),), live=False)
        try:
            async for found in feed:
                yield found
        finally:
            await feed.aclose()

    def follow(self, *classes: type[E], history: bool = False, **names: object) -> Feed[E]:
        """The present of these classes of one stream, then every change; see Feed. Names narrow it down.

        With `history` it begins with every value that the stream still has, not only the last ones.
        """
        streams = {cls.STREAM for cls in classes}
        if len(streams) != 1:
            raise ValueError(f"follow classes of one stream at a time, not of {sorted(streams)}")
        filters = tuple(cls.subject_filter(**names) for cls in classes)
        return Feed(self.connection, streams.pop(), classes, filters, history=history)

    def dead_letters(self) -> AsyncIterator[Stored[DeadLetter]]:
        """All dead letters, oldest first; a letter's sequence is its number."""
        return dead.letters(self.connection)

    async def replay(self, sequence: int) -> None:
        """Have a dead letter handled again by the subscriber that rejected it; see `dead.replay`."""
        await dead.replay(self.connection, sequence)

    async def purge(self, cls: type[Event], **names: object) -> int:
        """Remove every message of these names, all history included; gives how many there were."""
        answer = await self.connection.api(
            f"STREAM.PURGE.{cls.STREAM}", {"filter": cls.subject_filter(**names)}
        )
        return int(answer["purged"])

    async def put_content(self, workspace: str, blob: content.Blob) -> None:
        """Store and touch a sealed blob; see `content.put`."""
        await content.put(self.connection, workspace, blob)

    async def get_content(self, workspace: str, digest: str) -> tuple[bytes, ...] | None:
        """The sealed chunks of a blob, or None when it is not all there."""
        return await content.get(self.connection, workspace, digest)

    async def get_chunk(self, workspace: str, digest: str, number: int) -> bytes | None:
        """One sealed chunk, or None."""
        return await content.chunk(self.connection, workspace, digest, number)

    async def lease(self, name: str, *, ttl: float = 3.0) -> Lease:
        """Wait until this process leads under that name; see `lease.Lease`. Closing the bus releases it.

        Args:
            name: what is led, such as `targeter`.
            ttl: seconds after which another one may lead when this process is gone without a word.

        Raises:
            Unreachable: the connection is closed for good.
        """
        lease = await acquire(self.connection, name, ttl, self._name)
        self._leases = [one for one in self._leases if not one.lost.is_set()] + [lease]
        return lease

    async def request(self, subject: str, payload: bytes, *, timeout: float = 5.0) -> bytes:
        """Ask a responder. Raises Refused (its code and reason) or Unreachable after `timeout` seconds."""
        return await core.ask(self.connection, subject, payload, timeout)

    def respond(
        self,
        subject: str,
        handler: core.Handler,
        *,
        queue: str = "",
        replies: tuple[str, ...] = core.INBOXES,
    ) -> AbstractAsyncContextManager[None]:
        """Answer questions on a subject while the block runs; see `core.responding`.

        With `replies=(IMPORTED,)` only questions that came from another account are answered.
        """
        return core.responding(self.connection, subject, handler, queue, replies)

    def listen(self, subject: str, listener: core.Listener) -> AbstractAsyncContextManager[None]:
        """Hear a subject that no stream need keep while the block runs; see `core.listening`."""
        return core.listening(self.connection, subject, listener)

    async def tell(self, subject: str, payload: bytes, *, headers: Mapping[str, str] | None = None) -> None:
        """Say something that no stream keeps, at most once. Raises Unreachable when nobody can hear it."""
        await self.connection.publish(subject, payload, headers=headers)
