"""Sealed content as the targeter needs it: options to read, merged options and entries to put."""

import asyncio
from collections.abc import Iterable

import structlog
from pydantic import ValidationError

from fleet.bus import Bus
from fleet.events import Entry
from fleet.vault import Keyring, Sealed, Tampered

_AT_ONCE = 16
_log = structlog.get_logger("fleet.targeter")


class Content:
    """Puts each blob once per process, and remembers nothing else.

    Options stand in the bundle's workspace, entries in the cluster's and under their own digest, which
    is how a manifest names them.
    """

    def __init__(self, *, bus: Bus, keyring: Keyring) -> None:
        self._bus = bus
        self._keyring = keyring
        self._there: set[tuple[str, str]] = set()
        self._slots = asyncio.Semaphore(_AT_ONCE)

    def name(self, workspace: str, plaintext: bytes) -> str:
        """The keyed name of a plaintext."""
        return self._keyring.workspace(workspace).name(plaintext)

    async def opened(self, workspace: str, digest: str) -> bytes | None:
        """A blob's plaintext; None where it is not there. Raises Tampered where it does not open."""
        async with self._slots:
            chunks = await self._bus.get_content(workspace, digest)
        return None if chunks is None else self._keyring.workspace(workspace).open(digest, chunks)

    async def put_options(self, workspace: str, digest: str, plaintext: bytes) -> None:
        """Store merged options under their name. Raises Full or Unreachable."""
        await self._put(workspace, digest, plaintext)

    async def put_entry(self, workspace: str, entry: Entry) -> None:
        """Store an entry for the clusters of a workspace. Raises Full or Unreachable."""
        await self._put(workspace, entry.digest(), entry.encode())

    async def entries(self, workspace: str, digests: Iterable[str]) -> list[Entry]:
        """Those entries of these digests that are there; what is missing or does not open is logged."""
        found = await asyncio.gather(*(self._entry(workspace, digest) for digest in sorted(digests)))
        return [entry for entry in found if entry is not None]

    async def _entry(self, workspace: str, digest: str) -> Entry | None:
        try:
            plaintext = await self.opened(workspace, digest)
            entry = None if plaintext is None else Entry.model_validate_json(plaintext)
            if entry is not None and entry.digest() == digest:
                self._there.add((workspace, digest))
                return entry
            reason = "not in CONTENT" if entry is None else "it is another entry"
        except Tampered as error:
            reason = str(error)
        except ValidationError:
            reason = "it is not an entry"
        _log.warning("entry not readable", workspace=workspace, entry=digest, error=reason)
        return None

    async def _put(self, workspace: str, digest: str, plaintext: bytes) -> None:
        if (workspace, digest) in self._there:
            return
        sealed: Sealed = self._keyring.workspace(workspace).seal(plaintext, name=digest)
        async with self._slots:
            await self._bus.put_content(workspace, sealed)
        self._there.add((workspace, digest))
