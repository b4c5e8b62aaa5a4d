"""The workers of one cluster, one per bundle: who is there, who hears what."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Protocol

from fleet.agent.adapters.watches import ObjectChanged, ReleaseChanged
from fleet.agent.board import Board
from fleet.agent.deployer import Order
from fleet.agent.domain.marks import AGENT_NAMESPACE, set_hash
from fleet.agent.domain.plan import BundleKey, doubled, key_of, unnamed
from fleet.agent.domain.standing import ERR_APPLIED, failed
from fleet.agent.releases import Releases
from fleet.agent.worker import Worker
from fleet.events import Entry, Envelope
from fleet.kube import KubeError


class Hire(Protocol):
    """Makes the worker of a bundle."""

    def __call__(self, bundle: str) -> Worker:
        """The bundle's name is all that a worker needs to begin."""
        ...


class Crew:
    """Gives every bundle its worker, and every worker what concerns it."""

    def __init__(self, *, board: Board, releases: Releases, hire: Hire) -> None:
        self._board = board
        self._releases = releases
        self._hire = hire
        self._workers: dict[str, Worker] = {}
        self._marks: dict[str, str] = {}
        self._group: asyncio.TaskGroup | None = None
        self._in_trouble = False
        self._refused: set[BundleKey] = set()
        board.subscribe(self._state_changed)

    async def run(self) -> None:
        """Keep the workers running until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            await asyncio.Event().wait()

    def assign(
        self, entries: Mapping[str, Entry], *, complete: bool, envelope: Envelope | None = None
    ) -> tuple[BundleKey, ...]:
        """Tell every worker what its bundle shall be; gives the bundles that are worked on.

        Args:
            entries: what the manifest names, by digest.
            complete: whether these are all. If not, nothing is removed: the rest may name it.
            envelope: what came with the manifest; its trace goes on.
        """
        manifest = tuple(entries.values())
        later = doubled(manifest)
        orders = {
            entry.bundle: Order(entry, digest, manifest, envelope)
            for digest, entry in entries.items()
            if key_of(entry) not in later
        }
        if complete:
            self._dismiss(manifest, orders)
            self._board.keep({key_of(entry) for entry in manifest})
        for bundle, order in orders.items():
            self._worker(bundle).want(order)
        self._refuse(entries, later)
        return tuple(key_of(order.entry) for order in orders.values())

    def blocked(self, entries: Mapping[str, Entry], error: KubeError) -> tuple[BundleKey, ...]:
        """The cluster refuses before anything could begin: post that for every bundle; gives their names."""
        for digest, entry in entries.items():
            self._post_error(key_of(entry), digest, str(error))
        return tuple(key_of(entry) for entry in entries.values())

    def trouble(self, error: KubeError) -> None:
        """The cluster does not answer any more."""
        self._in_trouble = True
        for worker in self._workers.values():
            worker.trouble(error)

    def answers(self) -> None:
        """The cluster answers; if it did not before, everybody tries again."""
        if self._in_trouble:
            self._in_trouble = False
            for worker in self._workers.values():
                worker.poke()

    def object_changed(self, change: ObjectChanged) -> None:
        """Hand a change on to the bundle whose mark it has."""
        worker = self._workers.get(self._marks.get(change.mark, ""))
        if worker is not None:
            worker.object_changed(change)

    def release_changed(self, change: ReleaseChanged) -> None:
        """Hand a change on to the bundle whose release it is."""
        worker = self._workers.get(self._releases.owner(change.release))
        if worker is not None and worker.release == change.release:
            worker.release_changed(change)

    def _state_changed(self, key: BundleKey) -> None:
        for bundle, worker in self._workers.items():
            if bundle != key.name:
                worker.waits_for_others()

    def _dismiss(self, manifest: tuple[Entry, ...], orders: Mapping[str, Order]) -> None:
        """What a whole, valid manifest does not name is removed: bundles at work, and releases left over."""
        for bundle, worker in self._workers.items():
            if bundle not in orders:
                worker.want(None)
        for revision in unnamed(manifest, self._releases.all(), AGENT_NAMESPACE):
            if revision.marks is not None and revision.marks.bundle not in self._workers:
                self._worker(revision.marks.bundle).want(None)

    def _refuse(self, entries: Mapping[str, Entry], later: Mapping[BundleKey, BundleKey]) -> None:
        for key in self._refused - later.keys():
            self._board.drop(key)
        self._refused = set(later)
        for digest, entry in entries.items():
            if (holder := later.get(key_of(entry))) is not None:
                self._post_error(
                    key_of(entry),
                    digest,
                    f"this cluster already runs {holder}: give one of the two another name",
                )

    def _post_error(self, key: BundleKey, digest: str, message: str) -> None:
        now = asyncio.get_running_loop().time()
        self._board.post(
            key,
            failed(entry=digest, applied="", deployment_id="", state=ERR_APPLIED, message=message, now=now),
        )

    def _worker(self, bundle: str) -> Worker:
        worker = self._workers.get(bundle)
        if worker is None or worker.ended:
            assert self._group is not None, "the crew is not running"
            worker = self._workers[bundle] = self._hire(bundle)
            self._marks[set_hash(bundle)] = bundle
            task = self._group.create_task(worker.run(), name=f"bundle {bundle}")
            task.add_done_callback(partial(self._forget, bundle, worker))
        return worker

    def _forget(self, bundle: str, worker: Worker, _: asyncio.Task[None]) -> None:
        if self._workers.get(bundle) is worker:
            del self._workers[bundle], self._marks[set_hash(bundle)]
            for other in self._workers.values():
                other.another_is_gone()
