"""`fleet schema FILE`: what editors check and complete files with."""

from __future__ import annotations

import click


@click.command()
@click.argument("name", metavar="fleet.yaml", type=click.Choice(["fleet.yaml"]))
def schema(name: str) -> None:
    """Print the JSON Schema of fleet.yaml, with the meaning and the default of every field."""
    from fleet.bundler.reference import schema_text

    del name  # there is one so far
    click.echo(schema_text(), nl=False)
