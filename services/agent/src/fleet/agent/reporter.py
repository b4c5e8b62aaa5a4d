"""Tells the hub where the cluster stands: results at once, all else merged, and only what is new."""

import asyncio
import random

import structlog

from fleet.agent.adapters.hub import Hub, Manifest
from fleet.agent.board import Board
from fleet.agent.domain.plan import BundleKey
from fleet.agent.domain.report import MERGE_SECONDS, compose, same_news
from fleet.bus import BusError
from fleet.events import DeploymentReported, digest16
from fleet.runtime import span

FIRST_SECONDS = 2.0
"""How long the first report after a start may wait until every bundle was looked at."""

_RETRY_SECONDS = 2.0
_log = structlog.get_logger("fleet.agent")


class Reporter:
    """Writes the reports of one cluster, one at a time."""

    def __init__(self, *, hub: Hub, board: Board, cluster: str) -> None:
        self._hub = hub
        self._board = board
        self._cluster = cluster
        self._manifest: Manifest | None = None
        self._keys: tuple[BundleKey, ...] = ()
        self._last: DeploymentReported | None = None

    @property
    def reported(self) -> str:
        """The digest of the last report that the hub has."""
        return digest16(self._last.encode()) if self._last else ""

    def acting_on(self, manifest: Manifest, keys: tuple[BundleKey, ...]) -> None:
        """From now on reports are about this manifest, which names these bundles."""
        self._manifest = manifest
        self._keys = keys
        self._board.changed.set()
        self._board.result.set()

    async def run(self) -> None:
        """Report until cancelled."""
        while True:
            await self._board.changed.wait()
            await self._wait_for_more()
            if self._manifest is not None:
                await self._publish(self._manifest)

    async def _wait_for_more(self) -> None:
        """Return when there is a result and nobody is at work, or when the change has waited enough."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + (MERGE_SECONDS if self._last else FIRST_SECONDS)
        while loop.time() < deadline:
            complete = self._last is not None or not self._board.missing(self._keys)
            if self._board.result.is_set() and self._board.settled and complete:
                return
            self._board.changed.clear()
            try:
                async with asyncio.timeout_at(deadline):
                    await self._board.changed.wait()
            except TimeoutError:
                return

    async def _publish(self, manifest: Manifest) -> None:
        self._board.changed.clear()
        self._board.result.clear()
        now = asyncio.get_running_loop().time()
        report = compose(manifest.event, self._board.standings(), now)
        if same_news(self._last, report):
            return
        try:
            with span("agent.report", manifest.envelope):
                await self._hub.report(report, manifest)
        except BusError as error:
            _log.warning("report not stored", cluster=self._cluster, error=str(error))
            await asyncio.sleep(_RETRY_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 - spreads load only
            self._board.changed.set()
            self._board.result.set()
            return
        self._last = report
