"""A hub with two agents of which one is hostile: what it may do, and whether the other was harmed."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from nats.aio.msg import Msg

from fleet.events import DeploymentReported, DeploymentTargeted, Entry, Envelope
from fleet.gateway.main import answering
from fleet.vault import Keyring
from support.accounts import Intruder, Party, Road, connected, running_road, settled
from support.hub import Hub
from support.waiting import eventually

A = Party("fleet-default", "paris")
"""The hostile one; its credentials are genuine."""

B = Party("fleet-default", "oslo")
"""Its neighbour, of the same workspace: nothing but the name keeps them apart."""

DENIED = "permissions violation"

# Copies of what agents write, made by the server in its own time.
_COPIES = ("HISTORY", "AUDIT")


@dataclass(frozen=True)
class Scene:
    """Everything that is connected, and what B has heard so far."""

    road: Road
    hub: Hub
    a: Intruder
    b: Intruder
    own: Entry
    foreign: Entry
    heard_by_b: list[Msg] = field(default_factory=list)

    async def lawfully_reads(self) -> DeploymentTargeted:
        """A reads its own manifest."""
        answer = await self.a.ask(f"agent.get.{A.here}")
        assert not isinstance(answer, str), answer
        assert (answer.headers or {})["Nats-Subject"] == f"fleet.desired.{A.here}"
        return DeploymentTargeted.parse(answer.data)

    async def lawfully_reports(self) -> int:
        """A reports, acknowledged by the stream; returns the sequence."""
        answer = await reports(self.a, A, self.hub)
        assert not isinstance(answer, str), answer
        return int(json.loads(answer.data)["seq"])

    async def lawfully_beats(self) -> None:
        """A's beat reaches the hub."""
        heard: list[str] = []

        async def hear(message: object) -> None:
            heard.append(getattr(message, "subject", ""))

        async with self.hub.bus.listen("fleet.beat.*.*", hear):
            await settled(self.hub.bus.connection.client)
            assert await self.a.say(f"fleet.beat.{A.here}", {}) == []
            await eventually(lambda: heard)
        assert set(heard) == {f"fleet.beat.{A.here}"}

    async def lawfully_asks(self) -> bytes:
        """A gets content that its manifest names."""
        digest = self.own.content
        answer = await self.a.ask(
            f"agent.content.{A.here}", {"digest": digest, "n": 0, "namespace": self.own.namespace}
        )
        assert not isinstance(answer, str), answer
        assert not answer.headers, answer.headers
        return self.hub.keys(A).decrypt(answer.data, f"{digest}.0")[4:]

    async def lawfully_does_everything(self) -> None:
        """A does all that it may; what it asked for before is dealt with when this returns."""
        assert (await self.lawfully_reads()).cluster == A.cluster
        assert await self.lawfully_reports() > 0
        await self.lawfully_beats()
        assert await self.lawfully_asks() == b"own content"
        await self.b.client.flush()

    async def rest(self) -> dict[str, object]:
        """All that is stored and not A's, as far as it can be told apart."""
        state: dict[str, object] = {}
        for stream in await self._streams():
            info = await self.hub.bus.connection.api(f"STREAM.INFO.{stream}", {"subjects_filter": ">"})
            subjects = info["state"].get("subjects") or {}
            state[stream] = {
                "subjects": {name: count for name, count in subjects.items() if not name.endswith(A.here)},
                "consumers": info["state"]["consumer_count"],
                "config": info["config"],
            }
        for stream in ("DESIRED", "STATUS"):
            stored = await self.hub.bus.last_on(stream, f"fleet.{stream.lower()}.{B.here}")
            assert stored is not None
            state[f"{stream} of B"] = (stored.sequence, stored.raw)
        return state

    @contextlib.asynccontextmanager
    async def nothing_of_b_changes(self, *, hints: bool = False) -> AsyncIterator[None]:
        """Whatever is done in the block, B's state and all other state stay, and B hears nothing.

        With `hints`, B may hear something (an agent can say things to another's wake and inbox).
        """
        before = await self.rest()
        self.heard_by_b.clear()
        yield
        await self.lawfully_does_everything()
        assert await self.rest() == before
        assert hints or self.heard_by_b == []

    async def _streams(self) -> list[str]:
        names = (await self.hub.bus.connection.api("STREAM.NAMES"))["streams"]
        return sorted(set(names) - set(_COPIES))


async def reports(intruder: Intruder, party: Party, hub: Hub) -> Msg | str:
    """Report as an agent does; return the stream's acknowledgement."""
    report = DeploymentReported(
        workspace=party.workspace,
        cluster=party.cluster,
        uid=hub.uid(party),
        epoch=1,
        generation=1,
        digest="0" * 32,
    )
    headers = Envelope(id="1", type=report.type_name(), source="agent", time="now").to_headers()
    return await intruder.ask(report.subject(), report.encode(), headers=headers)


@contextlib.asynccontextmanager
async def hostile_scene(folder: Path) -> AsyncIterator[Scene]:
    """Broker, gateway, manifests of both, a report of B, and B listening to all that it may hear."""
    async with (
        running_road(folder, A, B) as road,
        await road.bus("hub") as bus,
        await road.bus("gateway") as served,
        connected(road, A) as a,
        connected(road, B) as b,
    ):
        await bus.ensure_streams()
        keyring = Keyring.open(folder / "keyring.json")
        hub = Hub(bus, keyring)
        own, foreign = await hub.entry("own", b"own content"), await hub.entry("foreign", b"content of B")
        for party, entry in ((A, own), (B, foreign)):
            await hub.store(entry, party)
            await hub.target(party, [entry], generation=1)
        await reports(b, B, hub)
        scene = Scene(road, hub, a, b, own, foreign)
        async with answering(served, keyring):
            for subject in (f"fleet.wake.{B.here}", f"{B.inbox}.>"):
                assert await b.hear(subject, scene.heard_by_b) == []
            yield scene
