"""Composition root of the gateway."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager

from fleet.bus import IMPORTED, Bus
from fleet.gateway.entries import Entries
from fleet.gateway.service import Gateway
from fleet.runtime import Runtime, Settings, run
from fleet.vault import Keyring

SUBJECT = "agent.content.*.*"
QUEUE = "gateway"


def answering(bus: Bus, keyring: Keyring) -> AbstractAsyncContextManager[None]:
    """Answer agents while the block runs; several gateways share the questions."""
    gateway = Gateway(bus=bus, keyring=keyring, entries=Entries(bus=bus))
    return bus.respond(SUBJECT, gateway.answer, queue=QUEUE, replies=(IMPORTED,))


async def serve(runtime: Runtime) -> None:
    """Answer agents until cancelled."""
    async with answering(runtime.bus, Keyring.open(runtime.settings.keys)):
        runtime.health.ready("content")
        runtime.log.info("ready")
        await asyncio.Event().wait()


def main() -> None:
    """Run the gateway with the settings of the environment."""
    run("gateway", serve, Settings())
