"""The end of a process: asked for by SIGTERM or SIGINT, over within seconds, exit code 0."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from types import FrameType
from typing import Any

GRACE_SECONDS = 3.5
"""How long a service may take to end by itself; 5 s is the promise, the rest is for a busy machine."""


class Shutdown:
    """Cancels the service's task at the first signal, and ends the process when that does not help.

    Whatever hangs then (a handler that swallows its cancellation, a blocking call, a thread) loses
    nothing: a service that may be killed at any instant has made durable what it acknowledged.
    """

    def __init__(self, *, grace: float = GRACE_SECONDS) -> None:
        self._grace = grace
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        self.requested = False

    def install(self) -> None:
        """Take SIGTERM and SIGINT from now on. Call it in the main thread.

        The handlers are Python's own and not the event loop's: they also run while a handler blocks
        the loop.
        """
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, self._on_signal)

    def watch(self, task: asyncio.Task[Any]) -> None:
        """Name the task to cancel; a signal that came before cancels it at once."""
        self._task = task
        self._loop = task.get_loop()
        if self.requested:
            task.cancel()

    def _on_signal(self, _signum: int, _frame: FrameType | None) -> None:
        if self.requested:
            return
        self.requested = True
        deadline = threading.Timer(self._grace, _end_now)
        deadline.daemon = True
        deadline.start()
        if self._loop is not None and self._task is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._task.cancel)


def _end_now() -> None:
    sys.stderr.flush()
    os._exit(0)
