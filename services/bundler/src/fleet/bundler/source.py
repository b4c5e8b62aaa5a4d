"""Where commits come from: git, through the cache; and what of them has to be read."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import structlog

from fleet.bundler.charts import ChartFetcher, ChartLoader, declared_credentials
from fleet.bundler.domain.looks import FOLDER
from fleet.bundler.domain.order import Order
from fleet.bundler.domain.reading import Known
from fleet.bundler.domain.records import Named
from fleet.bundler.domain.remembered import Kept, Remembered
from fleet.bundler.domain.warnings import ReadWarning
from fleet.bundler.errors import NeedsWhole
from fleet.bundler.exchange import TakenBundle, Task
from fleet.bundler.hosts import Hosts
from fleet.bundler.memory import Memory
from fleet.bundler.naming import name_all
from fleet.bundler.pool import ReaderPool
from fleet.git import GitError, Remote, Tree, declared_remote, fetch, tidy
from fleet.vault import Keyring, SecretStore, WorkspaceKey

_log = structlog.get_logger("fleet.bundler")
_MOST_PLACES = 64
"""So many places are read out of a part of the tree; for more of them all of it is listed."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which repository is to be read, for whom and how."""

    workspace: str
    uid: str
    spec: Mapping[str, Any]
    order: Order


@dataclass(frozen=True, slots=True)
class Contents:
    """What a commit holds: all its bundles; those that are as they were come without their content.

    `warnings` is what was passed over in all of it, `news` those of them that the last reading had not.
    """

    bundles: tuple[Named, ...]
    warnings: tuple[ReadWarning, ...]
    news: tuple[ReadWarning, ...]


class CommitSource:
    """Fetches commits, some of each host at a time, and has them read.

    Paths of this machine are fetched only where `local` says so.
    """

    def __init__(
        self,
        *,
        cache: Path,
        secrets: SecretStore,
        keyring: Keyring,
        pool: ReaderPool,
        charts: ChartFetcher,
        local: bool,
    ) -> None:
        self._cache = cache
        self._local = local
        self._charts = charts
        self._secrets = secrets
        self._keyring = keyring
        self._pool = pool
        self._hosts = Hosts()
        self._memory = Memory()
        self._untidy: asyncio.Queue[tuple[Remote, Path]] = asyncio.Queue()

    def forget(self, uid: str) -> None:
        """Have the next reading of this repository be a whole one, with the content of all bundles."""
        self._memory.forget(uid)

    async def tidy_up(self) -> None:
        """Tidy the caches of what was read, one after the other, until cancelled."""
        while True:
            remote, folder = await self._untidy.get()
            try:
                await tidy(remote, folder)
            except (GitError, OSError) as error:
                _log.warning("a cache was not tidied", repo=str(remote.address), error=str(error))

    async def read(self, wanted: Wanted, commit: str) -> Contents:
        """Read the bundles of a GitRepo at a commit, or what is new about them since the last reading.

        Raises:
            GitError: the repository or the commit could not be had.
            BadInput: something in it, or in the GitRepo, is wrong.
            ReadingFailed: it took too long, or its process died.
            HostBusy: too many wait for its host, or for the host of a chart, already.
        """
        before = self._memory.of(wanted.uid, wanted.order)
        credentials = declared_credentials(wanted.spec, workspace=wanted.workspace, secrets=self._secrets)
        charts = ChartLoader(self._charts, credentials, workspace=wanted.workspace)
        remote = declared_remote(
            wanted.spec, workspace=wanted.workspace, secrets=self._secrets, local=self._local
        )
        # A cache of its own for each workspace: who knows a commit's id can read it from there.
        folder = self._cache / wanted.workspace
        try:
            tree = await self._fetch(remote, folder, commit, before)
            key = self._keyring.workspace(wanted.workspace)
            remembered = await self._read(key, tree, wanted.order, before, charts)
        except GitError:
            self.forget(wanted.uid)  # the cache may be damaged, and a whole reading heals it
            raise
        finally:
            self._untidy.put_nowait((remote, folder))
        kept = tuple(_without_content(one) for one in remembered.kept)
        self._memory.keep(wanted.uid, replace(remembered, kept=kept))
        warnings, old = remembered.warnings, set(before.warnings if before else ())
        return Contents(remembered.named, warnings, tuple(word for word in warnings if word not in old))

    async def _read(
        self, key: WorkspaceKey, tree: Tree, order: Order, before: Remembered | None, charts: ChartLoader
    ) -> Remembered:
        found = await self._edited(key, tree, before, charts) if before else None
        return await self._listed(key, tree, order, before, charts) if found is None else found

    async def _fetch(self, remote: Remote, folder: Path, commit: str, before: Remembered | None) -> Tree:
        async with self._hosts.enter(remote.host):
            await self._pool.warm()
            return await fetch(remote, commit, folder, since=before.commit if before else "")

    async def _edited(
        self, key: WorkspaceKey, tree: Tree, before: Remembered, charts: ChartLoader
    ) -> Remembered | None:
        """Read the places that an edit touched; None where that takes the whole tree."""
        if tree.edited is None:
            return None
        touched = before.touched(tree.edited)
        places = [one.known.place for one in touched]
        if len(places) > _MOST_PLACES or not all(place.folder for place in places):
            return None
        if not places:
            return before.with_news(tree.commit, ())
        looks = (look for one in touched for look in one.known.looks.items())
        parts = sorted({path for path, stood in looks if stood != FOLDER})
        task = Task(before.order, await tree.part(parts), tree.commit, places=places, parts=parts)
        try:
            answer = await self._pool.carry_out(task, tree.contents, charts)
        except NeedsWhole:
            return None
        news = await _kept(key, answer.taken)
        if [one.known.name for one in news] != [one.known.name for one in touched]:
            return None  # another name may be somebody else's
        return before.with_news(tree.commit, news)

    async def _listed(
        self, key: WorkspaceKey, tree: Tree, order: Order, before: Remembered | None, charts: ChartLoader
    ) -> Remembered:
        known = before.known() if before else []
        task = Task(order, await tree.listing(), tree.commit, known=known)
        answer = await self._pool.carry_out(task, tree.contents, charts)
        same = {known[number].place for number in answer.same}
        kept = [one for one in before.kept if one.known.place in same] if before else []
        kept += await _kept(key, answer.taken)
        return Remembered(order, tree.commit, tuple(kept), answer.absent)


async def _kept(key: WorkspaceKey, taken: Sequence[TakenBundle]) -> list[Kept]:
    named = iter(await name_all(key, [one.bundle for one in taken if one.bundle is not None]))
    return [
        Kept(
            Known(one.place, one.looks, one.bundle.name if one.bundle else ""),
            next(named) if one.bundle else None,
            one.warnings,
            one.lasting,
        )
        for one in taken
    ]


def _without_content(kept: Kept) -> Kept:
    if kept.named is None or kept.named.bundle is None:
        return kept
    return replace(kept, named=replace(kept.named, bundle=None))
