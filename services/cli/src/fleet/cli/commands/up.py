"""`fleet up`: a hub in a folder, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fleet.cli.address import HubChoice
from fleet.cli.domain.named_clusters import named_clusters
from fleet.cli.errors import Usage
from fleet.cli.session import bus_errors_told, hub_options, quiet

if TYPE_CHECKING:
    from fleet.cli.hub import Hub


@click.command()
@click.option(
    "--cluster",
    "clusters",
    multiple=True,
    metavar="NAME[:k=v,...]",
    help="Register a pocket cluster in fleet-default unless it is there, with labels; may be repeated.",
)
@hub_options
def up(clusters: tuple[str, ...], hub: HubChoice) -> None:
    """Start NATS, every service, pocket clusters and their agents, and keep them alive until Ctrl-C.

    Prints `ready` when all of it answers, then a line for everything that happens. A folder that has no
    cluster gets one: `local` in fleet-local.
    """
    if hub.server:
        raise Usage("a hub of its own has its own NATS server: leave out --server")
    asyncio.run(_until_told(hub.folder, named_clusters(clusters)))


async def _until_told(folder: Path, clusters: Mapping[str, Mapping[str, str]]) -> None:
    """Run the hub; SIGINT and SIGTERM end it in order, whatever it is doing."""
    task, told = asyncio.current_task(), asyncio.Event()
    assert task is not None, "this is a coroutine, so a task runs it"

    def end() -> None:
        if not told.is_set():
            told.set()
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, end)
    try:
        await _run(folder, clusters)
    except asyncio.CancelledError:
        if not told.is_set():
            raise
        _say("stopped")


def _say(line: str) -> None:
    """Print a line; a hub goes on when nobody reads it any more."""
    with contextlib.suppress(BrokenPipeError):
        click.echo(line)


async def _run(folder: Path, clusters: Mapping[str, Mapping[str, str]]) -> None:
    _stay_small()
    from fleet.cli.hub import Hub

    quiet()
    with bus_errors_told():
        async with Hub(folder, clusters=clusters, on_news=_say) as hub:
            await _narrate(hub)


def _stay_small() -> None:
    """Keep 13 of 65 MB (resident, measured) out of a process that stays for as long as the hub does.

    Libraries load these where they are there, and do without where they cannot be imported.
    """
    for optional in ("aiohttp", "rich"):  # nats-py: the broker by WebSocket; structlog: coloured tracebacks
        if optional not in sys.modules:
            sys.modules[optional] = None  # type: ignore[assignment]  # how Python marks what cannot be imported


async def _narrate(hub: Hub) -> None:
    from fleet.cli.adapters.journal import Journal
    from fleet.cli.domain.narration import Teller

    teller = Teller()
    async with await hub.connect("narrator") as bus, Journal.of(bus, history=False) as journal:
        for stored in await journal.past():
            teller.tell(stored.event)
        _say(f"ready at {hub.url}, data in {hub.layout.folder.resolve()}")
        while True:
            stored = await journal.next()
            if said := teller.tell(stored.event):
                _say(f"{stored.time.astimezone():%H:%M:%S} {said}")
