"""Subscribers: what extends the system without slowing it. Three outcomes: return, Retry, Reject."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Self, TypeVar

from fleet.bus.attempts import Handler
from fleet.bus.bus import Bus
from fleet.bus.consumption import Consumption
from fleet.events import Event, Stored, token

E = TypeVar("E", bound=Event)


class Subscriber:
    """A name and a table of handlers; each has a durable consumer `<name>-<event>`, made at the first run.

    Handlers are called at least once, in order per subject, up to `parallel` of them at a time over all
    subjects, and should read the present before they act. Returning acknowledges; raising Retry asks
    again later while the subject waits; raising Reject makes a dead letter. Anything else that is raised
    is a bug: logged with its traceback, asked again after 1, 2, 4 ... 60 s.
    """

    def __init__(self, name: str, *, parallel: int = 64) -> None:
        self.name = token(name)
        self._parallel = parallel
        self._handlers: list[tuple[type[Event], Handler]] = []

    def on(self, cls: type[E], handler: Callable[[Stored[E]], Awaitable[None]]) -> Self:
        """Have events of this class handled; gives itself, so that the table reads as one expression."""
        self._handlers.append((cls, handler))
        return self

    async def run(self, bus: Bus) -> None:
        """Handle events until cancelled. Raises Unreachable, in a group, when the bus is closed for good."""
        slots = asyncio.Semaphore(self._parallel)
        async with asyncio.TaskGroup() as tasks:
            for cls, handler in self._handlers:
                consumption = Consumption(
                    bus.connection, subscriber=self.name, cls=cls, handler=handler, slots=slots
                )
                tasks.create_task(consumption.run())
