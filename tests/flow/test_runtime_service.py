"""A service of its own process: it waits for its broker, says so, and is ready when the streams are there."""

import signal
from pathlib import Path

import aiohttp

from support.nats import NatsServer
from support.processes import Program, running_program
from support.waiting import eventually

_PROGRAM = """
import asyncio
from fleet.runtime import Runtime, Settings, run

async def main(runtime):
    runtime.health.ready("work")
    runtime.log.info("begun", connected=runtime.bus.connected)
    await asyncio.Event().wait()

run("sample", main, Settings())
"""


async def _readiness(program: Program) -> tuple[int, dict[str, str]]:
    address = (await program.said("listening"))["address"]
    async with aiohttp.ClientSession() as client, client.get(f"http://{address}/readyz") as answer:
        return answer.status, (await answer.json())["parts"]


async def test_a_service_waits_for_its_broker_and_notices_when_it_is_lost(tmp_path: Path) -> None:
    server = NatsServer(tmp_path / "nats")
    await server.start()
    url = server.url
    await server.stop()
    async with running_program(tmp_path, "-c", _PROGRAM, settings={"FLEET_NATS_URL": url}) as program:
        status, parts = await _readiness(program)
        assert (status, list(parts)) == (503, ["bus"])
        await server.start()
        try:
            assert (await program.said("begun"))["connected"] is True
            assert await _readiness(program) == (200, {"bus": "", "work": ""})
        finally:
            await server.kill()

        async def is_unready() -> bool:
            return (await _readiness(program))[0] == 503

        await eventually(is_unready)
        program.tell(signal.SIGTERM)
        assert await program.ends(within=5.0) == 0
