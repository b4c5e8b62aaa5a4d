"""`fleet create secret generic NAME`: credentials that a GitRepo names, in kubectl's form."""

from __future__ import annotations

from pathlib import Path

import click

from fleet.cli.address import HubChoice
from fleet.cli.errors import CommandFailed, Usage
from fleet.cli.hub.layout import Layout
from fleet.cli.session import hub_options, namespace_option


@click.group()
def create() -> None:
    """Create secrets; they are kept sealed in the folder of an embedded hub, never in a stream."""


@create.group()
def secret() -> None:
    """Create a secret."""


@secret.command()
@click.argument("name")
@click.option("--from-literal", "literals", multiple=True, metavar="KEY=VALUE", help="A key and its value.")
@click.option("--from-file", "files", multiple=True, metavar="[KEY=]PATH", help="A key's value from a file.")
@namespace_option
@hub_options
def generic(
    name: str, literals: tuple[str, ...], files: tuple[str, ...], namespace: str, hub: HubChoice
) -> None:
    """Create a secret, or put it in the place of the one that is there.

    Keys for git: username and password, or ssh-privatekey and known_hosts.
    """
    from fleet.events import InvalidName
    from fleet.vault import Keyring, SecretStore, VaultError

    if hub.server:
        raise Usage("secrets are kept in the folder of an embedded hub: name it with --data, not --server")
    data = _literals(literals) | _files(files)
    if not data:
        raise Usage("a secret needs at least one --from-literal or --from-file")
    layout = Layout(hub.folder)
    if not layout.keyring.exists():
        raise CommandFailed(f"error: there is no hub in {layout.folder.resolve()}: start it with `fleet up`")
    try:
        store = SecretStore(layout.secrets, keyring=Keyring.open(layout.keyring))
        store.put(namespace, name, data)
    except (InvalidName, VaultError, OSError) as error:
        raise CommandFailed(f"error: secret {namespace}/{name}: {error}") from error
    click.echo(f"secret/{name} created")


def _literals(given: tuple[str, ...]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise Usage("--from-literal: write KEY=VALUE")
        found[key] = value.encode()
    return found


def _files(given: tuple[str, ...]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for text in given:
        key, equals, path = text.partition("=")
        file = Path(path if equals else text)
        try:
            found[key if equals else file.name] = file.read_bytes()
        except OSError as error:
            raise CommandFailed(f"error: --from-file: {file}: {error.strerror}") from error
    return found
