"""One run of the git program, bounded in time and size, and ended with everything it started."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_STDERR_BYTES = 64 * 1024
_PIECE_BYTES = 64 * 1024
_ULIMIT_BLOCK = 512
_BOUNDED = 'ulimit -f "$0" && exec git "$@"'


class OutputTooLarge(Exception):
    """A git printed more than it was allowed to."""


@dataclass(frozen=True, slots=True)
class Finished:
    """How a git ended: its exit code, all it printed, and the end of what it complained about."""

    returncode: int
    stdout: bytes
    stderr: str


async def run_git(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    seconds: float,
    limit: int,
    given: bytes = b"",
    keep_open: Sequence[int] = (),
    file_bytes: int = 0,
) -> Finished:
    """Run `git` with these arguments and `given` on its standard input.

    It may take `seconds` and print `limit` bytes. It leads a process group of its own, which is killed when
    this call ends before it does, whatever the reason. Descriptors in `keep_open` stay open in it, so that
    a lock held by one of them lasts as long as the git does, even if we are killed. With `file_bytes` the
    kernel ends whichever of its processes would make a file larger than that; git does not say so.

    Raises:
        TimeoutError: it took longer.
        OutputTooLarge: it printed more.
        OSError: the program could not be started.
    """
    process = await asyncio.create_subprocess_exec(
        *_command(arguments, file_bytes),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=dict(environment),
        cwd="/",
        start_new_session=True,
        pass_fds=tuple(keep_open),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    finished = False
    try:
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as tasks:
            printed = tasks.create_task(_read(process.stdout, limit))
            complained = tasks.create_task(_read_end(process.stderr))
            tasks.create_task(_write(process.stdin, given))
            returncode = await process.wait()
        finished = True
    except BaseExceptionGroup as group:
        task = asyncio.current_task()
        if task and task.cancelling():  # came together with the failure, and counts more
            raise asyncio.CancelledError from None
        raise group.exceptions[0] from None
    finally:
        if not finished:
            await _end(process)
    return Finished(returncode, printed.result(), complained.result().decode(errors="replace"))


def _command(arguments: Sequence[str], file_bytes: int) -> list[str]:
    """A shell sets the bound: set from here it would come late, or, before the start, not only for git."""
    if not file_bytes:
        return ["git", *arguments]
    return ["sh", "-c", _BOUNDED, str(file_bytes // _ULIMIT_BLOCK), *arguments]


async def _read(stream: asyncio.StreamReader, limit: int) -> bytes:
    pieces = bytearray()
    while piece := await stream.read(_PIECE_BYTES):
        pieces += piece
        if len(pieces) > limit:
            raise OutputTooLarge
    return bytes(pieces)


async def _read_end(stream: asyncio.StreamReader) -> bytes:
    end = b""
    while piece := await stream.read(_PIECE_BYTES):
        end = (end + piece)[-_STDERR_BYTES:]
    return end


async def _write(stream: asyncio.StreamWriter, data: bytes) -> None:
    try:
        stream.write(data)
        await stream.drain()
        stream.close()
        await stream.wait_closed()
    except (BrokenPipeError, ConnectionResetError):
        return  # it ended before it read everything, and says itself why


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill what still runs of its group, and read the pipes to their end so that they are closed."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    for stream in (process.stdout, process.stderr):
        while stream and await stream.read(_PIECE_BYTES):
            pass
    await process.wait()
