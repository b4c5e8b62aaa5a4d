"""`fleet approve gitrepo/NAME`: let the commit that waits for it remove what it removes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from fleet.cli.address import HubChoice
from fleet.cli.domain.approval import approved, waiting_commit
from fleet.cli.domain.references import Reference, references
from fleet.cli.session import hub_options, namespace_option, with_bus

if TYPE_CHECKING:
    from fleet.bus import Bus


@click.command()
@click.argument("words", metavar="gitrepo/NAME...", nargs=-1, required=True)
@namespace_option
@hub_options
def approve(words: tuple[str, ...], namespace: str, hub: HubChoice) -> None:
    """Let commits remove bundles that wait for approval (guard.removedShare of a Policy).

    It holds for the very commit that waits now, and neither for another one nor for the same one when the
    GitRepo has changed.
    """
    found = references(words)
    with_bus(hub, lambda bus: _approve(bus, found, namespace))


async def _approve(bus: Bus, found: list[Reference], namespace: str) -> None:
    from fleet.cli.adapters.objects import Objects
    from fleet.cli.adapters.records import Records

    objects, records = Objects(bus=bus), Records(bus=bus)
    for one in found:
        waiting = waiting_commit(one.kind, await objects.get(one.kind, namespace, one.name))
        await records.annotate(one.kind, namespace, one.name, partial(approved, waiting=waiting))
        click.echo(
            f"{one.kind.reference(one.name)} approved: commit {waiting.commit[:12]} removes"
            f" {waiting.removes} of {waiting.present} bundles"
        )
