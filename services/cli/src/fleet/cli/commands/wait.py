"""`fleet wait KIND/NAME --for=...`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fleet.cli.address import HubChoice
from fleet.cli.domain.printable import printable_line
from fleet.cli.domain.references import Reference, references
from fleet.cli.domain.waiting import Goal, Verdict, parse_goal
from fleet.cli.errors import Usage
from fleet.cli.session import hub_options, namespace_option, with_bus
from fleet.events.durations import InvalidDuration, parse_duration

if TYPE_CHECKING:
    from fleet.bus import Bus

_MADE_LATER = frozenset({"bundle", "bundledeployment", "cluster"})
"""Kinds whose objects others make: to wait for one that is not there yet makes sense."""


@click.command()
@click.argument("words", metavar="KIND/NAME...", nargs=-1, required=True)
@click.option("--for", "goal", required=True, help="ready, deleted, or commit=SHA.")
@click.option("--timeout", default="30s", show_default=True, help="Such as 90s or 5m; 0 looks once.")
@namespace_option
@hub_options
def wait(words: tuple[str, ...], goal: str, timeout: str, namespace: str, hub: HubChoice) -> int:
    """Wait until objects are ready, stand at a commit everywhere, or are gone (exit code 1: time is up)."""
    wanted, sought = references(words), parse_goal(goal)
    try:
        seconds = parse_duration(timeout)
    except InvalidDuration as error:
        raise Usage(f"--timeout: {error}") from error
    code = 0
    for one, found in zip(
        wanted, with_bus(hub, lambda bus: _wait(bus, sought, wanted, namespace, seconds)), strict=True
    ):
        if found.reached:
            click.echo(f"{one.kind.reference(one.name)} condition met")
        else:
            what = f"{one.kind.plural}/{one.name}"
            click.echo(
                f"error: timed out waiting for the condition on {what}: {printable_line(found.standing)}",
                err=True,
            )
            code = 1
    return code


async def _wait(
    bus: Bus, goal: Goal, wanted: list[Reference], namespace: str, seconds: float
) -> list[Verdict]:
    import asyncio

    from fleet.cli.adapters.objects import Objects
    from fleet.cli.adapters.waiting import wait_for

    for one in wanted:
        if goal.word != "deleted" and one.kind.word not in _MADE_LATER:
            await Objects(bus=bus).get(one.kind, namespace, one.name)  # NotFound at once, as kubectl wait

    waits = (wait_for(bus, one.kind, namespace, one.name, goal, timeout=seconds) for one in wanted)
    return await asyncio.gather(*waits)
