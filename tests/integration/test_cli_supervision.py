"""Processes of a hub are kept alive, end when they are told, and never outlive their supervisor."""

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

import pytest

from fleet.cli.hub.log import MAX_BYTES
from fleet.cli.hub.process import Process
from fleet.cli.hub.programs import Program
from support.waiting import eventually

SLEEPS = "import time; time.sleep(600)"
IGNORES_TERM = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(1, flush=True)
time.sleep(600)
"""
TALKS = """
import time
print("x" * (20 << 20), flush=True)
while True:
    print("goes on", flush=True)
    time.sleep(0.02)
"""
HANGS_UP = """
import signal, time
signal.signal(signal.SIGHUP, lambda *_: print("again", flush=True))
print("listening", flush=True)
while True:
    time.sleep(600)
"""
SUPERVISOR = """
import asyncio, pathlib, sys
from fleet.cli.hub.process import Process
from fleet.cli.hub.programs import Program

folder = pathlib.Path(sys.argv[1])
program = Program("sleeper", (sys.executable, "-c", "import time; time.sleep(600)"), folder / "log")
started = lambda name, pid: (folder / "pid").write_text(str(pid))
asyncio.run(Process(program, on_start=started, on_end=lambda name, how: None).run())
"""


class Watched:
    """A process under supervision, and what its supervisor said about it."""

    def __init__(self, folder: Path, code: str) -> None:
        self.log = folder / "logs" / "program.log"
        program = Program("program", (sys.executable, "-c", code), self.log, dict(os.environ), hangup=True)
        self.pids: list[int] = []
        self.ends: list[str] = []
        self.process = Process(
            program,
            on_start=lambda _, pid: self.pids.append(pid),
            on_end=lambda _, how: self.ends.append(how),
        )

    def said(self) -> str:
        return self.log.read_text() if self.log.exists() else ""


@pytest.fixture
async def watch(tmp_path):
    async with asyncio.TaskGroup() as tasks:
        watched = []

        def start(code):
            one = Watched(tmp_path, code)
            watched.append(one)
            tasks.create_task(one.process.run())
            return one

        yield start
        for one in watched:
            await one.process.stop(0.2)


def is_alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


async def test_a_process_that_is_killed_is_started_again(watch):
    one = watch(SLEEPS)
    await eventually(lambda: len(one.pids) == 1)
    os.kill(one.pids[0], signal.SIGKILL)
    await eventually(lambda: len(one.pids) == 2)
    assert one.ends == ["was killed by signal 9"]
    assert one.process.pid == one.pids[1] != one.pids[0]
    assert is_alive(one.pids[1])


async def test_a_process_that_fails_is_tried_again_and_its_words_are_kept(watch):
    one = watch("import sys; sys.exit('no such thing')")
    await eventually(lambda: len(one.ends) == 3)
    assert set(one.ends) == {"ended with code 1"}
    assert one.said().count("no such thing") >= 3


async def test_stopping_ends_a_process_and_starts_it_no_more(watch):
    one = watch(SLEEPS)
    await eventually(lambda: len(one.pids) == 1)
    await one.process.stop(5)
    assert not is_alive(one.pids[0])
    assert (len(one.pids), one.ends) == (1, [])


async def test_a_process_that_will_not_end_is_killed_after_its_grace(watch):
    one = watch(IGNORES_TERM)
    await eventually(lambda: "1" in one.said())
    await one.process.stop(0.05)
    assert not is_alive(one.pids[0])


async def test_a_hang_up_reaches_a_process_and_kills_none_that_is_still_starting(watch):
    one = watch(HANGS_UP)
    await eventually(lambda: len(one.pids) == 1)
    one.process.hang_up()
    await eventually(lambda: "listening" in one.said())
    one.process.hang_up()
    await eventually(lambda: "again" in one.said())
    assert (len(one.pids), one.ends) == (1, [])


async def test_starting_several_at_once_leaves_the_supervisor_able_to_hear_a_hang_up(watch):
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    several = [watch(SLEEPS) for _ in range(5)]
    await eventually(lambda: all(len(one.pids) == 1 for one in several))
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before == set()


async def test_a_large_log_goes_aside(watch, tmp_path):
    log = tmp_path / "logs" / "program.log"
    log.parent.mkdir()
    with log.open("wb") as file:
        file.truncate(17 << 20)
    one = watch("print('new', flush=True); import time; time.sleep(600)")
    await eventually(lambda: "new" in one.said())
    assert log.stat().st_size < 100
    assert log.with_suffix(".log.1").stat().st_size == MAX_BYTES


async def test_the_log_of_a_program_that_runs_is_bounded(watch, tmp_path, monkeypatch):
    monkeypatch.setattr("fleet.cli.hub.log.CHECK_SECONDS", 0.02)
    one = watch(TALKS)
    beside = tmp_path / "logs" / "program.log.1"
    await eventually(lambda: beside.exists() and one.log.stat().st_size < MAX_BYTES)
    await eventually(lambda: "goes on" in one.said())
    assert "\0" not in one.said()
    assert beside.stat().st_size == MAX_BYTES
    assert (len(one.pids), one.ends) == (1, [])


async def test_nothing_outlives_a_supervisor_that_is_killed(tmp_path):
    supervisor = await asyncio.create_subprocess_exec(sys.executable, "-c", SUPERVISOR, str(tmp_path))
    noted = tmp_path / "pid"
    await eventually(lambda: noted.exists() and noted.read_text())
    pid = int(noted.read_text())
    assert is_alive(pid)
    supervisor.kill()
    await supervisor.wait()
    await eventually(lambda: not is_alive(pid))
