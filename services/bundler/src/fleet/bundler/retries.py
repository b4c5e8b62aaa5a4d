"""Objects that are looked at again later: with growing pauses, or at once when there is reason to."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

import structlog

FIRST = 2.0
LONGEST = 300.0
"""Seconds until an object that failed is read again: 2, 4, 8, ... 300."""

_AT_ONCE = 64
_log = structlog.get_logger("fleet.bundler")


@dataclass(frozen=True, slots=True)
class ObjectKey:
    """One declared object: kind in lower case, workspace, name."""

    kind: str
    workspace: str
    name: str


@dataclass(slots=True)
class _Entry:
    due: float = float("inf")
    failures: int = 0
    waits_for: frozenset[str] = field(default_factory=frozenset)


class Retries:
    """A timetable in memory. Nothing is lost with it: every stalled object says so in its view.

    An event that failed is acknowledged once its object shows that; a retry of the event itself would
    hold up the next commit, which may be the cure.
    """

    def __init__(self) -> None:
        self._entries: dict[ObjectKey, _Entry] = {}
        self._news = asyncio.Event()

    def later(self, key: ObjectKey, *, waits_for: Iterable[str] = ()) -> float:
        """Have an object read again after a pause; gives its seconds. `waits_for` names bundles.

        One that is due stays so: what came up while it was being read calls for another look.
        """
        entry, now = self._entries.setdefault(key, _Entry()), time.monotonic()
        pause = min(LONGEST, FIRST * 2.0 ** min(entry.failures, 16))
        entry.failures += 1
        entry.due = entry.due if entry.due <= now else now + pause
        entry.waits_for = frozenset(waits_for)
        self._news.set()
        return pause

    def soon(self, key: ObjectKey) -> None:
        """Have an object read at once."""
        self._entries.setdefault(key, _Entry()).due = time.monotonic()
        self._news.set()

    def settled(self, key: ObjectKey) -> None:
        """Forget an object: its last reading succeeded, or it is gone."""
        self._entries.pop(key, None)

    def freed(self, workspace: str, bundle: str) -> None:
        """A bundle name is free: whoever waits for it is read at once."""
        for key, entry in self._entries.items():
            if key.workspace == workspace and bundle in entry.waits_for:
                self.soon(key)

    async def run(self, look: Callable[[ObjectKey], Awaitable[None]]) -> None:
        """Call `look` for each object when its time comes, until cancelled."""
        slots = asyncio.Semaphore(_AT_ONCE)

        async def attempt(key: ObjectKey) -> None:
            async with slots:
                try:
                    await look(key)
                except Exception as error:  # noqa: BLE001 - it is tried again, as an event's handler is
                    _log.warning(
                        "reading is tried again",
                        workspace=key.workspace,
                        name=key.name,
                        delay=self.later(key),
                        error=str(error) or type(error).__name__,
                    )

        async with asyncio.TaskGroup() as tasks:
            while True:
                for key in self._take_due():
                    tasks.create_task(attempt(key))
                await self._wait()

    def _take_due(self) -> list[ObjectKey]:
        now = time.monotonic()
        due = [key for key, entry in self._entries.items() if entry.due <= now]
        for key in due:
            self._entries[key].due = float("inf")
        return due

    async def _wait(self) -> None:
        self._news.clear()
        nearest = min((entry.due for entry in self._entries.values()), default=float("inf"))
        seconds = None if nearest == float("inf") else max(0.0, nearest - time.monotonic())
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return
