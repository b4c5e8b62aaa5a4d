"""`fleet apply -f FILE`: declares objects as kubectl does."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fleet.cli.address import HubChoice
from fleet.cli.errors import CommandFailed
from fleet.cli.session import with_bus

if TYPE_CHECKING:
    from fleet.bus import Bus
    from fleet.cli.objects.manifests import Manifest


def apply_objects(files: Sequence[str], namespace: str, hub: HubChoice, *, enforced: bool) -> None:
    """Declare the objects of files; `enforced` as in `place`.

    Raises:
        CommandFailed: a file cannot be read or has something invalid in it, or the hub does not take it.
    """
    placed = place(load(files), namespace, enforced=enforced)
    with_bus(hub, lambda bus: _apply(bus, placed))


def load(files: Sequence[str]) -> list[Manifest]:
    """The valid objects of all files, in their order.

    Raises:
        CommandFailed: a file cannot be read, has no object, or holds something invalid (all of it is listed).
    """
    from fleet.cli.objects.documents import read_documents
    from fleet.cli.objects.faults import InvalidObjects
    from fleet.cli.objects.manifests import manifests

    try:
        documents = [document for source, text in _texts(files) for document in read_documents(text, source)]
        found = manifests(documents)
    except InvalidObjects as error:
        raise CommandFailed("\n".join(f"error: {fault}" for fault in error.faults)) from error
    if not found:
        raise CommandFailed("error: no objects passed to apply")
    return found


def place(found: Sequence[Manifest], namespace: str, *, enforced: bool) -> list[tuple[Manifest, str]]:
    """Each object with its namespace: its own, or the command's.

    Raises:
        CommandFailed: `enforced` (the namespace was given as an option) and an object names another one.
    """
    placed = [(manifest, manifest.namespace or namespace) for manifest in found]
    for _, own in placed:
        if enforced and own != namespace:
            raise CommandFailed(
                f'error: the namespace from the provided object "{own}" does not match the namespace'
                f" \"{namespace}\". You must pass '--namespace={own}' to perform this operation."
            )
    return placed


async def _apply(bus: Bus, placed: Sequence[tuple[Manifest, str]]) -> None:
    from fleet.cli.adapters.records import Records

    records = Records(bus=bus)
    for manifest, namespace in placed:
        await records.check(manifest, namespace)
    for manifest, namespace in placed:
        word = await records.apply(manifest, namespace)
        click.echo(f"{manifest.kind.reference(manifest.name)} {word}")


def _texts(files: Sequence[str]) -> list[tuple[str, str]]:
    """Every file with its text; a folder is its YAML and JSON files, by name."""
    found: list[tuple[str, str]] = []
    for name in files:
        if name == "-":
            found.append(("stdin", sys.stdin.read()))
            continue
        path = Path(name)
        paths = _manifests_in(path) if path.is_dir() else [path]
        found += [(str(one), _text(one)) for one in paths]
    return found


def _manifests_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml", ".json"))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise CommandFailed(f"error: {path} cannot be read: {reason}") from error
