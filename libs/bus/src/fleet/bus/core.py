"""Messages that no stream keeps: questions, answers, and subjects to listen to."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import structlog
from nats.aio.msg import Msg

from fleet.bus.connection import Connection, status_of
from fleet.bus.errors import Refused, Unreachable

CODE_HEADER = "Nats-Service-Error-Code"
REASON_HEADER = "Nats-Service-Error"

IMPORTED = "_R_."
"""Reply subjects that the server made, for a question that came from another account."""

INBOXES = ("_INBOX", IMPORTED)

_AT_ONCE = 256
_log = structlog.get_logger("fleet.bus")


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that came on a subject that was listened to."""

    subject: str
    payload: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


Handler = Callable[[Heard], Awaitable[bytes]]
Listener = Callable[[Heard], Awaitable[None]]


async def ask(connection: Connection, subject: str, payload: bytes, timeout: float) -> bytes:
    """Ask once and give the answer's payload.

    Raises:
        Refused: the responder said no; its code and reason are in it.
        Unreachable: no answer in `timeout` seconds, or nobody answers on that subject.
    """
    answer = await connection.request(subject, payload, timeout=timeout)
    headers = answer.headers or {}
    if CODE_HEADER in headers:
        code = headers[CODE_HEADER]
        raise Refused(subject, int(code) if code.isdigit() else 500, headers.get(REASON_HEADER, ""))
    return answer.data


@contextlib.asynccontextmanager
async def responding(
    connection: Connection, subject: str, handler: Handler, queue: str, replies: tuple[str, ...] = INBOXES
) -> AsyncIterator[None]:
    """Answer questions on a subject while the block runs, at most 256 at once.

    The handler raises Refused to refuse. Any other exception is logged with its traceback and answered
    with code 500 and no detail. Questions whose reply subject begins with none of `replies` are dropped:
    an answer must never become a message on a subject that means something (NATS does not check them).
    """
    slots = asyncio.Semaphore(_AT_ONCE)
    tasks: set[asyncio.Task[None]] = set()

    def forget(task: asyncio.Task[None]) -> None:
        tasks.discard(task)
        slots.release()

    async def take(message: Msg) -> None:
        if status_of(message) or not message.reply.startswith(replies):
            return
        await slots.acquire()
        task = asyncio.create_task(_answer(connection, message, handler))
        tasks.add(task)
        task.add_done_callback(forget)

    subscription = await connection.subscribe(subject, take, queue=queue)
    try:
        yield
    finally:
        await connection.unsubscribe(subscription)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _answer(connection: Connection, message: Msg, handler: Handler) -> None:
    heard = Heard(message.subject, message.data, message.headers or {})
    headers: dict[str, str] | None = None
    try:
        answer = await handler(heard)
    except Refused as error:
        answer, headers = b"", {CODE_HEADER: str(error.code), REASON_HEADER: error.reason}
    except Exception:  # noqa: BLE001 - a bug of the handler must not end the responder
        _log.exception("responder failed", subject=message.subject)
        answer, headers = b"", {CODE_HEADER: "500", REASON_HEADER: "the responder failed; its log says why"}
    with contextlib.suppress(Unreachable):  # who asked will ask again
        await connection.publish(message.reply, answer, headers=headers)


@contextlib.asynccontextmanager
async def listening(connection: Connection, subject: str, listener: Listener) -> AsyncIterator[None]:
    """Hear a subject while the block runs, one message after the other.

    Status frames are not handed on: only the server may say them, and only to an own inbox.
    """

    async def take(message: Msg) -> None:
        if status_of(message):
            return
        try:
            await listener(Heard(message.subject, message.data, message.headers or {}))
        except Exception:  # noqa: BLE001 - a bug of the listener must not end the listening
            _log.exception("listener failed", subject=message.subject)

    subscription = await connection.subscribe(subject, take)
    try:
        yield
    finally:
        await connection.unsubscribe(subscription)
