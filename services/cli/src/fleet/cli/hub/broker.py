"""The broker as one of the hub's programs: made to read its configuration again."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping
from pathlib import Path

from fleet.cli.hub.layout import Layout
from fleet.cli.hub.probe import ask
from fleet.cli.hub.process import Process
from fleet.cli.hub.programs import MONITOR, NATS

_PATIENCE = 15.0
_HEARING = 0.5
_LOOK_AGAIN = 0.01
_REFUSED = "Failed to reload server configuration: "


class BrokerBehind(Exception):
    """The broker goes on with its earlier configuration; the text says why, and where its log is."""


class Broker:
    """A running nats-server: its process, the port it is asked on, its configuration and its log."""

    def __init__(self, *, process: Process, monitor_port: int, configuration: Path, log: Path) -> None:
        self._process = process
        self._monitor_port = monitor_port
        self._configuration = configuration
        self._log = log

    async def reload(self) -> None:
        """Have it read its configuration, and wait until it says that it has.

        It is told again and again, as it may be starting anew at this moment and deaf.

        Raises:
            BrokerBehind: it refuses what is written there, or says nothing for 15 s.
        """
        before, seen = await self._loaded(), self._size()
        refusal = ""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                while not refusal:
                    self._process.hang_up()
                    if await self._has_loaded_since(before):
                        return
                    refusal = self._refusal(seen)
        reason = refusal or f"it has not read it within {_PATIENCE:g} s"
        raise BrokerBehind(
            f"the broker does not take its new configuration {self._configuration.resolve()}: {reason}."
            f" Its log is {self._log.resolve()}"
        )

    async def _has_loaded_since(self, before: str) -> bool:
        """Look for half a second whether it has read it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_HEARING):
                while await self._loaded() in (before, ""):  # noqa: ASYNC110 - it can only be asked
                    await asyncio.sleep(_LOOK_AGAIN)
                return True
        return False

    async def _loaded(self) -> str:
        """When it last read its configuration; empty while it does not answer."""
        status, body = await ask(self._monitor_port, "/varz")
        return str(json.loads(body).get("config_load_time", "")) if status else ""

    def _size(self) -> int:
        return self._log.stat().st_size if self._log.exists() else 0

    def _refusal(self, seen: int) -> str:
        """Why it refused, in the last of its words behind the first `seen` bytes of its log; else empty."""
        if not self._log.exists():
            return ""
        with self._log.open("rb") as log:
            log.seek(seen if self._size() >= seen else 0)  # it was shorter: another file was begun
            lines = log.read().decode(errors="replace").splitlines()
        refusals = [line.partition(_REFUSED)[2] for line in lines if _REFUSED in line]
        return refusals[-1].strip() if refusals else ""


def broker_of(layout: Layout, process: Process, ports: Mapping[str, int]) -> Broker:
    """The broker of the hub in a folder."""
    return Broker(
        process=process,
        monitor_port=ports[MONITOR],
        configuration=layout.nats_conf,
        log=layout.log(NATS),
    )
