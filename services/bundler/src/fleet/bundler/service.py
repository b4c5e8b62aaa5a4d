"""The bundler: reads a commit once it is known, and keeps BUNDLES what the repositories say."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import structlog

from fleet.bundler.declarations import Declarations
from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.order import order_for
from fleet.bundler.domain.outcome import Failure, Outcome, refusal
from fleet.bundler.domain.records import Named, Reading
from fleet.bundler.domain.rows import Row
from fleet.bundler.domain.sets import OlderThanStored
from fleet.bundler.domain.warnings import ReadWarning
from fleet.bundler.errors import HostBusy, NeedsContent, Outdated, ReadingFailed
from fleet.bundler.failures import failure_of, not_stored, waiting
from fleet.bundler.guard import POLICY, Held
from fleet.bundler.ignored import log_ignored
from fleet.bundler.ongoing import Ongoing
from fleet.bundler.publisher import Publisher
from fleet.bundler.retries import ObjectKey, Retries
from fleet.bundler.shelf import Shelf
from fleet.bundler.source import CommitSource, Contents, Wanted
from fleet.bundler.views import ReadingViews
from fleet.bus import Bus, Refused, Retry, Subscriber
from fleet.events import GitCommitDetected, LookAsked, Owner, Resource, Stored
from fleet.git import CommitMissing, GitError
from fleet.runtime import Health, span

NAME = "bundler"
GITREPO, BUNDLE = "gitrepo", "bundle"
_OWNER_KINDS = {GITREPO: "GitRepo", BUNDLE: "Bundle"}
_PART = "bundles"
_PARALLEL = 256
_log = structlog.get_logger("fleet.bundler")


class Bundler:
    """Turns commits, and Bundles that people declare, into BundleRendered and BundleRetired.

    Every trigger means the same: look at this object again. What it was is not trusted; the object, its
    last commit and its records are read anew, under a lock per object.
    """

    def __init__(
        self,
        *,
        bus: Bus,
        source: CommitSource,
        declarations: Declarations,
        shelf: Shelf,
        publisher: Publisher,
        views: ReadingViews,
        retries: Retries,
        health: Health,
    ) -> None:
        self._bus = bus
        self._source = source
        self._declarations = declarations
        self._shelf = shelf
        self._publisher = publisher
        self._views = views
        self._retries = retries
        self._health = health
        self._ongoing = Ongoing()
        self._held: set[ObjectKey] = set()
        self._locks: dict[ObjectKey, asyncio.Lock] = defaultdict(asyncio.Lock)

    def subscriber(self) -> Subscriber:
        """The wiring diagram of this service."""
        return (
            Subscriber(NAME, parallel=_PARALLEL)
            .on(GitCommitDetected, self.read_commit)
            .on(Resource, self.look_at_object)
        )

    async def run(self) -> None:
        """Work until cancelled."""
        self._health.waiting(_PART, "reading the present bundles")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._shelf.run(self._changed))
            await self._shelf.ready()
            for kind, workspace, name in await self._views.stalled():
                self._retries.soon(ObjectKey(kind, workspace, name))
            tasks.create_task(self._retries.run(self.look_again))
            tasks.create_task(self._source.tidy_up())
            tasks.create_task(self.subscriber().run(self._bus))
            self._health.ready(_PART)

    async def read_commit(self, stored: Stored[GitCommitDetected]) -> None:
        """A commit is known: read it, unless a later one is known already.

        It is handed over again while its host has too many others, so as not to hold up those of good hosts.
        """
        event = stored.event
        last = await self._bus.last(
            GitCommitDetected, workspace=event.workspace, gitrepo=event.gitrepo, at_least=stored.sequence
        )
        if last is None or last.sequence != stored.sequence:
            return
        try:
            await self.look_again(ObjectKey(GITREPO, event.workspace, event.gitrepo))
        except HostBusy as busy:
            raise Retry(busy.delay, str(busy)) from None

    async def look_at_object(self, stored: Stored[Resource]) -> None:
        """A declared object changed. A GitRepo is read when gitjob has polled it; its end is ours to see."""
        event = stored.event
        key = ObjectKey(event.kind, event.workspace, event.name)
        if event.kind == GITREPO:
            await self._look_at_gitrepo(key, stored)
        elif event.kind == BUNDLE:
            await self.look_again(key)
        elif event.kind == POLICY:
            self._let_go(one for one in self._held if one.workspace == event.workspace)

    async def _look_at_gitrepo(self, key: ObjectKey, stored: Stored[Resource]) -> None:
        """Whoever is at work on it knows this record, or is ended by it: later news must not wait."""
        self._ongoing.news(key, stored)
        self._let_go({key} & self._held)
        if self._locks[key].locked() and not stored.event.deleted:
            return
        async with self._locks[key]:
            if await self._living(key) is None:
                self._gone(key)
        self._ongoing.settled(key, stored)

    def _let_go(self, keys: Iterable[ObjectKey]) -> None:
        """What waits for an approval may have it now."""
        for key in keys:
            self._retries.soon(key)

    async def look_again(self, key: ObjectKey) -> None:
        """Read one object as it is now, and publish what changed."""
        async with self._locks[key]:
            record = await self._living(key)
            if record is None:
                self._gone(key)
            elif key.kind == BUNDLE:
                await self._read_bundle(key, record)
            else:
                try:
                    await self._read_gitrepo(key, record)
                except NeedsContent:
                    self._source.forget(record.event.metadata.uid)
                    await self._read_gitrepo(key, record)

    def _gone(self, key: ObjectKey) -> None:
        self._held.discard(key)
        self._retries.settled(key)

    async def _living(self, key: ObjectKey) -> Stored[Resource] | None:
        """The object if it lives; what is left of those that had its name before is removed."""
        record = await self._bus.last(Resource, kind=key.kind, workspace=key.workspace, name=key.name)
        if record is None:
            return None  # absence removes nothing
        await self._shelf.ready()
        living = "" if record.event.deleted else record.event.metadata.uid

        def orphans() -> list[Row]:
            rows = self._shelf.rendered_for(key.workspace, _OWNER_KINDS[key.kind], key.name)
            return [row for row in rows if row.owner.uid != living]

        if orphans():
            await self._publisher.retire(orphans, record)
        if not living:
            await self._views.forget(key.kind, key.workspace, key.name)
        return record if living else None

    async def _read_gitrepo(self, key: ObjectKey, record: Stored[Resource]) -> None:
        metadata = record.event.metadata
        commit = await self._bus.last(GitCommitDetected, workspace=key.workspace, gitrepo=key.name)
        if commit is None or commit.event.uid != metadata.uid:
            return  # not polled yet
        if commit.event.generation < metadata.generation:
            return  # polled before its spec changed; gitjob says it again
        try:
            contents = await self._contents(key, record, commit)
        except Outdated:
            _log.info(
                "reading ended", workspace=key.workspace, name=key.name, reason="it was changed or deleted"
            )
            self._retries.soon(key)
        except CommitMissing as error:
            sha = commit.event.commit
            failure = Failure("CommitGone", f"{error} Commit {sha} is skipped.")
            await self._failed(key, record, commit, Outcome(failure=failure, skipped=sha))
            look = LookAsked(workspace=key.workspace, gitrepo=key.name)
            await self._bus.tell(look.subject(), look.encode(), headers={"ce-type": look.type_name()})
        except (BadInput, GitError, ReadingFailed) as error:
            failure = failure_of(error, f"{commit.event.repo}@{commit.event.commit[:12]}")
            await self._failed(key, record, commit, Outcome(failure=failure))
        else:
            log_ignored(commit, contents.news)
            sha, bundles = commit.event.commit, contents.bundles
            reading = self._reading(key, record, commit, sha, bundles, contents.warnings)
            await self._publish(key, record, reading)

    async def _contents(
        self, key: ObjectKey, record: Stored[Resource], commit: Stored[GitCommitDetected]
    ) -> Contents:
        spec, metadata = record.event.spec, record.event.metadata
        with span("bundler.read", commit.envelope):
            order = order_for(key.name, spec, metadata.labels)
            async with self._ongoing.reading(key, record):
                wanted = Wanted(key.workspace, metadata.uid, spec, order)
                return await self._source.read(wanted, commit.event.commit)

    async def _read_bundle(self, key: ObjectKey, record: Stored[Resource]) -> None:
        try:
            named = await self._declarations.read(record.event)
        except BadInput as error:
            failure = Failure("InvalidContent", str(error))
            await self._failed(key, record, record, Outcome(failure=failure))
        else:
            await self._publish(key, record, self._reading(key, record, record, "", (named,)))

    def _reading(
        self,
        key: ObjectKey,
        record: Stored[Resource],
        cause: Stored[Any],
        sha: str,
        bundles: tuple[Named, ...],
        warnings: tuple[ReadWarning, ...] = (),
    ) -> Reading:
        uid = record.event.metadata.uid
        return Reading(
            workspace=key.workspace,
            owner=Owner(kind=_OWNER_KINDS[key.kind], name=key.name, uid=uid),
            commit=sha,
            commit_sequence=cause.sequence,
            bundles=bundles,
            cause=cause,
            uid=uid if key.kind == BUNDLE else "",
            warnings=warnings,
        )

    async def _publish(self, key: ObjectKey, record: Stored[Resource], reading: Reading) -> None:
        self._held.add(key)  # before the guard asks: an approval that comes meanwhile must not be missed
        try:
            with span("bundler.publish", reading.cause.envelope):
                published = await self._publisher.publish(reading)
        except Held as held:
            await self._failed(key, record, reading.cause, waiting(reading, held.failure, held.loss))
            return
        except (OlderThanStored, Refused) as error:
            await self._failed(key, record, reading.cause, Outcome(failure=not_stored(error)))
            return
        outcome = Outcome(
            commit=reading.commit,
            commit_sequence=reading.commit_sequence,
            set=published.set,
            refused=published.refused,
            failure=refusal(published.refused),
            warnings=reading.warnings,
        )
        await self._show(key, record, reading.cause, outcome)
        if outcome.failure:
            self._retries.later(key, waits_for=published.refused)
            for name in self._shelf.free(key.workspace, published.refused):
                self._retries.freed(key.workspace, name)
        else:
            self._retries.settled(key)

    async def _failed(
        self, key: ObjectKey, record: Stored[Resource], cause: Stored[Any], outcome: Outcome
    ) -> None:
        """Say what is wrong on the object itself; what it had stays, and it is read again later."""
        assert outcome.failure is not None
        await self._show(key, record, cause, outcome)
        pause = self._retries.later(key)
        _log.warning(
            "reading failed",
            workspace=key.workspace,
            name=key.name,
            correlation_id=cause.envelope.correlation_id,
            delay=pause,
            error=outcome.failure.message,
        )

    async def _show(
        self, key: ObjectKey, record: Stored[Resource], cause: Stored[Any], outcome: Outcome
    ) -> None:
        if not outcome.waiting:
            self._held.discard(key)
        event = cause.event
        generation = (
            event.generation if isinstance(event, GitCommitDetected) else record.event.metadata.generation
        )
        await self._views.show(key.kind, record.event.metadata, outcome, generation=generation)

    def _changed(self, row: Row) -> None:
        if not row.rendered:
            self._retries.freed(row.workspace, row.bundle)
