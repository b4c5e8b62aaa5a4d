"""The agents of one process: one in production, one per pocket cluster in an embedded hub."""

import asyncio
import json
import random
import signal
from collections.abc import Callable
from pathlib import Path

import structlog

from fleet.agent.adapters.calls import Calls
from fleet.agent.adapters.templates import Templates
from fleet.agent.agent import Agent
from fleet.agent.assembly import assembled
from fleet.agent.domain.identity import BadIdentity, Identity, read_identity
from fleet.kube import AccessError, KubeError

_PAUSE, _LONGEST_PAUSE = 1.0, 30.0
_log = structlog.get_logger("fleet.agent")


class Roster:
    """Runs an agent for every identity, and follows the list when it changes."""

    def __init__(
        self, *, identities: Callable[[], list[Path]], calls: Calls, templates: Templates, scratch: Path
    ) -> None:
        self._identities = identities
        self._calls = calls
        self._templates = templates
        self._scratch = scratch
        self._tasks: dict[Identity, asyncio.Task[None]] = {}
        self._agents: dict[Identity, Agent] = {}
        self._changed = asyncio.Event()

    @property
    def waits_for(self) -> str:
        """What keeps agents from working; empty when nothing does."""
        reasons = [agent.waits_for for agent in self._agents.values()]
        late = len(self._tasks) - len(self._agents) + sum(1 for reason in reasons if reason)
        return f"{late} of {len(self._tasks)} agents wait for their hub or cluster" if late else ""

    async def run(self) -> None:
        """Run until cancelled; SIGHUP has the list read again."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._changed.set)
        async with asyncio.TaskGroup() as group:
            while True:
                self._changed.clear()
                self._follow(group)
                await self._changed.wait()

    def _follow(self, group: asyncio.TaskGroup) -> None:
        try:
            wanted = self._read()
        except BadIdentity as error:
            _log.error("list of identities unusable, nothing changes", error=str(error))
            return
        for identity in [identity for identity in self._tasks if identity not in wanted]:
            self._tasks.pop(identity).cancel()
        for identity in wanted:
            if identity not in self._tasks:
                self._tasks[identity] = group.create_task(self._keep_running(identity))
        _log.info("agents", count=len(self._tasks))

    def _read(self) -> list[Identity]:
        found: list[Identity] = []
        for path in self._identities():
            try:
                found.append(read_identity(path.read_bytes(), str(path)))
            except (OSError, BadIdentity) as error:
                _log.error("identity unusable", path=str(path), error=str(error))
        return found

    async def _keep_running(self, identity: Identity) -> None:
        """Run one agent; when it fails, its neighbours go on and it starts again.

        The pauses grow only while it fails soon after its start.
        """
        now, pause = asyncio.get_running_loop().time, _PAUSE
        while True:
            began = now()
            try:
                async with assembled(
                    identity, calls=self._calls, templates=self._templates, scratch=self._scratch
                ) as agent:
                    self._agents[identity] = agent
                    await agent.run()
            except (AccessError, KubeError) as error:
                _log.error("cluster not reached", cluster=identity.key, error=str(error))
            except Exception:  # noqa: BLE001 - one agent's bug must not end the others
                _log.exception("agent failed", cluster=identity.key)
            finally:
                self._agents.pop(identity, None)
            if now() - began > _LONGEST_PAUSE:
                pause = _PAUSE
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - spreads load only
            pause = min(_LONGEST_PAUSE, pause * 2)


def one(path: Path) -> Callable[[], list[Path]]:
    """The list that has one identity file."""
    return lambda: [path]


def listed(path: Path) -> Callable[[], list[Path]]:
    """The list in a file: a JSON array of paths, relative ones beside it; BadIdentity when it is none."""

    def read() -> list[Path]:
        try:
            return [path.parent / str(name) for name in json.loads(path.read_bytes())]
        except (OSError, ValueError, TypeError) as error:
            raise BadIdentity(f"{path}: {error}") from None

    return read
