"""The broker's configuration grants each agent its own four words and nothing with a wildcard in it."""

import re
from pathlib import Path

import pytest

from fleet.cli.hub.accounts import AgentAccess, server_configuration
from fleet.events import InvalidName
from fleet.vault.nkey import NkeyPair

CONTROL = NkeyPair.generate().public
PARIS = NkeyPair.generate().public
OSLO = NkeyPair.generate().public


def configuration(*agents: AgentAccess, control: str = CONTROL) -> str:
    return server_configuration(
        control=control, agents=agents, store=Path("/s"), log=Path("/l"), port=4222, monitor_port=8222
    )


def user_line(text: str, public: str) -> str:
    (line,) = [line for line in text.splitlines() if public in line]
    return line


def test_an_agent_may_say_and_hear_only_its_own_subjects() -> None:
    line = user_line(configuration(AgentAccess("fleet-default", "oslo.north", OSLO)), OSLO)
    assert re.findall(r'"([^"]+)"', line) == [
        "agent.get.fleet-default.oslo_north",
        "fleet.status.fleet-default.oslo_north",
        "fleet.beat.fleet-default.oslo_north",
        "agent.content.fleet-default.oslo_north",
        "_INBOX_fleet-default_oslo_north.>",
        "fleet.wake.fleet-default.oslo_north",
    ]


def test_the_order_of_agents_does_not_change_the_text() -> None:
    agents = AgentAccess("fleet-default", "oslo", OSLO), AgentAccess("fleet-default", "paris", PARIS)
    assert configuration(*agents) == configuration(*reversed(agents))


@pytest.mark.parametrize("cluster", ["*", ">", "a b", "a\nb", "", "A", "a_b", 'a"b'])
def test_a_cluster_that_is_no_literal_token_is_refused(cluster: str) -> None:
    with pytest.raises(InvalidName):
        configuration(AgentAccess("fleet-default", cluster, OSLO))


def test_a_workspace_with_a_dot_is_refused_for_inboxes_must_not_coincide() -> None:
    with pytest.raises(InvalidName):
        configuration(AgentAccess("a.b", "c", OSLO))


@pytest.mark.parametrize("key", ["", "U" * 55, "U" * 56 + "}", "A" * 56])
def test_what_is_no_users_nkey_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="not the public nkey"):
        configuration(AgentAccess("fleet-default", "oslo", key))


def test_one_nkey_for_two_identities_is_refused() -> None:
    with pytest.raises(ValueError, match="share"):
        configuration(AgentAccess("fleet-default", "oslo", CONTROL))


def test_the_settings_that_are_not_optional_are_there() -> None:
    text = configuration()
    assert 'sync_interval: "1s"' in text
    assert "max_payload: 8388608" in text
    assert 'http: "127.0.0.1:8222"' in text
    assert text.count("max_connections") == 2
    assert "websocket" not in text
