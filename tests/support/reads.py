"""How often an agent read its manifest: counted on the wire, where the broker imports the question."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import nats
from nats.aio.msg import Msg

from support.agents import Site

_IMPORTED = "_R_."


@dataclass(slots=True)
class Reads:
    """The number of reads since counting began."""

    count: int = 0


@contextlib.asynccontextmanager
async def counted_reads(site: Site) -> AsyncIterator[Reads]:
    """Count an agent's reads while the block runs, without those of services: these are not imported."""
    reads = Reads()

    async def note(message: Msg) -> None:
        if message.reply.startswith(_IMPORTED):
            reads.count += 1

    client = await nats.connect(site.road.url, nkeys_seed_str=site.road.control.seed)
    try:
        await client.subscribe(f"$JS.API.DIRECT.GET.DESIRED.{site.identity.desired_subject}", cb=note)
        await client.flush()
        yield reads
    finally:
        await client.close()
