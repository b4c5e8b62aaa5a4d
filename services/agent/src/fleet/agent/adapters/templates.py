"""Renders templates in processes of their own, which are started on demand and bounded in all ways."""

import asyncio
import json
import signal
from collections.abc import Mapping
from typing import Any

from fleet.agent.adapters.template_process import LENGTH
from fleet.agent.domain.errors import AgentError
from fleet.runtime.confined import OUT_OF_MEMORY
from fleet.runtime.workers import Worker, Workers

SECONDS = 60.0
"""What one rendering may take."""

MEMORY = 4 << 30
"""Bytes of address space that a rendering process may have; Go reserves 1.8 GiB of it before it begins."""

_SIZE = 4
_IDLE = 30.0
_GO_GAVE_UP = 2
_FOR_MEMORY = (_GO_GAVE_UP, OUT_OF_MEMORY, -signal.SIGKILL, -signal.SIGABRT, -signal.SIGSEGV)
_ADVICE = "; it is tried again. If this stays, look for a loop in the templates without an end in sight"


class RenderingEnded(AgentError):
    """A rendering took too long or too much memory, and its process was ended."""


class Templates(Workers):
    """A few rendering processes for all clusters of this agent. Use it as `async with Templates() as t`."""

    def __init__(self, *, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        # The environment is ours: it says where the cluster is to an agent that runs inside one.
        super().__init__(
            module="fleet.agent.adapters.template_process",
            size=_SIZE,
            idle=_IDLE,
            memory=memory,
            env=None,
            quiet=True,
        )
        self._seconds = seconds
        self._memory = memory

    async def render(self, task: Mapping[str, Any]) -> dict[str, Any]:
        """Have a task done and give the answer, both as `template_process` says.

        Raises:
            RenderingEnded: it took longer than its deadline, or more memory than its process may have.
        """
        text = json.dumps({**task, "seconds": self._seconds}).encode()
        async with self.lease() as worker:
            try:
                async with asyncio.timeout(self._seconds):
                    answer = await _ask(worker, text)
            except TimeoutError:
                raise self._too_slow() from None
            except (asyncio.IncompleteReadError, ConnectionError):
                raise self._ended(await worker.ended()) from None
        if answer.get("large"):
            raise RenderingEnded("what the templates render is larger than 64 MiB")
        return answer

    def _too_slow(self) -> RenderingEnded:
        return RenderingEnded(f"rendering the templates took longer than {self._seconds:g} s{_ADVICE}")

    def _ended(self, code: int | None) -> RenderingEnded:
        if code == -signal.SIGXCPU:
            return self._too_slow()
        if code in _FOR_MEMORY:
            return RenderingEnded(
                f"rendering the templates needed more than {self._memory >> 20} MiB of memory{_ADVICE}"
            )
        return RenderingEnded(f"the process that rendered the templates ended with code {code}{_ADVICE}")


async def _ask(worker: Worker, text: bytes) -> dict[str, Any]:
    await worker.send([LENGTH.pack(len(text)), text])
    size = LENGTH.unpack(await worker.source.readexactly(LENGTH.size))[0]
    answer: dict[str, Any] = json.loads(await worker.source.readexactly(size))
    return answer
