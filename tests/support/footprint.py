"""What a program costs with everything it starts: peak memory, bytes written, processor time.

Linux keeps peaks and sums itself, so nothing short-lived is missed: it adds the I/O of a child to that of the
parent that waits for it, and tells the largest peak of them all. Only how much was used *at the same time* is
watched.
"""

import os
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

MIB = 1 << 20
_EVERY = 0.005
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Footprint:
    """`memory`: the most bytes that all processes had together; `largest`: that one of them had.

    `written`: bytes that reached files; `moved`: bytes handed to the kernel, pipes included; `seconds`: of
    processor time.
    """

    code: int
    stdout: str
    stderr: str
    memory: int
    largest: int
    written: int
    moved: int
    seconds: float


def footprint(
    command: Sequence[str | Path],
    *,
    within: float,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Footprint:
    """Run a command to its end, which must come `within` seconds, and say what it and its children cost."""
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env={**os.environ, **(env or {})},
            cwd=cwd,
        )
        end = _Ending(process, within)
        watcher = _Watcher(process.pid)
        end.start()
        watcher.start()
        assert process.stdout is not None
        with process.stdout as printed:
            stdout = printed.read()
        end.join()
        watcher.stop()
        complaints.seek(0)
        stderr = complaints.read()
    assert not end.late, f"still running after {within} s: {stderr.decode(errors='replace')[-2000:]}"
    return Footprint(
        code=end.code,
        stdout=stdout.decode(errors="replace"),
        stderr=stderr.decode(errors="replace"),
        memory=max(watcher.memory, end.largest),
        largest=end.largest,
        written=end.io["write_bytes"],
        moved=end.io["wchar"],
        seconds=end.seconds,
    )


class _Ending(threading.Thread):
    """Waits for a process and reads its account between its end and its burial; kills one that is late."""

    def __init__(self, process: "subprocess.Popen[bytes]", within: float) -> None:
        super().__init__()
        self._process = process
        self._late = threading.Timer(within, self._kill)
        self.late = False
        self.code = 0
        self.largest = 0
        self.seconds = 0.0
        self.io: dict[str, int] = {}

    def _kill(self) -> None:
        self.late = True
        self._process.kill()

    def run(self) -> None:
        pid = self._process.pid
        self._late.start()
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        self._late.cancel()
        self.io = _numbers((_PROC / str(pid) / "io").read_text())
        _, status, usage = os.wait4(pid, 0)
        self.code = self._process.returncode = os.waitstatus_to_exitcode(status)
        self.largest = usage.ru_maxrss << 10
        self.seconds = usage.ru_utime + usage.ru_stime


@dataclass
class _Watcher:
    """Adds up, again and again, the peaks of all processes that are alive below one."""

    root: int
    memory: int = 0
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        assert self._thread is not None
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_EVERY):
            self.memory = max(self.memory, sum(_peak(pid) for pid in _family(self.root)))


def _family(root: int) -> list[int]:
    """A process and all below it."""
    found = [root]
    for pid in found:
        try:
            threads = [str(thread) for thread in (_PROC / str(pid) / "task").iterdir()]
            for thread in threads:
                found += map(int, Path(thread, "children").read_text().split())
        except OSError:
            continue  # it has ended
    return found


def _peak(pid: int) -> int:
    """The most memory that a process had so far, in bytes; 0 where it has ended."""
    try:
        status = (_PROC / str(pid) / "status").read_text()
    except OSError:
        return 0
    return _numbers(status, only="VmHWM").get("VmHWM", 0) << 10


def _numbers(text: str, only: str = "") -> dict[str, int]:
    found = {}
    for line in text.splitlines():
        name, _, rest = line.partition(":")
        if not only or name == only:
            found[name] = int(rest.split()[0])
    return found
