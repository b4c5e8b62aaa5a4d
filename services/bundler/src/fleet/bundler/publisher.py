"""From a reading to records: the names that may be had, content first, then the records of the set."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import structlog

from fleet.bundler.domain.claims import claim
from fleet.bundler.domain.guard import Loss
from fleet.bundler.domain.records import BundleEvent, Named, Reading, events_for, retired_event
from fleet.bundler.domain.rows import Row, row_of
from fleet.bundler.domain.sets import Change, heir_of, plan_change, retire_all
from fleet.bundler.errors import NeedsContent
from fleet.bundler.guard import Guard
from fleet.bundler.shelf import Shelf
from fleet.bundler.writing import side_by_side
from fleet.bus import Bus, Conflict
from fleet.events import BundleRendered, BundleSet, Owner, Resource, Stored
from fleet.vault import Keyring

SOURCE = "bundler"

_AT_ONCE = 32
_ATTEMPTS = 6
_PAUSE = 0.05
_log = structlog.get_logger("fleet.bundler")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Published:
    """The set that stands in BUNDLES now, and the names that another owner has."""

    set: BundleSet
    refused: dict[str, Owner]


class Publisher:
    """Writes BundleRendered and BundleRetired, one workspace at a time, by compare-and-set."""

    def __init__(self, *, bus: Bus, shelf: Shelf, keyring: Keyring, guard: Guard) -> None:
        self._bus = bus
        self._shelf = shelf
        self._keyring = keyring
        self._guard = guard
        self._locks: dict[str, asyncio.Lock] = {}

    async def publish(self, reading: Reading) -> Published:
        """Bring BUNDLES to what was read, in as many records as changed; doing it twice writes nothing.

        Raises:
            OlderThanStored: records of a later commit are there already.
            Held: it removes so much that somebody must approve of it first. Nothing is written.
            NeedsContent: a bundle must be written that was not read. Nothing is written.
            Conflict: somebody else kept writing the same names.
        """
        named = {one.name: one for one in reading.bundles}
        async with self._locks.setdefault(reading.workspace, asyncio.Lock()):
            return await self._until_undisturbed(partial(self._publish, reading, named))

    async def retire(self, find: Callable[[], Iterable[Row]], cause: Stored[Any]) -> None:
        """Retire the bundles of owners that are gone, as `find` finds them on the shelf.

        Raises:
            Conflict: somebody else kept writing the same names.
        """
        workspaces = {row.workspace for row in find()}
        for workspace in sorted(workspaces):
            async with self._locks.setdefault(workspace, asyncio.Lock()):
                await self._until_undisturbed(partial(self._retire, find, cause))

    async def _until_undisturbed(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do work that compares and sets; where another writer was quicker, look again and decide anew."""
        for attempt in range(_ATTEMPTS - 1):
            await self._shelf.ready()
            try:
                return await work()
            except Conflict:
                await asyncio.sleep(_PAUSE * 2**attempt)
        return await work()

    async def _retire(self, find: Callable[[], Iterable[Row]], cause: Stored[Any]) -> None:
        by_owner: dict[str, list[Row]] = {}
        for row in find():
            by_owner.setdefault(row.owner.uid, []).append(row)
        for rows in by_owner.values():
            change = retire_all(rows)
            sequence = max(row.commit_sequence for row in rows)
            events = [
                retired_event(row, commit="", commit_sequence=sequence, whole=change.set)
                for row in change.retire
            ]
            await self._write(events, cause)
            self._tell("bundles retired", rows[0].workspace, rows[0].owner, change, cause)

    async def _publish(self, reading: Reading, named: Mapping[str, Named]) -> Published:
        rows = self._shelf.rows(reading.workspace)
        dead = await self._dead_owners(reading, named)
        claims = claim(named, owner=reading.owner, rows=rows, dead=dead)
        change = plan_change(
            {name: named[name].digest for name in claims.ours},
            self._shelf.of_owner(reading.workspace, reading.owner.uid),
            commit_sequence=reading.commit_sequence,
        )
        if not change.is_empty:
            await self._guard.check(reading, self._loss(reading, change))
            if any(named[name].bundle is None for name in change.write):
                raise NeedsContent
            await self._store(reading.workspace, [named[name] for name in change.write])
            await self._keep_sets_of_others(reading, change)
            await self._write(events_for(reading, change, named, rows), reading.cause)
            self._tell("bundles published", reading.workspace, reading.owner, change, reading.cause)
        return Published(change.set, claims.refused)

    def _loss(self, reading: Reading, change: Change) -> Loss:
        present = self._shelf.of_owner(reading.workspace, reading.owner.uid)
        gone = tuple(row.bundle for row in change.retire)
        return Loss(gone, sum(row.rendered for row in present))

    async def _dead_owners(self, reading: Reading, names: Iterable[str]) -> frozenset[str]:
        """Of the other owners of wanted names, those whose object was deleted or made anew."""
        rows = self._shelf.rows(reading.workspace)
        others = {
            row.owner.uid: row.owner
            for name in names
            if (row := rows.get(name)) and row.rendered and row.owner.uid != reading.owner.uid
        }
        dead = set()
        for uid, owner in others.items():
            found = await self._bus.last(
                Resource, kind=owner.kind.lower(), workspace=reading.workspace, name=owner.name
            )
            # No record at all proves nothing: absence removes nothing.
            if found is not None and (found.event.deleted or found.event.metadata.uid != uid):
                dead.add(uid)
        return frozenset(dead)

    async def _keep_sets_of_others(self, reading: Reading, change: Change) -> None:
        """Where a name that we take says what its last owner's set is, another record says it first."""
        rows = self._shelf.rows(reading.workspace)
        for name in change.write:
            losing = rows.get(name)
            if losing is None or losing.rendered or losing.owner.uid == reading.owner.uid:
                continue
            heir = heir_of(losing, self._shelf.of_owner(reading.workspace, losing.owner.uid))
            if heir is None:
                continue
            found = await self._bus.last(BundleRendered, workspace=heir.workspace, bundle=heir.bundle)
            if found is not None and isinstance(found.event, BundleRendered):
                mark = {"commit_sequence": losing.commit_sequence, "set": losing.set}
                await self._write([found.event.model_copy(update=mark)], found)

    async def _store(self, workspace: str, bundles: Iterable[Named]) -> None:
        """Seal and store content; it must be there before a record names it."""
        key = self._keyring.workspace(workspace)
        read = [(one, one.bundle) for one in bundles if one.bundle is not None]
        blobs = {one.content: bundle.manifest for one, bundle in read}
        blobs |= {one.options: bundle.options for one, bundle in read}

        async def store(digest: str, blob: bytes) -> None:
            await self._bus.put_content(workspace, await asyncio.to_thread(key.seal, blob, name=digest))

        await side_by_side((partial(store, digest, blob) for digest, blob in blobs.items()), at_once=_AT_ONCE)

    async def _write(self, events: Iterable[BundleEvent], cause: Stored[Any]) -> None:
        """Store records side by side; what is stored goes on the shelf, whatever becomes of the others."""

        async def write(event: BundleEvent) -> None:
            row = self._shelf.rows(event.workspace).get(event.bundle)
            expect = row.sequence if row else 0
            sequence = await self._bus.publish(event, source=SOURCE, cause=cause, expect=expect)
            self._shelf.note(row_of(event, sequence))

        await side_by_side((partial(write, event) for event in events), at_once=_AT_ONCE)

    def _tell(self, what: str, workspace: str, owner: Owner, change: Change, cause: Stored[Any]) -> None:
        _log.info(
            what,
            workspace=workspace,
            name=owner.name,
            written=len(change.write),
            retired=len(change.retire),
            correlation_id=cause.envelope.correlation_id,
        )
