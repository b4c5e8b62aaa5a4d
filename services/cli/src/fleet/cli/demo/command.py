"""The command `fleet demo`."""

import asyncio
import signal
import sys
import tempfile
from pathlib import Path

import click
import orjson

from fleet.cli.demo.performance import perform
from fleet.cli.demo.progress import Progress
from fleet.cli.demo.record import Record
from fleet.cli.errors import CommandFailed
from fleet.cli.session import quiet


@click.command()
@click.option("-o", "--output", type=click.Choice(["json"]), help="Print one JSON document instead of lines.")
def demo(output: str | None) -> int:
    """Show the main job on real parts, in a folder of its own that is removed at the end.

    Exit code 0 only where every step held and the last comparison found desired = delivered = reported.
    """
    quiet()
    progress = Progress(quiet=output == "json")
    with tempfile.TemporaryDirectory(prefix="fleet-demo-", ignore_cleanup_errors=True) as folder:
        record = asyncio.run(_until_told(Path(folder), progress))
    if output == "json":
        sys.stdout.buffer.write(orjson.dumps(record.to_json(), option=orjson.OPT_INDENT_2) + b"\n")
    else:
        progress.say(_summary(record))
    return 0 if record.ok else 1


async def _until_told(folder: Path, progress: Progress) -> Record:
    """Perform; SIGTERM ends it in order, as Ctrl-C does, so that nothing outlives it."""
    task = asyncio.current_task()
    assert task is not None, "this is a coroutine, so a task runs it"
    told = asyncio.Event()

    def end() -> None:
        told.set()
        task.cancel()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end)
    try:
        return await perform(folder, progress)
    except asyncio.CancelledError:
        if not told.is_set():
            raise
        raise CommandFailed("error: the demo was told to end") from None


def _summary(record: Record) -> str:
    found = record.to_json()
    if not record.ok:
        failed = next((step.name for step in record.steps if not step.ok), "compare")
        return f"not ok: the step {failed!r} did not hold"
    latency, pairs = found["commit_to_ready_ms"], found["pairs"]["desired"]
    return (
        f"ok: {found['clusters']} clusters, {found['bundles']} bundles, {pairs} pairs equal;"
        f" commit to Ready on all pairs: p50 {latency['p50']} ms,"
        f" slowest {latency['max']} ms of {latency['n']}"
    )
