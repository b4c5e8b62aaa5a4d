"""The broker's configuration: who may say and hear what on the road between hub and agents.

Two accounts, because one is unsafe whatever its permissions say: NATS does not check the reply subject of
a publish, so in a shared account an agent could have a server's answer stored as another cluster's
desired state. CONTROL owns JetStream and belongs to the services; AGENTS has imports only, and a reply
that crosses accounts goes to a subject that the server made.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fleet.events import InvalidName, token

_MIB = 1 << 20
_NKEY_LENGTH = 56

ROADS = (
    ("service", "$JS.API.DIRECT.GET.DESIRED.fleet.desired.*.*", "agent.get.$1.$2"),
    ("service", "fleet.status.*.*", ""),
    ("service", "fleet.beat.*.*", ""),
    ("service", "agent.content.*.*", ""),
    ("stream", "fleet.wake.*.*", ""),
)
"""Sort, subject in CONTROL, and name in AGENTS when it differs. Services are asked, streams are heard."""


@dataclass(frozen=True, slots=True)
class AgentAccess:
    """An agent that may connect: for which cluster it speaks, and the public half of its nkey."""

    workspace: str
    cluster: str
    public: str

    def tokens(self) -> tuple[str, str]:
        """Workspace and cluster as subject tokens.

        Raises InvalidName for what is no Kubernetes name, and for a workspace with a dot: a namespace has
        none, and with one two clusters could share an inbox prefix.
        """
        if "." in self.workspace:
            raise InvalidName(self.workspace)
        return token(self.workspace), token(self.cluster)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the broker: connections and subscriptions as counts, the rest in bytes."""

    control_connections: int = 256
    agent_connections: int = 15_000
    agent_payload: int = 1 * _MIB
    payload: int = 8 * _MIB
    pending: int = 256 * _MIB


def server_configuration(
    *,
    control: str,
    agents: Iterable[AgentAccess],
    store: Path,
    log: Path,
    port: int,
    monitor_port: int,
    limits: Limits | None = None,
) -> str:
    """Return the text of a nats.conf; write it again and send SIGHUP when agents come or go.

    `control` is the public nkey of the services. Port -1 picks a free one; the server names the ports in
    `nats-server_<pid>.ports` in the store. It listens on loopback only, without WebSocket.

    Raises InvalidName for an agent whose cluster cannot stand in a subject, ValueError for an nkey that
    is none or that two agents share.
    """
    bounds = limits or Limits()
    members = sorted(agents, key=lambda agent: (agent.workspace, agent.cluster))
    _check_keys([control, *(agent.public for agent in members)])
    return "\n".join(
        (
            *_server(store, log, port, monitor_port, bounds),
            "accounts {",
            *_control(control, bounds),
            *_agents(members, bounds),
            "}",
            "",
        )
    )


def _server(store: Path, log: Path, port: int, monitor_port: int, limits: Limits) -> list[str]:
    return [
        "server_name: fleet",
        f'listen: "127.0.0.1:{port}"',
        f'http: "127.0.0.1:{monitor_port}"',
        f"ports_file_dir: {_quoted(store)}",
        f"log_file: {_quoted(log)}",
        "logfile_size_limit: 16MB",
        "logfile_max_num: 2",
        f"max_payload: {limits.payload}",
        f"max_pending: {limits.pending}",
        # The default of two minutes loses every acknowledged write of that time when the power fails.
        f'jetstream {{ store_dir: {_quoted(store)}, sync_interval: "1s", max_file_store: 1TB }}',
    ]


def _control(public: str, limits: Limits) -> list[str]:
    exports = [f"{{{sort}: {_quoted(subject)}, accounts: [AGENTS]}}" for sort, subject, _ in ROADS]
    return [
        "  CONTROL {",
        "    jetstream: enabled",
        f"    limits: {{max_connections: {limits.control_connections}}}",
        f"    users: [{{nkey: {public}}}]",
        *_listed("exports", exports),
        "  }",
    ]


def _agents(agents: Iterable[AgentAccess], limits: Limits) -> list[str]:
    imports = [
        f"{{{sort}: {{account: CONTROL, subject: {_quoted(subject)}}}{_renamed(name)}}}"
        for sort, subject, name in ROADS
    ]
    bounds = f"max_connections: {limits.agent_connections}, max_payload: {limits.agent_payload}"
    return [
        "  AGENTS {",
        f"    limits: {{{bounds}}}",
        *_listed("imports", imports),
        *_listed("users", map(_user, agents)),
        "  }",
    ]


def _user(agent: AgentAccess) -> str:
    workspace, cluster = agent.tokens()
    here = f"{workspace}.{cluster}"
    publish = [f"{word}.{here}" for word in ("agent.get", "fleet.status", "fleet.beat", "agent.content")]
    subscribe = [f"_INBOX_{workspace}_{cluster}.>", f"fleet.wake.{here}"]
    return (
        f"{{nkey: {agent.public}, permissions: "
        f"{{publish: {{allow: {_quoted(publish)}}}, subscribe: {{allow: {_quoted(subscribe)}}}}}}}"
    )


def _listed(name: str, items: Iterable[str]) -> list[str]:
    return [f"    {name}: [", *(f"      {item}" for item in items), "    ]"]


def _renamed(name: str) -> str:
    return f", to: {_quoted(name)}" if name else ""


def _quoted(value: object) -> str:
    plain = value if isinstance(value, list) else str(value)
    return json.dumps(plain, ensure_ascii=False)


def _check_keys(keys: list[str]) -> None:
    for key in keys:
        if not (key.startswith("U") and key.isalnum() and len(key) == _NKEY_LENGTH):
            raise ValueError(f"{key!r} is not the public nkey of a user")
    if len(set(keys)) < len(keys):
        raise ValueError("two identities share one nkey")
