"""An identity file is read whole or refused with the field that is wrong, never with its value."""

import json

import pytest

from fleet.agent.domain.identity import BadIdentity, read_identity

GOOD = {
    "server": "nats://127.0.0.1:4222",
    "workspace": "fleet-default",
    "cluster": "edge-1",
    "uid": "u",
    "seed": "SECRETSEED",
    "macKey": "11" * 32,
    "encryptionKey": "22" * 32,
    "kubeconfig": "/tmp/kubeconfig",
}


def test_an_identity_names_the_subjects_of_its_cluster() -> None:
    identity = read_identity(json.dumps(GOOD).encode(), "id.json")
    assert identity.key == "fleet-default/edge-1"
    assert identity.inbox_prefix == "_INBOX_fleet-default_edge-1"
    assert identity.read_subject == "agent.get.fleet-default.edge-1"
    assert identity.content_subject == "agent.content.fleet-default.edge-1"
    assert identity.wake_subject == "fleet.wake.fleet-default.edge-1"


def test_secrets_do_not_show_when_an_identity_is_printed() -> None:
    text = repr(read_identity(json.dumps(GOOD).encode(), "id.json"))
    assert "SECRETSEED" not in text
    assert "1111" not in text


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"seed": None}, "seed"),
        ({"macKey": "no hex"}, "hexadecimal"),
        ({"cluster": "a*b"}, "Kubernetes name"),
        ({"workspace": "a b"}, "Kubernetes name"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, object], named: str) -> None:
    with pytest.raises(BadIdentity, match=named) as caught:
        read_identity(json.dumps({**GOOD, **change}).encode(), "id.json")
    assert "SECRETSEED" not in str(caught.value)
    assert str(caught.value).startswith("id.json")
