"""Waits until everything answers: every program's own word, and a beat of every agent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Self

from fleet.bus import Bus, Heard
from fleet.cli.hub.probe import ask
from fleet.events import Heartbeat, InvalidEvent

_LOOK_AGAIN = 0.05
_OK = 200


class Beats:
    """The clusters whose agents were heard since this began to listen."""

    def __init__(self) -> None:
        self._heard: set[tuple[str, str]] = set()

    @classmethod
    @asynccontextmanager
    async def heard_on(cls, bus: Bus) -> AsyncIterator[Self]:
        """Listen while the block runs."""
        beats = cls()
        async with bus.listen(Heartbeat.subject_filter(), beats._hear):
            yield beats

    def silence(self, clusters: Iterable[tuple[str, str]]) -> str:
        """Which of the clusters were not heard, in words; empty where all were."""
        missing = sorted("/".join(cluster) for cluster in set(clusters) - self._heard)
        return f"no sign of life from the agent of {', '.join(missing)}" if missing else ""

    async def _hear(self, heard: Heard) -> None:
        try:
            beat = Heartbeat.parse(heard.payload)
        except InvalidEvent:
            return
        if beat.subject() == heard.subject:
            self._heard.add((beat.workspace, beat.cluster))


async def until_ready(
    probes: Mapping[str, tuple[int, str]],
    beats: Beats,
    clusters: Iterable[tuple[str, str]],
    *,
    seconds: float,
) -> str:
    """Wait until every probe answers 200 and every cluster's agent was heard.

    Gives the empty string, or after `seconds` what is still waited for.
    """
    waiting = "nothing has answered yet"
    try:
        async with asyncio.timeout(seconds):
            while True:
                reasons = [await _reason(name, port, path) for name, (port, path) in probes.items()]
                waiting = "; ".join(filter(None, [*reasons, beats.silence(clusters)]))
                if not waiting:
                    return ""
                await asyncio.sleep(_LOOK_AGAIN)
    except TimeoutError:
        return waiting


async def _reason(name: str, port: int, path: str) -> str:
    """Why a program is not ready; empty when it is."""
    status, body = await ask(port, path)
    if status == _OK:
        return ""
    if not status:
        return f"{name} does not answer"
    try:
        parts = json.loads(body)["parts"]
        return f"{name} waits: " + ", ".join(f"{part}: {why}" for part, why in parts.items() if why)
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"{name} answers {status}"
