"""`fleet get KIND [NAME...]`: objects with Fleet's printer columns."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from fleet.cli.address import HubChoice
from fleet.cli.domain.columns import rows, table_text
from fleet.cli.domain.references import listed
from fleet.cli.domain.selectors import Selector, parse_selector
from fleet.cli.errors import NotFound, Usage
from fleet.cli.objects.kinds import Kind
from fleet.cli.session import hub_options, namespace_option, with_bus

if TYPE_CHECKING:
    from fleet.bus import Bus

_FORMATS = ("table", "wide", "yaml", "json")


@click.command()
@click.argument("words", metavar="KIND [NAME...] | KIND/NAME...", nargs=-1, required=True)
@namespace_option
@click.option("-A", "--all-namespaces", "everywhere", is_flag=True, help="Objects of all namespaces.")
@click.option("-o", "--output", type=click.Choice(_FORMATS), default="table", show_default=True)
@click.option("-l", "--selector", "labels", default="", help="Only objects with these labels.")
@hub_options
def get(
    words: tuple[str, ...], namespace: str, everywhere: bool, output: str, labels: str, hub: HubChoice
) -> int:
    """List the objects of a kind, or show those that are named."""
    kind, names = listed(words)
    if names and (everywhere or labels):
        raise Usage("a named object stands in one namespace: leave out -A and -l, or the name")
    selector = parse_selector(labels)
    if names:
        found, missing = with_bus(hub, lambda bus: _named(bus, kind, namespace, names))
    else:
        where = None if everywhere else namespace
        found, missing = with_bus(hub, lambda bus: _all(bus, kind, where, selector)), []
    _show(kind, found, output=output, single=len(names) == 1, everywhere=everywhere)
    if not found and not names:
        place = "" if everywhere else f" in {namespace} namespace"
        click.echo(f"No resources found{place}{'.' if place else ''}", err=True)
    for error in missing:
        click.echo(str(error), err=True)
    return 1 if missing else 0


async def _all(bus: Bus, kind: Kind, workspace: str | None, selector: Selector) -> list[dict[str, Any]]:
    from fleet.cli.adapters.objects import Objects

    items = await Objects(bus=bus).all(kind, workspace)
    return [item for item in items if selector.matches(item["metadata"].get("labels", {}))]


async def _named(
    bus: Bus, kind: Kind, workspace: str, names: list[str]
) -> tuple[list[dict[str, Any]], list[NotFound]]:
    from fleet.cli.adapters.objects import Objects

    objects, found, missing = Objects(bus=bus), [], []
    for name in names:
        try:
            found.append(await objects.get(kind, workspace, name))
        except NotFound as error:
            missing.append(error)
    return found, missing


def _show(kind: Kind, found: list[dict[str, Any]], *, output: str, single: bool, everywhere: bool) -> None:
    if output in ("table", "wide"):
        if found:
            table = rows(kind.word, found, now=datetime.now(UTC), namespaced=everywhere)
            click.echo(table_text(table), nl=False)
        return
    if single and not found:
        return
    from fleet.cli.domain.assembly import listing
    from fleet.cli.domain.output import as_json, as_yaml

    shown = found[0] if single else listing(found)
    click.echo(as_json(shown) if output == "json" else as_yaml(shown), nl=False)
