"""`fleet describe KIND/NAME`: an object at length."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fleet.cli.address import HubChoice
from fleet.cli.domain.printable import printable_lines
from fleet.cli.domain.references import Reference, references
from fleet.cli.session import hub_options, namespace_option, with_bus

if TYPE_CHECKING:
    from fleet.bus import Bus


@click.command()
@click.argument("words", metavar="KIND/NAME...", nargs=-1, required=True)
@namespace_option
@hub_options
def describe(words: tuple[str, ...], namespace: str, hub: HubChoice) -> None:
    """Tell objects at length: what was asked for, how far it is and why, and what happened to them."""
    found = references(words)
    texts = with_bus(hub, lambda bus: _texts(bus, found, namespace))
    click.echo(printable_lines("\n\n".join(texts)), nl=False)


async def _texts(bus: Bus, found: list[Reference], namespace: str) -> list[str]:
    from fleet.cli.adapters.history import History
    from fleet.cli.adapters.objects import Objects
    from fleet.cli.domain.description import description

    objects, history = Objects(bus=bus), History(bus=bus)
    texts = []
    for one in found:
        item = await objects.get(one.kind, namespace, one.name)
        told = await history.rows(one.kind, namespace, one.name, item["metadata"].get("uid", ""))
        texts.append(description(item, told))
    return texts
