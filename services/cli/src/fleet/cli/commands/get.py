"""`fleet get KIND[,KIND...] [NAME...]`: objects with Fleet's printer columns."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from fleet.cli.address import HubChoice
from fleet.cli.domain.columns import rows, table_text
from fleet.cli.domain.printable import printable_line
from fleet.cli.domain.references import listed
from fleet.cli.domain.selectors import Selector, parse_selector
from fleet.cli.errors import CommandFailed, NotFound, Usage
from fleet.cli.objects.kinds import Kind
from fleet.cli.session import hub_options, namespace_option, with_bus

if TYPE_CHECKING:
    from fleet.bus import Bus
    from fleet.cli.adapters.objects import Objects

_FORMATS = ("table", "wide", "yaml", "json", "name")

Wanted = list[tuple[Kind, list[str]]]
Found = list[tuple[Kind, list[dict[str, Any]]]]


@click.command()
@click.argument("words", metavar="KIND[,KIND...] [NAME...] | KIND/NAME...", nargs=-1, required=True)
@namespace_option
@click.option("-A", "--all-namespaces", "everywhere", is_flag=True, help="Objects of all namespaces.")
@click.option("-o", "--output", type=click.Choice(_FORMATS), default="table", show_default=True)
@click.option("-l", "--selector", "labels", default="", help="Only objects with these labels.")
@hub_options
def get(
    words: tuple[str, ...], namespace: str, everywhere: bool, output: str, labels: str, hub: HubChoice
) -> int:
    """List the objects of a kind or of several, or show those that are named."""
    wanted = listed(words)
    named = [name for _, names in wanted for name in names]
    if named and (everywhere or labels):
        raise Usage("a named object stands in one namespace: leave out -A and -l, or the name")
    selector, where = parse_selector(labels), None if everywhere else namespace
    found, errors = with_bus(hub, lambda bus: _found(bus, wanted, where, selector))
    if output in ("table", "wide"):
        _show_tables(found, namespaced=everywhere, wide=output == "wide")
        if not found and not named and not errors:
            place = "" if everywhere else f" in {namespace} namespace"
            click.echo(f"No resources found{place}{'.' if place else ''}", err=True)
    elif output == "name":
        for kind, items in found:
            for item in items:
                click.echo(printable_line(kind.reference(item["metadata"]["name"])))
    elif found or not errors:
        _show_whole(found, output=output, single=len(named) == 1 and len(wanted) == 1)
    for error in errors:
        click.echo(str(error), err=True)
    return 1 if errors else 0


async def _found(
    bus: Bus, wanted: Wanted, workspace: str | None, selector: Selector
) -> tuple[Found, list[CommandFailed]]:
    """Each kind with those of its objects that are there (kinds without any are left out), and the errors."""
    from fleet.cli.adapters.objects import Objects

    objects = Objects(bus=bus)
    found: Found = []
    errors: list[CommandFailed] = []
    for kind, names in wanted:
        items: list[dict[str, Any]] = []
        for name in names or [""]:
            try:
                items += await _items(objects, kind, name, workspace, selector)
            except NotFound as error:
                errors.append(error)
            except CommandFailed as error:
                errors.append(error)
                break
        if items:
            found.append((kind, items))
    return found, errors


async def _items(
    objects: Objects, kind: Kind, name: str, workspace: str | None, selector: Selector
) -> list[dict[str, Any]]:
    if name:
        return [await objects.get(kind, workspace or "", name)]
    every = await objects.all(kind, workspace)
    return [item for item in every if selector.matches(item["metadata"].get("labels", {}))]


def _show_tables(found: Found, *, namespaced: bool, wide: bool) -> None:
    """A table for each kind; with more than one of them names tell their kind."""
    full = len({kind for kind, _ in found}) > 1
    now = datetime.now(UTC)
    tables = (
        table_text(rows(kind, items, now=now, namespaced=namespaced, full=full, wide=wide))
        for kind, items in found
    )
    click.echo("\n".join(tables), nl=False)


def _show_whole(found: Found, *, output: str, single: bool) -> None:
    from fleet.cli.domain.assembly import listing
    from fleet.cli.domain.output import as_json, as_yaml

    items = [item for _, group in found for item in group]
    shown = items[0] if single else listing(items)
    click.echo(as_json(shown) if output == "json" else as_yaml(shown), nl=False)
