"""What a hub keeps in its folder: one owner, stable ports, identities, and lists made of them."""

import json
import socket
import stat

import pytest

from fleet.cli.errors import CommandFailed
from fleet.cli.hub.enrolment import Enrolment
from fleet.cli.hub.layout import Layout
from fleet.cli.hub.lock import folder_lock
from fleet.cli.hub.ports import HOST, reserved_ports
from fleet.cli.hub.programs import PORTS, programs
from fleet.events import ClusterRecord, ObjectMeta
from fleet.vault import Keyring


@pytest.fixture
def layout(tmp_path):
    return Layout(tmp_path)


@pytest.fixture
def enrolment(layout):
    return an_enrolment(layout)


def an_enrolment(layout, first=40_000):
    ports = {name: first + n for n, name in enumerate(PORTS)}
    return Enrolment(layout=layout, keyring=Keyring.open(layout.keyring), ports=ports)


def a_cluster(name, *, uid="1", deleted=None):
    meta = ObjectMeta(name=name, namespace="fleet-default", uid=uid, deletion_timestamp=deleted)
    return ClusterRecord(metadata=meta)


def identity(layout, name):
    return json.loads(layout.identity("fleet-default", name).read_text())


def test_a_folder_has_one_owner_at_a_time(layout):
    with (
        folder_lock(layout),
        pytest.raises(CommandFailed, match="is in use by another hub"),
        folder_lock(layout),
    ):
        pytest.fail("the lock was given twice")
    with folder_lock(layout):
        pass


def test_ports_stay_the_same_unless_they_are_taken():
    with reserved_ports(["a", "b"], {}) as before:
        pass
    with reserved_ports(["a", "b"], before) as again:
        assert again == before
    with socket.create_server((HOST, before["a"])), reserved_ports(["a", "b", "c"], before) as after:
        assert after["b"] == before["b"]
        assert len({before["a"], *after.values()}) == 4
        assert all(20_000 <= port < 32_768 for port in after.values())


def test_a_port_that_nothing_listens_on_yet_is_given_to_one_program_of_one_hub():
    with reserved_ports(["a"], {}) as mine:
        with reserved_ports(["a", "b"], {"a": mine["a"], "b": mine["a"]}) as theirs:
            assert len({mine["a"], *theirs.values()}) == 3
        with socket.create_server((HOST, mine["a"])):
            pass  # the program itself may listen there


def test_a_declared_cluster_gets_identity_pocket_cluster_and_a_place_with_the_broker(layout, enrolment):
    change = enrolment.follow([a_cluster("one"), a_cluster("two", uid="2")])
    assert change.added == ("fleet-default/one", "fleet-default/two")
    one = identity(layout, "one")
    keys = Keyring.open(layout.keyring).workspace("fleet-default").cluster_keys("1")
    assert (one["uid"], one["macKey"], one["encryptionKey"]) == ("1", keys.mac.hex(), keys.encryption.hex())
    assert json.loads(layout.pocket_clusters.read_text())["clusters"] == [
        "fleet-default.one",
        "fleet-default.two",
    ]
    assert [path.rsplit("/", 1)[1] for path in json.loads(layout.identities.read_text())] == [
        "fleet-default.one.json",
        "fleet-default.two.json",
    ]
    assert layout.nats_conf.read_text().count("agent.get.fleet-default") == 2
    assert one["seed"] not in layout.nats_conf.read_text()


def test_enrolling_again_changes_nothing(layout, enrolment):
    enrolment.follow([a_cluster("one")])
    before = identity(layout, "one")
    change = enrolment.follow([a_cluster("one")])
    assert (change.added, change.removed, change.refused) == ((), (), ())
    assert identity(layout, "one") == before


def test_a_cluster_made_again_inherits_nothing(layout, enrolment):
    enrolment.follow([a_cluster("one")])
    before = identity(layout, "one")
    assert enrolment.follow([a_cluster("one", uid="2")]).added == ("fleet-default/one",)
    after = identity(layout, "one")
    assert {key for key in before if before[key] == after[key]} == {
        "workspace",
        "cluster",
        "server",
        "kubeconfig",
    }


def test_only_a_tombstone_of_its_own_uid_drops_a_cluster(layout, enrolment):
    enrolment.follow([a_cluster("one", uid="2")])
    assert enrolment.follow([]).removed == ()
    assert enrolment.follow([a_cluster("one", uid="1", deleted="2026-01-01T00:00:00Z")]).removed == ()
    gone = enrolment.follow([a_cluster("one", uid="2", deleted="2026-01-01T00:00:00Z")])
    assert gone.removed == ("fleet-default/one",)
    assert not layout.identity("fleet-default", "one").exists()
    assert not layout.kubeconfig("fleet-default", "one").exists()
    assert json.loads(layout.identities.read_text()) == []


def test_a_name_that_is_too_long_for_a_file_is_refused_and_others_are_enrolled(layout, enrolment):
    fits = "x" * (200 - len("fleet-default..kubeconfig"))
    records = [a_cluster("x" * 250), a_cluster(fits + "x", uid="2"), a_cluster(fits, uid="3")]
    change = enrolment.follow(records)
    assert change.added == (f"fleet-default/{fits}",)
    assert [reason.split(":")[0] for reason in change.refused] == [
        f"fleet-default/{'x' * 250}",
        f"fleet-default/{fits}x",
    ]
    assert all("declare it with a shorter name" in reason for reason in change.refused)
    an_enrolment(layout).refresh()
    assert enrolment.enrolled() == {("fleet-default", fits)}
    gone = a_cluster("x" * 250, deleted="2026-01-01T00:00:00Z")
    assert enrolment.follow([gone]).removed == ()


def test_a_new_start_puts_its_ports_into_every_file_and_keeps_the_keys(layout, enrolment):
    enrolment.follow([a_cluster("one")])
    before = identity(layout, "one")
    an_enrolment(layout, 41_000).refresh()
    after = identity(layout, "one")
    assert (before["server"], after["server"]) == ("nats://127.0.0.1:40000", "nats://127.0.0.1:41000")
    assert after["seed"] == before["seed"]
    assert (
        "http://127.0.0.1:41002/clusters/fleet-default.one"
        in layout.kubeconfig("fleet-default", "one").read_text()
    )


def test_secrets_are_for_their_owner_only(layout, enrolment):
    enrolment.follow([a_cluster("one")])
    for path in (layout.identity("fleet-default", "one"), layout.control_seed, layout.keyring):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_agent_is_told_nothing_of_the_hub(layout, monkeypatch):
    monkeypatch.setenv("FLEET_KEYS", "/elsewhere")
    found = programs(layout, {name: 40_000 + n for n, name in enumerate(PORTS)})
    assert not {"FLEET_KEYS", "FLEET_NATS_URL", "FLEET_NATS_SEED_FILE"} & set(found["agent"].environment)
    assert found["targeter"].environment["FLEET_KEYS"] == str(layout.keyring)
