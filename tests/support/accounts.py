"""A real broker with the accounts of a hub, and connections with the credentials of its parties.

The connections here are the raw client's: a hostile agent does not use our library.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from fleet.bus import Bus
from fleet.cli.hub.accounts import AgentAccess, server_configuration
from fleet.events import token
from fleet.vault.nkey import NkeyPair
from support.nats import NatsServer
from support.waiting import eventually

_PATIENCE = 2.0
_RELOADED = "Reloaded server configuration"


@dataclass(frozen=True, slots=True)
class Party:
    """An agent that is registered with the broker."""

    workspace: str
    cluster: str
    key: NkeyPair = field(default_factory=NkeyPair.generate)

    @property
    def here(self) -> str:
        """Its two subject tokens."""
        return f"{token(self.workspace)}.{token(self.cluster)}"

    @property
    def inbox(self) -> str:
        """The only prefix where it may hear answers."""
        return f"_INBOX_{token(self.workspace)}_{token(self.cluster)}"

    def access(self) -> AgentAccess:
        """What the broker knows of it."""
        return AgentAccess(self.workspace, self.cluster, self.key.public)


class Road(NatsServer):
    """A nats-server with the generated configuration of a hub."""

    def __init__(self, folder: Path, *parties: Party) -> None:
        super().__init__(folder)
        self.control = NkeyPair.generate()
        self.parties = parties

    def write_config(self) -> Path:
        """Write what the hub would write."""
        path = self.folder / "nats.conf"
        text = server_configuration(
            control=self.control.public,
            agents=[party.access() for party in self.parties],
            store=self.folder,
            log=self.folder / "nats.log",
            port=self.port,
            monitor_port=-1,
        )
        path.write_text(text)
        return path

    async def admit(self, *parties: Party) -> None:
        """Let exactly these agents in, while the server runs; it has done so when this returns."""
        before = self.log.count(_RELOADED)
        self.parties = parties
        await self.reload("")
        await eventually(lambda: self.log.count(_RELOADED) > before)

    async def bus(self, name: str = "test") -> Bus:
        """Connect as a service of the hub."""
        return await Bus.connect(self.url, name=name, seed=self.control.seed)


@contextlib.asynccontextmanager
async def running_road(folder: Path, *parties: Party) -> AsyncIterator[Road]:
    """A broker with accounts while the block runs."""
    road = Road(folder / "nats", *parties)
    await road.start()
    try:
        yield road
    finally:
        await road.stop()


class Intruder:
    """A connection that says whatever it likes and writes down what the broker thought of it."""

    def __init__(self, client: Client, refusals: list[str]) -> None:
        self.client = client
        self.refusals = refusals

    async def ask(
        self, subject: str, body: object = b"", *, headers: Mapping[str, str] | None = None
    ) -> Msg | str:
        """Send a request; return the answer, or the broker's refusal, or the name of the error."""
        self.refusals.clear()
        request = asyncio.ensure_future(
            self.client.request(subject, _bytes(body), timeout=_PATIENCE, headers=_own(headers))
        )
        while not request.done() and not self.refusals:
            await asyncio.sleep(0.005)
        if not request.done():
            request.cancel()
        try:
            return await request
        except (NatsError, TimeoutError, asyncio.CancelledError) as error:
            return self.refusals[0] if self.refusals else type(error).__name__

    async def say(
        self, subject: str, body: object = b"", *, reply: str = "", headers: Mapping[str, str] | None = None
    ) -> list[str]:
        """Publish, wait until the broker has dealt with it, and return its refusals."""
        self.refusals.clear()
        await self.client.publish(subject, _bytes(body), reply=reply, headers=_own(headers))
        await settled(self.client)
        return list(self.refusals)

    async def hear(self, subject: str, heard: list[Msg] | None = None) -> list[str]:
        """Subscribe, wait until the broker has dealt with it, and return its refusals."""

        async def write_down(message: Msg) -> None:
            if heard is not None:
                heard.append(message)

        self.refusals.clear()
        await self.client.subscribe(subject, cb=write_down)
        await settled(self.client)
        return list(self.refusals)


async def settled(client: Client) -> None:
    """Return when the broker has dealt with all that was said before, and its refusals are here.

    Twice, because the client's first PING may overtake what is still in its buffer.
    """
    await client.flush()
    await client.flush()


def _bytes(body: object) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def _own(headers: Mapping[str, str] | None) -> dict[str, str] | None:
    return dict(headers) if headers else None


@contextlib.asynccontextmanager
async def connected(road: Road, party: Party, *, inbox: str | None = None) -> AsyncIterator[Intruder]:
    """Connect with a party's credentials while the block runs."""
    refusals: list[str] = []

    async def write_down(error: Exception) -> None:
        refusals.append(str(error))

    client = await nats.connect(
        road.url,
        nkeys_seed_str=party.key.seed,
        inbox_prefix=inbox or party.inbox,
        error_cb=write_down,
        allow_reconnect=False,
    )
    try:
        yield Intruder(client, refusals)
    finally:
        await client.close()
