"""One connection to NATS that never gives up, and requests that end: an answer or a clear error."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import nats.errors
import orjson
import structlog
from nats.aio.client import Client, Server
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from fleet.bus.errors import Full, Refused, Unreachable
from fleet.bus.witness import Floors

API_TIMEOUT = 5.0
"""Seconds that one question to JetStream's API may take."""

_STATUS = "Status"
_BACKOFF_CAP = 2.0
_AUTHORIZATION = "authorization"
_PERMISSIONS = "permissions violation"
Callback = Callable[[Msg], Awaitable[None]]
_log = structlog.get_logger("fleet.bus")


class Unanswered(Unreachable):
    """Nobody serves the subject at the moment."""


@contextlib.contextmanager
def _keeping_cancellation() -> Iterator[None]:
    """Raise a cancellation that the block forgot.

    nats-py waits with `wait_for`, and that of Python 3.11 drops a cancellation which comes at the moment of
    the answer: the task would go on, and whoever cancelled it wait without end.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task else 0
    try:
        yield
    finally:
        if task and task.cancelling() > before:
            raise asyncio.CancelledError


class _Client(Client):
    """Connects again where nats-py would close for good, as after `Slow Consumer` or a revoked account."""

    async def _process_err(self, err_msg: str) -> None:
        if _PERMISSIONS in err_msg:
            await super()._process_err(err_msg)
            return
        await self._error_cb(nats.errors.Error(f"the server said {err_msg}"))
        await self._process_op_err(nats.errors.StaleConnectionError())


class Connection:
    """Wraps one nats-py client.

    The client's own buffer for messages that are published while the connection is away is switched
    off: such a publish fails at once and is repeated by whoever awaits it, so nothing is stored late
    behind its publisher's back, and no cancellation is swallowed in a forced flush.

    A server's error that would make the client close for good makes it connect again instead.

    `generation` counts the connections made, `closed` is set when none will come any more, and every
    function in `losses` is called when a connection is lost.
    """

    def __init__(self, client: Client, where: str) -> None:
        self.client = client
        self.where = where
        self.closed = asyncio.Event()
        self.generation = 0
        self.floors = Floors()
        self.losses: set[Callable[[], None]] = set()
        self._ready = asyncio.Event()
        self._closing = False
        self._last_error = "no answer"
        self._refusal = ""

    @classmethod
    async def open(
        cls, url: str, *, name: str, seed: str | None, inbox_prefix: str, patience: float
    ) -> "Connection":
        """Connect, trying again for `patience` seconds.

        Args:
            url: one address or several with commas between.
            name: what the server's monitoring shows.
            seed: the nkey seed to sign with, or None.
            inbox_prefix: first tokens of the subjects that answers come to.
            patience: seconds.

        Raises:
            Unreachable: no server accepted the connection in that time; the last reason is in it.
        """
        connection = cls(_Client(), _place(url))
        try:
            async with asyncio.timeout(patience):
                await connection._dial(url.split(","), name, seed, inbox_prefix)
        except asyncio.CancelledError:
            await connection.close()
            raise
        except (TimeoutError, OSError, nats.errors.Error) as error:
            await connection.close()
            last = connection._last_error if isinstance(error, TimeoutError) else str(error)
            reason = connection._refusal or last  # a server that refuses may also just cut the connection
            raise Unreachable("connecting", connection.where, reason) from error
        return connection

    async def _dial(self, servers: list[str], name: str, seed: str | None, inbox_prefix: str) -> None:
        await self.client.connect(
            servers,
            name=name,
            nkeys_seed_str=seed,
            inbox_prefix=inbox_prefix,
            error_cb=self._on_error,
            disconnected_cb=self._on_disconnected,
            reconnected_cb=self._on_connected,
            closed_cb=self._on_closed,
            reconnect_to_server_handler=_next_server,
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.1,  # type: ignore[arg-type]  # seconds; a fraction works and is wanted
            ping_interval=20,
            pending_size=0,
        )
        while not self.client.is_connected:  # noqa: ASYNC110 - connect() may return on an early PING
            await asyncio.sleep(0.05)
        await self._on_connected()

    async def close(self) -> None:
        """Leave at once, without draining: open pulls would hold a drain up."""
        self._closing = True
        await self.client.close()
        self.closed.set()

    @property
    def connected(self) -> bool:
        """Whether requests can be sent right now."""
        return self._ready.is_set() and self.client.is_connected

    async def ready(self, what: str, timeout: float) -> None:
        """Wait until the connection stands. Raises Unreachable after `timeout` seconds, or when closed."""
        if self.connected:
            return
        if self.client.is_closed:
            raise Unreachable(what, self.where, "the connection is closed")
        try:
            async with asyncio.timeout(timeout):
                await self._ready.wait()
        except TimeoutError:
            raise Unreachable(what, self.where, self._last_error) from None

    async def request(
        self,
        subject: str,
        payload: bytes,
        *,
        timeout: float,
        headers: Mapping[str, str] | None = None,
        generation: int | None = None,
    ) -> Msg:
        """Ask and wait for the one answer, `timeout` seconds in all.

        With a `generation` it asks on the connection of that number only.

        Raises:
            Unanswered: nobody listens on that subject.
            Unreachable: no answer in time, or no connection, or a newer one.
            Refused: the payload is larger than the server takes.
        """
        deadline = asyncio.get_running_loop().time() + timeout
        await self.ready(subject, timeout)
        if generation is not None and generation != self.generation:
            raise Unreachable(subject, self.where, "the connection was lost")
        left = max(0.001, deadline - asyncio.get_running_loop().time())
        try:
            with _keeping_cancellation():
                return await self.client.request(
                    subject, payload, timeout=left, headers=dict(headers) if headers else None
                )
        except nats.errors.NoRespondersError as error:
            raise Unanswered(subject, self.where, "nobody serves this subject") from error
        except nats.errors.MaxPayloadError as error:
            raise Refused(subject, 413, f"{len(payload)} bytes are more than the server takes") from error
        except TimeoutError as error:
            raise Unreachable(subject, self.where, f"no answer in {timeout:g} s") from error
        except nats.errors.Error as error:
            raise Unreachable(subject, self.where, str(error) or "the connection is away") from error

    async def api(
        self, call: str, body: Mapping[str, Any] | None = None, *, timeout: float = API_TIMEOUT
    ) -> dict[str, Any]:
        """One call of JetStream's API, such as `STREAM.INFO.DESIRED`.

        Raises:
            Refused: the server's answer is an error; `code` is JetStream's error code (`err_code`).
            Unreachable: no answer in `timeout` seconds.
        """
        payload = orjson.dumps(body) if body is not None else b""
        message = await self.request(f"$JS.API.{call}", payload, timeout=timeout)
        answer: dict[str, Any] = orjson.loads(message.data)
        if error := answer.get("error"):
            raise refusal(call, error)
        return answer

    async def publish(
        self, subject: str, payload: bytes, *, reply: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        """Hand a message to the socket without waiting for anything. Raises Unreachable when it is away."""
        try:
            await self.client.publish(
                subject, payload, reply=reply, headers=dict(headers) if headers else None
            )
        except nats.errors.Error as error:
            raise Unreachable(subject, self.where, str(error) or "the connection is away") from error

    async def write(self, commands: bytes) -> None:
        """Hand over commands of the NATS protocol that are put together already (bulk publishing only).

        Raises:
            Unreachable: the connection is away; nothing was taken over.
        """
        if not self.connected:
            raise Unreachable("writing", self.where, self._last_error)
        await self.client._send_command(commands)
        await self.client._flush_pending()

    async def forget(self, subject: str) -> None:
        """Send an empty message whose effect is wanted but not needed; nobody there is no error."""
        with contextlib.suppress(nats.errors.Error):
            await self.client.publish(subject)

    async def subscribe(self, subject: str, callback: Callback, *, queue: str = "") -> Subscription:
        """Hear a subject; `callback` gets one message after the other. Raises Unreachable when closed."""
        try:
            return await self.client.subscribe(subject, queue=queue, cb=callback)
        except nats.errors.Error as error:
            raise Unreachable(f"listening to {subject}", self.where, str(error)) from error

    async def unsubscribe(self, subscription: Subscription) -> None:
        """Hear it no more; on a closed connection there is nothing to do."""
        with contextlib.suppress(nats.errors.Error):
            await subscription.unsubscribe()

    async def _on_connected(self) -> None:
        self.generation += 1
        if self.generation > 1:
            _log.info("nats reconnected", server=self.where)
        self._ready.set()

    async def _on_disconnected(self) -> None:
        self._ready.clear()
        for tell in tuple(self.losses):
            tell()
        if not self._closing:
            _log.warning("nats disconnected", server=self.where, error=self._last_error)

    async def _on_closed(self) -> None:
        self._ready.clear()
        self.closed.set()
        if not self._closing:
            _log.error("nats closed the connection for good", server=self.where, error=self._last_error)

    async def _on_error(self, error: Exception) -> None:
        said, self._last_error = self._last_error, str(error) or type(error).__name__
        if _AUTHORIZATION in self._last_error.lower():
            self._refusal = self._last_error
        if isinstance(error, nats.errors.SlowConsumerError):
            _log.error("nats dropped messages of a slow reader", subject=error.subject)
        elif said != self._last_error and not isinstance(error, OSError | nats.errors.StaleConnectionError):
            _log.warning("nats error", server=self.where, error=self._last_error)


def refusal(what: str, error: Mapping[str, Any]) -> Refused:
    """JetStream's error as ours; the code is the detailed one where there is one."""
    code, reason = (
        error.get("err_code") or error.get("code") or 0,
        error.get("description", "no reason given"),
    )
    if "maximum bytes exceeded" in reason or "insufficient" in reason or "no space" in reason:
        return Full(what, code, reason)
    return Refused(what, code, reason)


def status_of(message: Msg) -> str:
    """The status of a frame that is no message (`404`, `503`, ...), or the empty string."""
    return (message.headers or {}).get(_STATUS, "")


def _next_server(servers: list[Server], _info: dict[str, Any]) -> tuple[Server, float]:
    """The server that failed least, after a random delay that grows to 2 s; nats-py itself has no jitter."""
    server = min(servers, key=lambda one: (one.reconnects, random.random()))  # noqa: S311 - spreads load only
    ceiling = min(_BACKOFF_CAP, 0.05 * 2 ** min(server.reconnects, 6))
    return server, random.uniform(0, ceiling)  # noqa: S311 - spreads load only


def _place(url: str) -> str:
    """The addresses without user and password, to be shown."""
    parts = [urlsplit(one if "://" in one else f"nats://{one}") for one in url.split(",")]
    return ",".join(f"{part.hostname}:{part.port or 4222}" for part in parts)
