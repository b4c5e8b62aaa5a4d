"""Clusters get what they need to take part: a pocket cluster, an identity, a place in the broker's accounts.

The identity files are the state; the lists for the broker, for the agents' process and for the pocket
clusters are written from them, so a start after any crash puts all of them right.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from fleet.cli.hub.accounts import AgentAccess, server_configuration
from fleet.cli.hub.kubeconfig import kubeconfig
from fleet.cli.hub.layout import Layout
from fleet.cli.hub.programs import MONITOR, NATS, nats_url, pocket_url
from fleet.events import ClusterRecord, InvalidName
from fleet.vault import Keyring
from fleet.vault.nkey import NkeyPair
from fleet.vault.private_file import write_private

MAX_FILE_NAME = 200
"""Bytes that a file named after a cluster may have; a draft of it has a longer name, 255 is the end."""


class NameTooLong(Exception):
    """A cluster whose files cannot be named after it and its workspace."""


@dataclass(frozen=True, slots=True)
class Change:
    """What an enrolment changed: who came, who went, who cannot come and why."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


class Enrolment:
    """Keeps the files of a hub's folder in step with its clusters."""

    def __init__(self, *, layout: Layout, keyring: Keyring, ports: Mapping[str, int]) -> None:
        self._layout = layout
        self._keyring = keyring
        self._ports = ports
        self._control = _control_key(layout.control_seed)

    def refresh(self) -> None:
        """Write every list anew from the identities that are there, with the ports of this start."""
        for identity in self._identities():
            self._write(identity)
        self._write_lists()

    def follow(self, records: Iterable[ClusterRecord]) -> Change:
        """Enrol the clusters that are declared and drop those that are deleted; others stay as they are."""
        known = {(one["workspace"], one["cluster"]): one for one in self._identities()}
        added, removed, refused = [], [], []
        for record in records:
            key = (record.workspace, record.name)
            if record.deleted:
                if key in known and known[key]["uid"] == record.metadata.uid:
                    self._drop(*key)
                    removed.append("/".join(key))
            elif key not in known or known[key]["uid"] != record.metadata.uid:
                try:
                    self._write(self._identity(record))
                    added.append("/".join(key))
                except (InvalidName, NameTooLong) as error:
                    refused.append(f"{'/'.join(key)}: {error}")
        if added or removed:
            self._write_lists()
        return Change(tuple(added), tuple(removed), tuple(refused))

    def enrolled(self) -> set[tuple[str, str]]:
        """Workspace and name of every cluster that has an identity."""
        return {(one["workspace"], one["cluster"]) for one in self._identities()}

    def _identity(self, record: ClusterRecord) -> dict[str, Any]:
        """A new identity: a cluster that was made again inherits nothing of the one before."""
        self._check_file_names(record)
        key = NkeyPair.generate()
        AgentAccess(record.workspace, record.name, key.public).tokens()
        keys = self._keyring.workspace(record.workspace).cluster_keys(record.metadata.uid)
        return {
            "workspace": record.workspace,
            "cluster": record.name,
            "uid": record.metadata.uid,
            "seed": key.seed,
            "macKey": keys.mac.hex(),
            "encryptionKey": keys.encryption.hex(),
        }

    def _check_file_names(self, record: ClusterRecord) -> None:
        """Raise NameTooLong if the files of this cluster would have names that are too long."""
        longest = len(self._layout.kubeconfig(record.workspace, record.name).name.encode())
        if longest > MAX_FILE_NAME:
            raise NameTooLong(
                "not enrolled: the names of workspace and cluster are too long together by"
                f" {longest - MAX_FILE_NAME} characters for a file of this hub;"
                " delete it and declare it with a shorter name"
            )

    def _write(self, identity: Mapping[str, Any]) -> None:
        workspace, cluster = identity["workspace"], identity["cluster"]
        path = self._layout.kubeconfig(workspace, cluster)
        text = kubeconfig(pocket_url(self._ports, workspace, cluster), f"{workspace}.{cluster}")
        _replace(path, text.encode())
        placed = {**identity, "server": nats_url(self._ports), "kubeconfig": str(path.resolve())}
        _replace(self._layout.identity(workspace, cluster), orjson.dumps(placed, option=orjson.OPT_INDENT_2))

    def _drop(self, workspace: str, cluster: str) -> None:
        self._layout.identity(workspace, cluster).unlink(missing_ok=True)
        self._layout.kubeconfig(workspace, cluster).unlink(missing_ok=True)

    def _write_lists(self) -> None:
        identities = sorted(self._identities(), key=lambda one: (one["workspace"], one["cluster"]))
        clusters = [f"{one['workspace']}.{one['cluster']}" for one in identities]
        paths = [str(self._layout.identity(one["workspace"], one["cluster"]).resolve()) for one in identities]
        _replace(self._layout.pocket_clusters, orjson.dumps({"clusters": clusters}))
        _replace(self._layout.identities, orjson.dumps(paths))
        _replace(self._layout.nats_conf, self._configuration(identities).encode())

    def _configuration(self, identities: Iterable[Mapping[str, Any]]) -> str:
        store = self._layout.nats_store.resolve()
        store.mkdir(parents=True, exist_ok=True)
        return server_configuration(
            control=self._control.public,
            agents=[
                AgentAccess(one["workspace"], one["cluster"], NkeyPair.of(one["seed"]).public)
                for one in identities
            ],
            store=store,
            log=self._layout.log("nats").resolve(),
            port=self._ports[NATS],
            monitor_port=self._ports[MONITOR],
        )

    def _identities(self) -> list[dict[str, Any]]:
        folder = self._layout.folder / "agents"
        return [orjson.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))]


def _control_key(path: Path) -> NkeyPair:
    """The services' key, made at the first start."""
    if not path.exists():
        write_private(path, NkeyPair.generate().seed.encode() + b"\n")
    return NkeyPair.of(path.read_text().strip())


def _replace(path: Path, data: bytes) -> None:
    """Write a file, unless it says that already."""
    if not path.exists() or path.read_bytes() != data:
        write_private(path, data)
