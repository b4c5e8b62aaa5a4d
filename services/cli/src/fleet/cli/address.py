"""Which hub a command talks to: an embedded one by its folder, or any by its NATS URL."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from fleet.cli.errors import CommandFailed
from fleet.cli.hub.layout import Layout

DEFAULT_DATA = ".fleet"


@dataclass(frozen=True, slots=True)
class Address:
    """A NATS URL, the file with the seed to sign with, and the folder of an embedded hub (None: not one)."""

    url: str
    seed_file: Path | None = None
    folder: Path | None = None

    def seed(self) -> str | None:
        """The seed, None where none is needed. Raises CommandFailed when its file cannot be read."""
        if self.seed_file is None:
            return None
        try:
            return self.seed_file.read_text().strip()
        except OSError as error:
            raise CommandFailed(
                f"error: the seed in {self.seed_file} cannot be read: {error.strerror}"
            ) from error

    @property
    def hint(self) -> str:
        """What to do when nobody answers there."""
        if self.folder is None:
            return "check the URL, and that the server runs"
        return f"if it is down, start it with `fleet up --data {self.folder}`"


@dataclass(frozen=True, slots=True)
class HubChoice:
    """The options that name a hub, each None where it was not given."""

    server: str | None = None
    seed_file: Path | None = None
    data: Path | None = None

    def otherwise(self, outer: HubChoice) -> HubChoice:
        """The same choice, with the hub and the seed of the outer command where it names none."""
        seed_file = self.seed_file or outer.seed_file
        if self.server or self.data:
            return HubChoice(self.server, seed_file, self.data)
        return HubChoice(outer.server, seed_file, outer.data)

    def address(self) -> Address:
        """Where the hub is. Raises CommandFailed as `address_of`."""
        return address_of(server=self.server, seed_file=self.seed_file, data=self.folder)

    @property
    def folder(self) -> Path:
        """The folder of an embedded hub: as given, or from the environment's FLEET_DATA, or `.fleet`."""
        return self.data or Path(os.environ.get("FLEET_DATA") or DEFAULT_DATA)


def address_of(*, server: str | None, seed_file: Path | None, data: Path) -> Address:
    """The hub at a NATS URL, or where there is none the hub in a folder.

    Raises:
        CommandFailed: there is no hub in that folder.
    """
    if server:
        return Address(server, seed_file)
    layout = Layout(data)
    try:
        known = json.loads(layout.hub.read_bytes())
    except (OSError, ValueError) as error:
        raise CommandFailed(
            f"error: there is no hub in {layout.folder.resolve()}: start it with"
            f" `fleet up --data {layout.folder}`, or name another one with --data or --server"
        ) from error
    return Address(known["url"], seed_file or layout.control_seed, layout.folder)
