"""Which of the bundles that were just stored go to no cluster, as far as the targeter says so soon."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Mapping

from fleet.bus import Bus, Refused, Unreachable
from fleet.events import Resource, ViewPart, token

_SECONDS = 2.0
_PART = "rollup"


async def without_clusters(bus: Bus, workspace: str, names: Iterable[str]) -> list[str]:
    """The bundles that match no cluster, by name.

    What the targeter has not looked at within 2 s is not among them, and nothing is where there is no
    targeter: it is told by `fleet get bundles` later.
    """
    try:
        subject = f"fleet.query.clusters.{token(workspace)}"
        await bus.request(subject, b'{"limit": 1}', timeout=_SECONDS)
    except (Unreachable, Refused):
        return []
    wanted = {name: await _generation(bus, workspace, name) for name in names}
    found: dict[str, int] = {}
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_SECONDS):
            await _look(bus, workspace, wanted, found)
    return sorted(name for name, clusters in found.items() if not clusters)


async def _generation(bus: Bus, workspace: str, name: str) -> int:
    stored = await bus.last(Resource, kind="bundle", workspace=workspace, name=name)
    return stored.event.metadata.generation if stored else 0


async def _look(bus: Bus, workspace: str, wanted: Mapping[str, int], found: dict[str, int]) -> None:
    """Fill `found` with how many clusters each wanted bundle has, as of its generation."""
    feed = bus.follow(ViewPart, kind="bundle", workspace=workspace)
    try:
        async for stored in feed:
            view = stored.event
            wanted_generation = wanted.get(view.name)
            if (
                view.part != _PART
                or wanted_generation is None
                or view.observed_generation < wanted_generation
            ):
                continue
            found[view.name] = view.status.get("summary", {}).get("desiredReady", 0)
            if found.keys() == wanted.keys():
                return
    finally:
        await feed.aclose()
