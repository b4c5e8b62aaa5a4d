"""`fleet delete KIND/NAME` and `fleet delete -f FILE`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from fleet.cli.address import HubChoice
from fleet.cli.commands.apply_objects import load
from fleet.cli.domain.references import references
from fleet.cli.errors import NotFound, Usage
from fleet.cli.objects.kinds import Kind
from fleet.cli.session import hub_options, namespace_option, with_bus

if TYPE_CHECKING:
    from fleet.bus import Bus


@click.command()
@click.argument("words", metavar="KIND/NAME...", nargs=-1)
@click.option("-f", "--filename", "files", multiple=True, help="Delete the objects of a file; - is stdin.")
@namespace_option
@hub_options
def delete(words: tuple[str, ...], files: tuple[str, ...], namespace: str, hub: HubChoice) -> int:
    """Delete objects; clusters then remove what they run of them, one that is away when it is back."""
    if bool(words) is bool(files):
        raise Usage("name the objects (KIND/NAME), or files with -f, and not both")
    if files:
        wanted = [(one.kind, one.namespace or namespace, one.name) for one in load(files)]
    else:
        wanted = [(one.kind, namespace, one.name) for one in references(words)]
    return with_bus(hub, lambda bus: _delete(bus, wanted))


async def _delete(bus: Bus, wanted: Sequence[tuple[Kind, str, str]]) -> int:
    from fleet.cli.adapters.records import Records

    records, code = Records(bus=bus), 0
    for kind, namespace, name in wanted:
        try:
            await records.delete(kind, namespace, name)
        except NotFound as error:
            click.echo(str(error), err=True)
            code = 1
        else:
            click.echo(f'{kind.singular} "{name}" deleted from {namespace} namespace')
    return code
