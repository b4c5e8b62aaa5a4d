"""Blocking calls in threads, so that one that hangs delays nobody else."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")

_GRACE = 5.0


class Stuck(Exception):
    """A blocking call did not come back in time; its thread was left to itself."""

    def __init__(self, what: str, seconds: float) -> None:
        super().__init__(f"{what} has not come back after {seconds:.0f} s")


class Calls:
    """Runs blocking calls, each in a daemon thread of its own, `at_once` of them working at a time.

    A call that takes longer than `patience` seconds waits for a cluster rather than works, so its place
    is given to the next one. No pool is used: its idle threads would be the ones that hang, and it would
    hold up the end of the process.
    """

    def __init__(self, *, at_once: int = 4, patience: float = 5.0) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._patience = patience

    async def run(
        self, what: str, call: Callable[[], T], *, deadline: float, cancel: Callable[[], None] | None = None
    ) -> T:
        """Run `call` and give its result, or raise what it raises.

        Args:
            what: names the call in errors and threads.
            call: what blocks.
            deadline: seconds after which it is given up.
            cancel: asks the call to end early; called from the event loop, must not block.

        Raises:
            Stuck: the deadline has passed.
        """
        await self._places.acquire()
        place = _Place(self._places)
        done = self._start(what, call)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._patience):
                    await asyncio.wait([done])
            place.leave()
            return await self._finish(what, done, deadline, cancel)
        except asyncio.CancelledError:
            done.add_done_callback(_read)
            if cancel is not None:
                cancel()
            raise
        finally:
            place.leave()

    @staticmethod
    async def _finish(
        what: str, done: "asyncio.Future[T]", deadline: float, cancel: Callable[[], None] | None
    ) -> T:
        finished, _ = await asyncio.wait([done], timeout=deadline)
        if not finished and cancel is not None:
            cancel()
            finished, _ = await asyncio.wait([done], timeout=_GRACE)
        if not finished:
            done.add_done_callback(_read)
            raise Stuck(what, deadline)
        return done.result()

    @staticmethod
    def _start(what: str, call: Callable[[], T]) -> "asyncio.Future[T]":
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def settle(result: T | None, error: BaseException | None) -> None:
            if done.cancelled():
                return
            if error is not None:
                done.set_exception(error)
            else:
                done.set_result(result)  # type: ignore[arg-type]  # None only where T has it

        def work() -> None:
            result: T | None = None
            error: BaseException | None = None
            try:
                result = call()
            except BaseException as raised:  # noqa: BLE001 - it is raised where the call is awaited
                error = raised
            with suppress(RuntimeError):  # the loop may be gone by now
                loop.call_soon_threadsafe(settle, result, error)

        threading.Thread(target=work, name=what, daemon=True).start()
        return done


class _Place:
    """One of the places at work; leaving it twice does no harm."""

    def __init__(self, places: asyncio.Semaphore) -> None:
        self._places: asyncio.Semaphore | None = places

    def leave(self) -> None:
        if self._places is not None:
            self._places.release()
            self._places = None


def _read(done: "asyncio.Future[T]") -> None:
    """Take notice of an error that nobody waits for any more."""
    if not done.cancelled():
        done.exception()
