"""`fleet events`: what happened and what happens, and the dead letters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from fleet.cli.address import HubChoice
from fleet.cli.domain.columns import one_line, table_text
from fleet.cli.session import hub_options, with_bus

if TYPE_CHECKING:
    from fleet.bus import Bus
    from fleet.events import DeadLetter, Stored

_output = click.option(
    "-o", "--output", type=click.Choice(("text", "json")), default="text", show_default=True
)


@click.group(invoke_without_command=True)
@click.option("--follow", is_flag=True, help="Stay, and print what comes.")
@_output
@hub_options
@click.pass_context
def events(ctx: click.Context, follow: bool, output: str, hub: HubChoice) -> None:
    """Print the events that the streams still have, one line each; with -o json as CloudEvents."""
    if ctx.invoked_subcommand is None:
        with_bus(hub, lambda bus: _print(bus, follow=follow, output=output))


@events.group(invoke_without_command=True)
@_output
@hub_options
@click.pass_context
def dead(ctx: click.Context, hub: HubChoice, output: str) -> None:
    """Events that a subscriber rejected; without a command they are listed."""
    if ctx.invoked_subcommand is None:
        _list(hub, output)


@dead.command("list")
@_output
@hub_options
def listing(hub: HubChoice, output: str) -> None:
    """List the dead letters with their numbers."""
    _list(hub, output)


@dead.command()
@click.argument("sequence", type=int, metavar="SEQ")
@hub_options
def replay(hub: HubChoice, sequence: int) -> None:
    """Have the service that rejected an event handle it again; when that works its dead letter is gone."""
    with_bus(hub, lambda bus: bus.replay(sequence))
    click.echo(f"dead letter {sequence} handled")


def _list(hub: HubChoice, output: str) -> None:
    letters = with_bus(hub, _letters)
    if output == "json":
        for letter in letters:
            _say(letter, output)
    elif letters:
        heading = ["SEQ", "TIME", "SERVICE", "EVENT", "MESSAGE", "REASON"]
        click.echo(table_text([heading, *(_row(letter) for letter in letters)]), nl=False)
    else:
        click.echo("No dead letters.", err=True)


async def _letters(bus: Bus) -> list[Stored[DeadLetter]]:
    return [letter async for letter in bus.dead_letters()]


def _row(letter: Stored[DeadLetter]) -> list[str]:
    event = letter.event
    return [
        str(letter.sequence),
        f"{letter.time.astimezone():%Y-%m-%d %H:%M:%S}",
        event.service,
        event.event,
        f"{event.stream}:{event.sequence}",
        one_line(event.reason),
    ]


async def _print(bus: Bus, *, follow: bool, output: str) -> None:
    from fleet.cli.adapters.journal import Journal

    async with Journal.of(bus, history=True) as journal:
        for stored in await journal.past():
            _say(stored, output)
        while follow:
            _say(await journal.next(), output)


def _say(stored: Stored[Any], output: str) -> None:
    from fleet.cli.domain.narration import cloud_event, line

    click.echo(json.dumps(cloud_event(stored), ensure_ascii=False) if output == "json" else line(stored))
