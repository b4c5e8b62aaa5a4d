"""Secrets at rest are sealed, private, and bound to their workspace and name."""

import stat
from pathlib import Path

import pytest

from fleet.events import InvalidName
from fleet.vault import Keyring, SecretStore, Tampered

DATA = {"username": b"alice", "password": b"hunter2\x00\xff"}


@pytest.fixture
def store(tmp_path: Path) -> SecretStore:
    return SecretStore(tmp_path / "secrets", keyring=Keyring.open(tmp_path / "keyring.json"))


def test_a_secret_is_read_back_as_it_was_put(store: SecretStore) -> None:
    store.put("fleet-default", "basic-auth", DATA)
    assert store.get("fleet-default", "basic-auth") == DATA


def test_a_secret_that_is_not_there_is_none(store: SecretStore) -> None:
    assert store.get("fleet-default", "nothing") is None


def test_the_last_put_wins(store: SecretStore) -> None:
    store.put("fleet-default", "token", DATA)
    store.put("fleet-default", "token", {"token": b"2"})
    assert store.get("fleet-default", "token") == {"token": b"2"}


def test_a_deleted_secret_is_gone_and_deleting_again_is_harmless(store: SecretStore) -> None:
    store.put("fleet-default", "token", DATA)
    assert store.delete("fleet-default", "token")
    assert not store.delete("fleet-default", "token")
    assert store.get("fleet-default", "token") is None


def test_nothing_of_it_is_readable_on_disk(store: SecretStore, tmp_path: Path) -> None:
    store.put("fleet-default", "basic-auth", DATA)
    (file,) = (tmp_path / "secrets" / "fleet-default").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not any(part in file.read_bytes() for part in (b"hunter2", b"alice", b"password"))


def test_a_file_moved_to_another_name_is_refused(store: SecretStore, tmp_path: Path) -> None:
    store.put("fleet-default", "one", DATA)
    folder = tmp_path / "secrets" / "fleet-default"
    (folder / "one.sealed").rename(folder / "two.sealed")
    with pytest.raises(Tampered):
        store.get("fleet-default", "two")


@pytest.mark.parametrize("name", ["..", "../x", "a/b", "", "A", ".hidden", "a" * 254])
def test_a_name_that_is_no_kubernetes_name_is_refused(store: SecretStore, name: str) -> None:
    with pytest.raises(InvalidName):
        store.get("fleet-default", name)
    with pytest.raises(InvalidName):
        store.put(name, "token", DATA)
