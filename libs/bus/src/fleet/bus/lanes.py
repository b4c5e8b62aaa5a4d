"""Work in order per subject, side by side across subjects."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

Job = Callable[[], Awaitable[None]]


class Lanes:
    """One serial lane per subject, made when its first job comes and gone with its last."""

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        self._tasks = tasks
        self._jobs: dict[str, deque[Job]] = {}

    def put(self, subject: str, job: Job) -> None:
        """Do the job after all others of this subject; what it raises ends the task group."""
        jobs = self._jobs.get(subject)
        if jobs is not None:
            jobs.append(job)
            return
        self._jobs[subject] = deque((job,))
        self._tasks.create_task(self._drain(subject))

    async def _drain(self, subject: str) -> None:
        jobs = self._jobs[subject]
        while jobs:
            await jobs.popleft()()
        del self._jobs[subject]
