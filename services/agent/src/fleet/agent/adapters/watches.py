"""Watches on what was deployed: one per kind in use, metadata only, for all bundles together."""

import asyncio
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

import structlog

from fleet.agent.domain.marks import HASH_LABEL
from fleet.agent.domain.objects import Kind, Object, Ref, labels_of
from fleet.agent.domain.releases import SELECTOR, ReleaseName
from fleet.kube import Expired, KubeClient, KubeError, NotFound

_PAUSE, _LONG_PAUSE = 5.0, 30.0
_log = structlog.get_logger("fleet.agent")

SECRETS = Kind("v1", "Secret")


class ObjectChanged(NamedTuple):
    """An object with a mark changed; `version` is empty when it is gone. `mark` says whose it is."""

    mark: str
    ref: Ref
    version: str


class ReleaseChanged(NamedTuple):
    """A revision of a release was written or deleted, by whomever."""

    release: ReleaseName
    revision: int
    status: str


class Watches:
    """Follows the kinds that bundles use and tells who should look again."""

    def __init__(
        self,
        *,
        kube: KubeClient,
        cluster: str,
        on_object: Callable[[ObjectChanged], None],
        on_release: Callable[[ReleaseChanged], None],
    ) -> None:
        self._kube = kube
        self._cluster = cluster
        self._on_object = on_object
        self._on_release = on_release
        self._users: dict[Kind, set[str]] = {}
        self._tasks: dict[Kind, asyncio.Task[None]] = {}
        self._synced: dict[Kind, asyncio.Future[None]] = {}
        self._group: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Follow until cancelled; `use` may be called while this runs."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            group.create_task(self._follow_releases())
            await asyncio.Event().wait()

    async def use(self, bundle: str, kinds: Collection[Kind]) -> None:
        """Follow these kinds for a bundle, and no others; returns once changes from now on are seen.

        A kind that the cluster does not serve is not followed.

        Raises:
            KubeError: the cluster refuses; nothing is missed, for the next call tries again.
        """
        for kind in [kind for kind, users in self._users.items() if bundle in users and kind not in kinds]:
            self._leave(kind, bundle)
        for kind in kinds:
            self._users.setdefault(kind, set()).add(bundle)
            if kind not in self._tasks:
                self._start(kind)
        for kind, synced in [(kind, self._synced[kind]) for kind in kinds]:
            await self._wait_for(kind, synced, bundle)

    def drop(self, bundle: str) -> None:
        """The bundle is gone: follow nothing for it."""
        for kind in [kind for kind, users in self._users.items() if bundle in users]:
            self._leave(kind, bundle)

    def _leave(self, kind: Kind, bundle: str) -> None:
        users = self._users.get(kind, set())
        users.discard(bundle)
        if not users:
            self._stop(kind)

    def _stop(self, kind: Kind) -> None:
        self._users.pop(kind, None)
        self._synced.pop(kind, None)
        task = self._tasks.pop(kind, None)
        if task is not None:
            task.cancel()

    def _start(self, kind: Kind) -> None:
        assert self._group is not None, "watches are not running"
        synced = asyncio.get_running_loop().create_future()
        synced.add_done_callback(_read)
        self._synced[kind] = synced
        self._tasks[kind] = self._group.create_task(self._follow(kind))

    async def _wait_for(self, kind: Kind, synced: asyncio.Future[None], bundle: str) -> None:
        try:
            await asyncio.shield(synced)
        except NotFound:
            self._leave(kind, bundle)
        except KubeError:
            self._stop(kind)
            raise

    async def _follow(self, kind: Kind) -> None:
        """List once, watch from there; a list that is too old for the watch is made again."""
        synced = self._synced[kind]
        known: dict[Ref, tuple[str, str]] = {}
        while True:
            try:
                version = await self._list(kind, known)
                if not synced.done():
                    synced.set_result(None)
                await self._watch(kind, version, known)
            except Expired:
                continue
            except KubeError as error:
                if not synced.done():
                    synced.set_exception(error)
                    return
                _log.warning("watch lost", cluster=self._cluster, kind=kind.kind, error=str(error))
                await asyncio.sleep(_LONG_PAUSE if isinstance(error, NotFound) else _PAUSE)

    async def _list(self, kind: Kind, known: dict[Ref, tuple[str, str]]) -> str:
        """Read what is there, and tell what changed since it was read before."""
        listing = await self._kube.list(*kind, labels=HASH_LABEL, metadata_only=True)
        present = {_ref(kind, item): _mark_and_version(item) for item in listing.items}
        for ref, (mark, _) in known.items() - present.items():
            if ref not in present:
                self._on_object(ObjectChanged(mark, ref, ""))
        for ref, (mark, version) in present.items() - known.items():
            self._on_object(ObjectChanged(mark, ref, version))
        known.clear()
        known.update(present)
        return listing.version

    async def _watch(self, kind: Kind, version: str, known: dict[Ref, tuple[str, str]]) -> None:
        events = self._kube.watch(*kind, version=version, labels=HASH_LABEL, metadata_only=True)
        async for event in events:
            ref = _ref(kind, event.object)
            mark, present = _mark_and_version(event.object)
            if event.type == "DELETED":  # also when only the mark was taken off: then it is known from before
                before, _ = known.pop(ref, (mark, ""))
                self._on_object(ObjectChanged(before, ref, ""))
            else:
                known[ref] = (mark, present)
                self._on_object(ObjectChanged(mark, ref, present))

    async def _follow_releases(self) -> None:
        """Hear of every change to a release that somebody makes with Helm itself."""
        while True:
            try:
                listing = await self._kube.list(*SECRETS, labels=SELECTOR, metadata_only=True)
                _tell(listing.items, self._on_release)
                async for event in self._kube.watch(
                    *SECRETS, version=listing.version, labels=SELECTOR, metadata_only=True
                ):
                    _tell([event.object], self._on_release, gone=event.type == "DELETED")
            except Expired:
                continue
            except KubeError as error:
                _log.warning("watch lost", cluster=self._cluster, kind="Release", error=str(error))
                await asyncio.sleep(_PAUSE)


def _read(synced: asyncio.Future[None]) -> None:
    """Take notice of an error that nobody may wait for any more."""
    if not synced.cancelled():
        synced.exception()


def _tell(
    items: Iterable[Object], on_release: Callable[[ReleaseChanged], None], *, gone: bool = False
) -> None:
    for item in items:
        labels = labels_of(item)
        number = labels.get("version", "")
        release = ReleaseName(str(item["metadata"].get("namespace", "")), labels.get("name", ""))
        if number.isdigit():
            status = "" if gone else labels.get("status", "")
            on_release(ReleaseChanged(release, int(number), status))


def _ref(kind: Kind, item: Object) -> Ref:
    metadata = item["metadata"]
    return Ref(kind.api_version, kind.kind, str(metadata.get("namespace") or ""), str(metadata["name"]))


def _mark_and_version(item: Object) -> tuple[str, str]:
    return labels_of(item).get(HASH_LABEL, ""), str(item["metadata"].get("resourceVersion", ""))
