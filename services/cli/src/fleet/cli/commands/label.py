"""`fleet label KIND/NAME k=v k-`: change the labels of objects, of clusters above all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from fleet.cli.address import HubChoice
from fleet.cli.domain.edits import edited, missing_keys, outcome, parse_edits
from fleet.cli.domain.references import Reference, references, split_edits
from fleet.cli.session import hub_options, namespace_option, with_bus

if TYPE_CHECKING:
    from fleet.bus import Bus


@click.command(context_settings={"ignore_unknown_options": False})
@click.argument("words", metavar="KIND/NAME... KEY=VALUE|KEY-...", nargs=-1, required=True)
@click.option(
    "--overwrite/--no-overwrite",
    default=True,
    show_default=True,
    help="Change labels that have another value, or refuse to.",
)
@namespace_option
@hub_options
def label(words: tuple[str, ...], overwrite: bool, namespace: str, hub: HubChoice) -> None:
    """Set (KEY=VALUE) and remove (KEY-) labels of objects."""
    named, changes = split_edits(words)
    found, edits = references(named), parse_edits(changes)
    with_bus(hub, lambda bus: _label(bus, found, edits, namespace, overwrite=overwrite))


async def _label(
    bus: Bus, found: list[Reference], edits: Mapping[str, str | None], namespace: str, *, overwrite: bool
) -> None:
    from fleet.cli.adapters.records import Records

    records = Records(bus=bus)
    for one in found:
        before, after = await records.relabel(
            one.kind, namespace, one.name, lambda labels: edited(labels, edits, overwrite=overwrite)
        )
        for key in missing_keys(before, edits):
            click.echo(f'label "{key}" not found.', err=True)
        click.echo(f"{one.kind.reference(one.name)} {outcome(before, after, edits)}")
