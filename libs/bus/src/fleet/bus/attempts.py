"""A handler is asked until it has an answer: it returned, or it rejected."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from fleet.bus.errors import BusError, Reject, Retry
from fleet.events import Stored

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
"""Seconds between the attempts of a handler that fails: 1, 2, 4, ... 60."""

_BUS_PAUSE = 0.1
_log = structlog.get_logger("fleet.bus")

Handler = Callable[[Stored[Any]], Awaitable[None]]


async def attempt(
    handler: Handler, event: Stored[Any], *, slots: asyncio.Semaphore, subscriber: str
) -> Reject | None:
    """Call the handler until it returns (None) or rejects (the Reject).

    It holds a slot only while it works, not while it waits for its next attempt. Anything but Retry and
    Reject is a bug and logged with its traceback, except what the bus raises: a server that is away or a
    lost race are no bugs.
    """
    failures = 0
    while True:
        try:
            async with slots:
                await handler(event)
            return None
        except Reject as rejection:
            return rejection
        except Retry as again:
            pause, note, failures = again.delay, _log.info, 0
            reason = str(again)
        except BusError as error:
            failures += 1
            pause, note, reason = pause_after(failures, _BUS_PAUSE), _log.warning, str(error)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises must not end the subscriber
            failures += 1
            pause, note, reason = pause_after(failures), _log.exception, str(error) or type(error).__name__
        note(
            "handler is asked again",
            subscriber=subscriber,
            subject=event.subject,
            sequence=event.sequence,
            correlation_id=event.envelope.correlation_id,
            delay=pause,
            error=reason,
        )
        await asyncio.sleep(pause)


def pause_after(failures: int, first: float = FIRST_PAUSE) -> float:
    """Seconds to wait after so many failures in a row (1, 2, ...): doubled each time, 60 at most."""
    return min(LONGEST_PAUSE, first * 2.0 ** min(failures - 1, 16))
