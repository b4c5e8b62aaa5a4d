"""What a program costs with everything it starts: peak memory, bytes written, processor time.

Linux keeps peaks and sums itself, so nothing short-lived is missed: it adds the I/O of a child to that of the
parent that waits for it, and tells the largest peak of them all. Only how much was used *at the same time* is
watched. The program is started by a small process of its own, as a peak is inherited from whoever starts it.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MIB = 1 << 20
_EVERY = 0.005
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Footprint:
    """`memory`: the most bytes that all processes had together; `largest`: that one of them had.

    `written`: bytes that went to files on disk; `seconds`: of processor time.
    """

    code: int
    stdout: str
    stderr: str
    memory: int
    largest: int
    written: int
    seconds: float


def footprint(
    command: Sequence[str | Path],
    *,
    within: float,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Footprint:
    """Run a command to its end, which must come `within` seconds, and say what it and its children cost."""
    with tempfile.TemporaryFile() as complaints, tempfile.NamedTemporaryFile() as account:
        process = subprocess.Popen(
            [sys.executable, "-S", "-P", __file__, account.name, *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            start_new_session=True,
        )
        with _killed_after(within, process.pid) as late, watched(process.pid) as watcher:
            stdout, _ = process.communicate()
        complaints.seek(0)
        stderr = complaints.read().decode(errors="replace")
        assert not late.is_set(), f"still running after {within} s: {stderr[-2000:]}"
        found: dict[str, Any] = json.loads(account.read())
    return Footprint(
        stdout=stdout.decode(errors="replace"),
        stderr=stderr,
        memory=max(watcher.memory, found["largest"]),
        **found,
    )


@contextmanager
def _killed_after(seconds: float, group: int) -> Iterator[threading.Event]:
    late = threading.Event()

    def kill() -> None:
        late.set()
        os.killpg(group, signal.SIGKILL)

    timer = threading.Timer(seconds, kill)
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()


@dataclass
class _Watcher:
    """Adds up, again and again, the peaks of all processes that are alive below one."""

    root: int
    memory: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        while not self.over.wait(_EVERY):
            self.memory = max(self.memory, sum(map(_peak, _below(self.root))))


@contextmanager
def watched(root: int) -> Iterator[_Watcher]:
    """Watch how much memory all processes below one have together; the peak stands in `memory`."""
    watcher = _Watcher(root)
    thread = threading.Thread(target=watcher.watch)
    thread.start()
    try:
        yield watcher
    finally:
        watcher.over.set()
        thread.join()


def _below(root: int) -> list[int]:
    """All processes below one."""
    found = [root]
    for pid in found:
        try:
            for thread in (_PROC / str(pid) / "task").iterdir():
                found += map(int, (thread / "children").read_text().split())
        except OSError:
            continue  # it has ended
    return found[1:]


def _peak(pid: int) -> int:
    """The most memory that a process had so far, in bytes; 0 where it has ended."""
    try:
        status = (_PROC / str(pid) / "status").read_text()
    except OSError:
        return 0
    return _number(status, "VmHWM") << 10


def written_by(pid: int) -> int:
    """The bytes that a process, and those of its children that have ended, gave to files on disk so far."""
    return _number((_PROC / str(pid) / "io").read_text(), "write_bytes")


def _number(text: str, name: str) -> int:
    lines = (line.split() for line in text.splitlines())
    return next((int(words[1]) for words in lines if words[:1] == [f"{name}:"]), 0)


def _measure(account: str, command: Sequence[str]) -> None:
    """Run a command, and write down what it cost, between its end and its burial."""
    pid = os.posix_spawnp(command[0], command, os.environ)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    written = written_by(pid)
    _, status, usage = os.wait4(pid, 0)
    found = {
        "code": os.waitstatus_to_exitcode(status),
        "largest": usage.ru_maxrss << 10,
        "written": written,
        "seconds": usage.ru_utime + usage.ru_stime,
    }
    Path(account).write_text(json.dumps(found))


if __name__ == "__main__":
    _measure(sys.argv[1], sys.argv[2:])
