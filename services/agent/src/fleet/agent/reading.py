"""When the manifest is read, although wakes carry it: on connect, on doubt, and now and then."""

import asyncio
import random
from collections.abc import Callable

import structlog

from fleet.agent.adapters.hub import Hub, Manifest
from fleet.agent.domain.acceptance import Accepted, Floor
from fleet.bus import BusError

SLOW_SECONDS = 300.0
"""How often the manifest is read although nothing was heard, on average."""

DOUBT_SECONDS = 5.0
"""Least time between two reads that doubtful wakes lead to: forging them must not cost the hub."""

_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_log = structlog.get_logger("fleet.agent")


class Reading:
    """Reads the manifest of one cluster and hands on what may be acted on."""

    def __init__(
        self,
        *,
        hub: Hub,
        cluster: str,
        floor: Callable[[], Floor],
        on_manifest: Callable[[Accepted, Manifest], None],
    ) -> None:
        self._hub = hub
        self._cluster = cluster
        self._floor = floor
        self._on_manifest = on_manifest
        self._wanted = asyncio.Event()
        self._doubted = False
        self._last_doubt = float("-inf")

    def soon(self) -> None:
        """Read at once."""
        self._doubted = False
        self._wanted.set()

    def doubt(self) -> None:
        """Read, but seldom: somebody said something that proves nothing."""
        if not self._wanted.is_set():
            self._doubted = True
            self._wanted.set()

    async def run(self) -> None:
        """Read until cancelled."""
        pause = _PAUSE
        while True:
            try:
                async with asyncio.timeout(SLOW_SECONDS * random.uniform(0.75, 1.25)):  # noqa: S311
                    await self._wanted.wait()
            except TimeoutError:
                pass
            await self._space_out()
            self._wanted.clear()
            try:
                found = await self._hub.read(self._floor())
            except BusError as error:
                _log.warning("manifest not read", cluster=self._cluster, error=str(error))
                await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - spreads load only
                pause = min(_LONGEST_PAUSE, pause * 2)
                self._wanted.set()
                continue
            pause = _PAUSE
            if found is not None:
                self._on_manifest(*found)

    async def _space_out(self) -> None:
        """Wait out the time since the last doubt; whatever is heard meanwhile is one read."""
        now = asyncio.get_running_loop().time()
        if self._doubted:
            await asyncio.sleep(max(0.0, self._last_doubt + DOUBT_SECONDS - now))
            self._last_doubt = asyncio.get_running_loop().time()
        self._doubted = False
