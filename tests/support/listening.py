"""The ears of a real agent without its hands: what it would act on, and how often it reads."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fleet.agent.adapters.hub import Hub, Manifest, Wake
from fleet.agent.domain.acceptance import Accepted, Floor
from fleet.agent.domain.identity import Identity
from fleet.agent.reading import Reading
from support.accounts import Party, Road
from support.hub import Hub as TheHub
from support.waiting import eventually


class CountingHub(Hub):
    """The agent's road to the hub; counts how often the manifest is read."""

    reads = 0

    async def read(self, floor: Floor) -> tuple[Accepted, Manifest] | None:
        """Count, then read."""
        self.reads += 1
        return await super().read(floor)


class Ears:
    """Hears and reads manifests exactly as the agent does, and writes down what it may act on."""

    def __init__(self, identity: Identity) -> None:
        self.hub = CountingHub(identity=identity)
        self.heard: list[Wake] = []
        self.taken: list[Manifest] = []
        self._floor = Floor()
        self._reading = Reading(
            hub=self.hub, cluster=identity.key, floor=lambda: self._floor, on_manifest=self._take
        )

    @property
    def generations(self) -> list[int]:
        """The generations of the manifests taken, in their order."""
        return [manifest.event.generation for manifest in self.taken]

    async def run(self) -> None:
        """Listen until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._reading.run())
            group.create_task(
                self.hub.run(floor=lambda: self._floor, on_wake=self._hear, on_connect=self._reading.soon)
            )

    async def _hear(self, wake: Wake) -> None:
        self.heard.append(wake)
        if isinstance(wake.verdict, Accepted):
            assert wake.manifest is not None
            self._take(wake.verdict, wake.manifest)
        elif not wake.verdict.stale:
            self._reading.doubt()

    def _take(self, verdict: Accepted, manifest: Manifest) -> None:
        if verdict.fresh:
            self._floor = verdict.floor
            self.taken.append(manifest)


def identity_of(party: Party, hub: TheHub, road: Road) -> Identity:
    """What the party's agent got when it joined."""
    keys = hub.keys(party)
    return Identity(
        server=road.url,
        workspace=party.workspace,
        cluster=party.cluster,
        uid=hub.uid(party),
        seed=party.key.seed,
        mac_key=keys.mac.hex(),
        encryption_key=keys.encryption.hex(),
    )


@contextlib.asynccontextmanager
async def listening(identity: Identity) -> AsyncIterator[Ears]:
    """An agent's ears while the block runs; it has read its manifest when the block begins."""
    ears = Ears(identity)
    task = asyncio.create_task(ears.run())
    try:
        await eventually(lambda: ears.taken)
        yield ears
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
