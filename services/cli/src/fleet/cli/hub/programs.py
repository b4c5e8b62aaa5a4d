"""The programs of a hub: what each is called with, and what it is told by its environment."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fleet.cli.errors import CommandFailed
from fleet.cli.hub.layout import Layout
from fleet.cli.hub.ports import HOST

NATS = "nats"
MONITOR = "monitor"
POCKET = "pocket"
AGENT = "agent"
SERVICES = ("gitjob", "bundler", "targeter", "gateway")
PORTS = (NATS, MONITOR, POCKET, AGENT, *SERVICES)
"""What listens on a port of its own: the broker twice, the pocket clusters, every service for its probes."""

_ROUTES = {POCKET: "/healthz", MONITOR: "/healthz"}


@dataclass(frozen=True, slots=True)
class Program:
    """One process of a hub; `hangup` tells whether SIGHUP makes it read its lists again."""

    name: str
    arguments: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    hangup: bool = False


def programs(layout: Layout, ports: Mapping[str, int]) -> dict[str, Program]:
    """All programs by name, the broker first.

    Raises:
        CommandFailed: one of them is not installed.
    """
    common = _environment(layout, ports)
    found = {NATS: _nats(layout)}
    for name in SERVICES:
        found[name] = Program(
            name=name,
            arguments=(_installed(f"fleet-{name}"),),
            log=layout.log(name),
            environment=common | {"FLEET_HTTP": f"{HOST}:{ports[name]}"},
        )
    found[POCKET] = Program(
        name=POCKET,
        arguments=(
            _installed("fleet-pocket"),
            "--data",
            str(layout.pocket),
            "--listen",
            f"{HOST}:{ports[POCKET]}",
        ),
        log=layout.log(POCKET),
        environment=common,
        hangup=True,
    )
    found[AGENT] = Program(
        name=AGENT,
        arguments=(_installed("fleet-agent"), "--identities", str(layout.identities)),
        log=layout.log(AGENT),
        environment=_without_hub(common) | {"FLEET_HTTP": f"{HOST}:{ports[AGENT]}"},
        hangup=True,
    )
    return found


def probes(ports: Mapping[str, int]) -> dict[str, tuple[int, str]]:
    """Where each program says whether it is ready: port and path by name."""
    return {name: (ports[name], _ROUTES.get(name, "/readyz")) for name in (MONITOR, POCKET, AGENT, *SERVICES)}


def nats_url(ports: Mapping[str, int]) -> str:
    """Where the broker listens."""
    return f"nats://{HOST}:{ports[NATS]}"


def pocket_url(ports: Mapping[str, int], workspace: str, cluster: str) -> str:
    """Where a pocket cluster's API is."""
    return f"http://{HOST}:{ports[POCKET]}/clusters/{workspace}.{cluster}"


def _nats(layout: Layout) -> Program:
    return Program(
        name=NATS,
        arguments=(_installed("nats-server"), "-c", str(layout.nats_conf)),
        log=layout.log("nats-server"),
        environment=_outside(),
        hangup=True,
    )


def _environment(layout: Layout, ports: Mapping[str, int]) -> dict[str, str]:
    """What every program is told; settings of this shell's FLEET_ variables are not handed on."""
    return _outside() | {
        "FLEET_NATS_URL": nats_url(ports),
        "FLEET_NATS_SEED_FILE": str(layout.control_seed),
        "FLEET_KEYS": str(layout.keyring),
        "FLEET_DATA": str(layout.folder),
        "FLEET_LOCAL_REPOSITORIES": "true",
        "PYTHONUNBUFFERED": "1",
    }


def _without_hub(environment: Mapping[str, str]) -> dict[str, str]:
    """An agent gets nothing that belongs to the hub, only its own identities."""
    hidden = ("FLEET_NATS_URL", "FLEET_NATS_SEED_FILE", "FLEET_KEYS")
    return {key: value for key, value in environment.items() if key not in hidden}


def _outside() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("FLEET_")}


def _installed(name: str) -> str:
    """The program of this Python environment, or else the one on the PATH."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise CommandFailed(f"error: {name} is not installed beside {sys.executable}, nor on the PATH")
    return found
