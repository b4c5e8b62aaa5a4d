"""The entries that a manifest lists by digest, wherever they are."""

import asyncio
from collections.abc import Callable

import structlog

from fleet.agent.content import Content
from fleet.bus import BusError, Refused
from fleet.events import DeploymentTargeted, Entry

_AT_ONCE = 8
_log = structlog.get_logger("fleet.agent")


class Entries:
    """Finds entries: those that stand in the manifest itself, then in memory, then at the gateway."""

    def __init__(self, *, content: Content, cluster: str) -> None:
        self._content = content
        self._cluster = cluster

    def learn(self, manifest: DeploymentTargeted) -> None:
        """Keep what stands in a manifest in full: a later one, acted on in its place, may only name it."""
        self._content.learn(dict(manifest.inline))

    async def resolve(
        self, manifest: DeploymentTargeted, on_refused: Callable[[], None]
    ) -> tuple[dict[str, Entry], bool]:
        """The entries of a manifest by digest, in its order, and whether these are all.

        One that cannot be had delays no other: it is left out, logged, and asked for again by the caller.
        """
        self.learn(manifest)
        places = asyncio.Semaphore(_AT_ONCE)

        async def one(digest: str) -> Entry | None:
            known = self._content.known(digest)
            if known is not None:
                return known
            async with places:
                return await self._fetch(digest, on_refused)

        entries = await asyncio.gather(*(one(digest) for digest in manifest.entries))
        found = {
            digest: entry
            for digest, entry in zip(manifest.entries, entries, strict=True)
            if entry is not None
        }
        return found, len(found) == len(manifest.entries)

    async def _fetch(self, digest: str, on_refused: Callable[[], None]) -> Entry | None:
        try:
            return await self._content.entry(digest)
        except Refused as error:
            on_refused()
            reason: BusError = error
        except BusError as error:
            reason = error
        _log.warning("entry not reached", cluster=self._cluster, entry=digest, error=str(reason))
        return None
