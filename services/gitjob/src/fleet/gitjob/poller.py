"""One question to git, asked again and again for all GitRepos that have it."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import structlog

from fleet.bus import BusError, Unreachable
from fleet.gitjob.domain.schedule import pause
from fleet.gitjob.domain.source import Failed, Outcome
from fleet.gitjob.domain.watch import Key, Watch
from fleet.gitjob.question import Git, Question
from fleet.runtime import span

Tell = Callable[[Watch, Outcome, datetime], Awaitable[None]]
Review = Callable[[Watch], None]

_log = structlog.get_logger("fleet.gitjob")


class Poller:
    """Looks at git whenever one of its GitRepos is due, and tells each what was found.

    `review` is called for each GitRepo before a look; it may take it away, as when its secret has changed.
    `run` ends when no GitRepo is left.
    """

    def __init__(self, question: Question, *, git: Git, tell: Tell, review: Review) -> None:
        self._question = question
        self._git = git
        self._tell = tell
        self._review = review
        self._watches: dict[Key, Watch] = {}
        self._missed: set[Key] = set()
        self._woken = asyncio.Event()
        self._failures = 0

    def join(self, watch: Watch) -> None:
        """Look for this GitRepo too, at once if it is new or has changed."""
        if self._watches.get(watch.key) != watch:
            self._failures = 0
            self._woken.set()
        self._watches[watch.key] = watch

    def wake(self) -> None:
        """Look at once: there may be news."""
        self._woken.set()

    def leave(self, key: Key) -> None:
        """Look no more for this GitRepo."""
        if self._watches.pop(key, None) and not self._watches:
            self._woken.set()

    async def run(self) -> None:
        """Look, tell, wait, until nobody is left. Nothing that goes wrong in a look ends it."""
        clock = asyncio.get_running_loop().time
        while self._watches:
            started = clock()
            self._woken.clear()
            try:
                failed = await self._look()
            except Unreachable as error:
                _log.warning("poll not told", error=str(error))
                failed = True
            except Exception:  # noqa: BLE001  a bug that one question meets must not stop the others
                _log.exception("poll broke off", repositories=sorted(map("/".join, self._watches)))
                failed = True
            self._failures = self._failures + 1 if failed else 0
            await self._wait_until(started + self._pause())

    async def _look(self) -> bool:
        """Ask once and tell everybody; whether the question had no answer."""
        self._missed.clear()
        for key in list(self._watches):
            if watch := self._watches.get(key):
                with self._alone(watch):
                    self._review(watch)
            await asyncio.sleep(0)  # there may be thousands, and each reads its secret
        if not self._watches:
            return False
        now = datetime.now(UTC)
        with span("gitjob.poll"):
            outcome = await self._git.ask(self._question)
        for key in list(self._watches):
            if watch := self._watches.get(key):
                with self._alone(watch):
                    await self._tell(watch, outcome, now)
        return isinstance(outcome, Failed)

    @contextmanager
    def _alone(self, watch: Watch) -> Iterator[None]:
        """Keep what goes wrong for one GitRepo from those behind it; it is tried again after its interval."""
        try:
            yield
        except Unreachable:
            raise  # the server is away, for all of them
        except Exception as error:  # noqa: BLE001  whatever it is, the others are to be told
            self._missed.add(watch.key)
            say = _log.warning if isinstance(error, BusError) else _log.exception
            say("poll not told", workspace=watch.key.workspace, name=watch.key.name, error=str(error))

    def _pause(self) -> float:
        """Seconds between the start of this look and the next; without end where nobody wants one."""
        intervals = [
            watch.interval
            for watch in self._watches.values()
            if watch.polling or self._failures or watch.key in self._missed
        ]
        if not intervals:
            return float("inf")
        chance = random.random()  # noqa: S311  spreads load, guards nothing
        return pause(interval=min(intervals), failures=self._failures, chance=chance)

    async def _wait_until(self, time: float) -> None:
        try:
            async with asyncio.timeout_at(None if time == float("inf") else time):
                await self._woken.wait()
        except TimeoutError:
            return
