"""`fleet apply`: declares the objects of files (`-f`), or makes bundles of folders (`NAME PATH...`)."""

from __future__ import annotations

from typing import Any

import click

from fleet.cli.address import HubChoice
from fleet.cli.commands.apply_flags import credential_options, folder_options
from fleet.cli.errors import CommandFailed
from fleet.cli.folders.goflags import GoCommand
from fleet.cli.session import hub_options, namespace_option


@click.command(cls=GoCommand)
@click.option("-f", "--filename", "--file", "files", multiple=True, help="Objects: a file, a folder or -.")
@click.argument("words", metavar="[NAME PATH...]", nargs=-1)
@folder_options
@credential_options
@namespace_option
@hub_options
@click.pass_context
def apply(
    ctx: click.Context,
    /,
    files: tuple[str, ...],
    words: tuple[str, ...],
    namespace: str,
    hub: HubChoice,
    **flags: Any,
) -> None:
    """Declare the objects of files, or make bundles of folders and store or print them.

    With -f, the objects are created or changed; a file with one invalid object changes nothing.

    With NAME and folders (the present one where there are none), each folder with a fleet.yaml or YAML files
    becomes a bundle, as in a GitRepo of this name. With -o they are printed, and no hub is asked. Without,
    they are stored in the hub, and bundles of an earlier `fleet apply NAME` that are gone are deleted.
    """
    if files:
        from fleet.cli.commands.apply_objects import apply_objects

        if words:
            raise CommandFailed(f"error: with -f there are no other arguments: {' '.join(words)}")
        given = ctx.get_parameter_source("namespace") is click.core.ParameterSource.COMMANDLINE
        apply_objects(files, namespace, hub, enforced=given)
        return
    from fleet.cli.commands.apply_folders import apply_folders

    apply_folders(words, namespace, hub, flags)
