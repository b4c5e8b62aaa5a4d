"""Which hub a command talks to: an embedded one by its folder, or any by its NATS URL."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from fleet.cli.errors import CommandFailed
from fleet.cli.hub.layout import Layout

DEFAULT_DATA = Path(".fleet")


@dataclass(frozen=True, slots=True)
class Address:
    """A NATS URL, the seed to sign with, and the folder of an embedded hub (None: not one)."""

    url: str
    seed: str | None = field(default=None, repr=False)
    folder: Path | None = None

    @property
    def hint(self) -> str:
        """What to do when nobody answers there."""
        if self.folder is None:
            return "check the URL, and that the server runs"
        return f"if it is down, start it with `fleet up --data {self.folder}`"


@dataclass(frozen=True, slots=True)
class HubChoice:
    """The options that name a hub: `server` counts first, else the folder `data`, else `.fleet`."""

    server: str | None = None
    seed_file: Path | None = None
    data: Path | None = None

    def otherwise(self, other: HubChoice) -> HubChoice:
        """The same choice, or the other one where it names nothing."""
        return self if self.server or self.data else other

    def address(self) -> Address:
        """Where the hub is.

        Raises:
            CommandFailed: there is no hub in the folder, or the seed cannot be read.
        """
        if self.server:
            return Address(self.server, _seed(self.seed_file) if self.seed_file else None)
        layout = Layout(self.data or DEFAULT_DATA)
        try:
            known = json.loads(layout.hub.read_bytes())
        except (OSError, ValueError) as error:
            raise CommandFailed(
                f"error: there is no hub in {layout.folder.resolve()}: start it with"
                f" `fleet up --data {layout.folder}`, or name another one with --data or --server"
            ) from error
        return Address(known["url"], _seed(self.seed_file or layout.control_seed), layout.folder)


def _seed(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise CommandFailed(f"error: the seed in {path} cannot be read: {error.strerror}") from error
