"""A service ends within 5 s of SIGTERM or SIGINT with exit code 0, whatever it is doing."""

import asyncio
import signal
from pathlib import Path

import pytest

from support.processes import running_program

_PROGRAM = """
import asyncio, threading, time
from fleet.runtime import Runtime, Settings, run

async def waits(runtime):
    runtime.log.info("begun")
    await asyncio.Event().wait()

async def swallows(runtime):
    runtime.log.info("begun")
    while True:
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            pass

async def blocks(runtime):
    runtime.log.info("begun")
    time.sleep(1000)

async def spins(runtime):
    runtime.log.info("begun")
    while True:
        pass

async def occupies_a_thread(runtime):
    asyncio.get_running_loop().call_soon(lambda: runtime.log.info("begun"))
    await asyncio.to_thread(time.sleep, 1000)

async def leaves_a_thread(runtime):
    threading.Thread(target=time.sleep, args=(1000,)).start()
    runtime.log.info("begun")
    await asyncio.Event().wait()

async def fails_when_told(runtime):
    runtime.log.info("begun")
    try:
        await asyncio.Event().wait()
    finally:
        raise RuntimeError("the broker went first")

async def returns(runtime):
    runtime.log.info("begun")

async def fails(runtime):
    runtime.log.info("begun")
    raise RuntimeError("out of luck")

run("sample", {main}, Settings())
"""
_ALONE = {"FLEET_NATS_URL": "", "FLEET_HTTP": ""}
_HANGING = ["swallows", "blocks", "spins", "occupies_a_thread", "leaves_a_thread"]


async def _end_of(folder: Path, main: str, number: signal.Signals | None = signal.SIGTERM) -> int:
    async with running_program(folder, "-c", _PROGRAM.replace("{main}", main), settings=_ALONE) as program:
        await program.said("begun")
        if number is not None:
            program.tell(number)
        return await program.ends(within=5.0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_service_that_waits_ends_when_told(tmp_path: Path, number: signal.Signals) -> None:
    assert await _end_of(tmp_path, "waits", number) == 0


async def test_a_service_that_hangs_ends_all_the_same(tmp_path: Path) -> None:
    async with asyncio.TaskGroup() as group:
        ends = {main: group.create_task(_end_of(tmp_path / main, main)) for main in _HANGING}
    assert {main: end.result() for main, end in ends.items()} == dict.fromkeys(_HANGING, 0)


async def test_a_failure_while_ending_is_no_failure(tmp_path: Path) -> None:
    assert await _end_of(tmp_path, "fails_when_told") == 0


async def test_a_service_that_is_done_ends_with_0(tmp_path: Path) -> None:
    assert await _end_of(tmp_path, "returns", None) == 0


async def test_a_failure_is_logged_with_its_traceback_and_ends_with_1(tmp_path: Path) -> None:
    program = _PROGRAM.replace("{main}", "fails")
    async with running_program(tmp_path, "-c", program, settings=_ALONE) as running:
        assert await running.ends(within=20.0) == 1
        (line,) = [line for line in running.lines if line["event"] == "service failed"]
        assert "out of luck" in line["error"]
        assert line["level"] == "critical"
        assert line["service"] == "sample"
