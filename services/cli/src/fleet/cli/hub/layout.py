"""Where everything stands in the data folder of an embedded hub."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths below a hub's folder; nothing is written elsewhere."""

    folder: Path

    @property
    def hub(self) -> Path:
        """What others need to know to reach the hub: url, pid, ports."""
        return self.folder / "hub.json"

    @property
    def lock(self) -> Path:
        """Held by the `fleet up` that runs here."""
        return self.folder / "lock"

    @property
    def nats_conf(self) -> Path:
        """The server's configuration, with the public keys of all agents."""
        return self.folder / "nats.conf"

    @property
    def nats_store(self) -> Path:
        """The streams."""
        return self.folder / "nats"

    @property
    def keyring(self) -> Path:
        """The keys of the workspaces."""
        return self.folder / "keys" / "keyring.json"

    @property
    def control_seed(self) -> Path:
        """The nkey seed of the services and of the command line."""
        return self.folder / "keys" / "control.nk"

    @property
    def identities(self) -> Path:
        """The list of the identity files that the agents' process reads."""
        return self.folder / "agents.json"

    @property
    def secrets(self) -> Path:
        """What GitRepos name as `clientSecretName`, sealed, a file each."""
        return self.folder / "secrets"

    @property
    def pocket(self) -> Path:
        """The pocket clusters."""
        return self.folder / "pocket"

    @property
    def pocket_clusters(self) -> Path:
        """Which pocket clusters there are."""
        return self.pocket / "clusters.json"

    @property
    def logs(self) -> Path:
        """One file for each process."""
        return self.folder / "logs"

    def identity(self, workspace: str, cluster: str) -> Path:
        """The secrets of one cluster's agent."""
        return self.folder / "agents" / f"{workspace}.{cluster}.json"

    def kubeconfig(self, workspace: str, cluster: str) -> Path:
        """How to reach one pocket cluster."""
        return self.folder / "agents" / f"{workspace}.{cluster}.kubeconfig"

    def log(self, process: str) -> Path:
        """What one process writes to stdout and stderr."""
        return self.logs / f"{process}.log"
