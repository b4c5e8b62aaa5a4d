"""The entries of manifests by their digests, kept in memory: a few thousand in all, however many clusters."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable

import structlog
from pydantic import ValidationError

from fleet.bus import Bus
from fleet.events import DeploymentTargeted, Entry, InvalidEvent
from fleet.gateway.domain.errors import NotHere
from fleet.vault import Tampered, WorkspaceKey

KEPT = 10_000
"""Entries in memory, about 1 KiB each."""

_AT_ONCE = 16

_log = structlog.get_logger("fleet.gateway")


class Entries:
    """Finds entries: in the manifest itself, in memory, or sealed in CONTENT."""

    def __init__(self, *, bus: Bus, kept: int = KEPT) -> None:
        self._bus = bus
        self._kept = kept
        self._known: OrderedDict[str, Entry] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    async def of(self, manifest: DeploymentTargeted, key: WorkspaceKey) -> AsyncIterator[Entry]:
        """Every entry of a manifest, those at hand first; one that cannot be found is left out."""
        missing: list[str] = []
        for digest in manifest.entries:
            entry = manifest.inline.get(digest) or self._recall(digest)
            if entry is None:
                missing.append(digest)
            else:
                yield entry
        for start in range(0, len(missing), _AT_ONCE):
            for entry in await self._fetch_all(manifest.workspace, missing[start : start + _AT_ONCE], key):
                yield entry

    async def one(self, digest: str, manifest: DeploymentTargeted, key: WorkspaceKey) -> Entry:
        """One entry. Raises NotHere when it is stored nowhere."""
        entry = manifest.inline.get(digest) or self._recall(digest)
        entry = entry or await self._fetch(manifest.workspace, digest, key)
        if entry is None:
            raise NotHere("the entry is not stored; read the manifest again")
        return entry

    def _recall(self, digest: str) -> Entry | None:
        entry = self._known.get(digest)
        if entry is not None:
            self._known.move_to_end(digest)
        return entry

    async def _fetch_all(self, workspace: str, digests: Iterable[str], key: WorkspaceKey) -> list[Entry]:
        found = await asyncio.gather(*(self._fetch(workspace, digest, key) for digest in digests))
        return [entry for entry in found if entry is not None]

    async def _fetch(self, workspace: str, digest: str, key: WorkspaceKey) -> Entry | None:
        chunks = await self._bus.get_content(workspace, digest)
        if chunks is None:
            return None
        entry = _opened(key, digest, chunks)
        if entry is not None:
            self._known[digest] = entry
            while len(self._known) > self._kept:
                self._known.popitem(last=False)
        return entry


def _opened(key: WorkspaceKey, digest: str, chunks: Iterable[bytes]) -> Entry | None:
    try:
        entry = Entry.model_validate_json(key.open(digest, chunks))
    except (Tampered, ValidationError, InvalidEvent) as error:
        _log.error("entry unusable", workspace=key.workspace, digest=digest, error=type(error).__name__)
        return None
    if entry.digest() != digest:
        _log.error("entry unusable", workspace=key.workspace, digest=digest, error="another entry's digest")
        return None
    return entry
