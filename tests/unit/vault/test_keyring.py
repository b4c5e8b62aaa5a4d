"""The keyring gives every process the same key, keeps it private, and never half-writes its file."""

import fcntl
import json
import stat
import threading
from pathlib import Path

import pytest

from fleet.vault import Keyring, KeyringError


def test_a_key_is_made_once_and_found_again_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "keyring.json"
    name = Keyring.open(path).workspace("fleet-default").name(b"x")
    assert Keyring.open(path).workspace("fleet-default").name(b"x") == name


def test_workspaces_have_different_keys(tmp_path: Path) -> None:
    keyring = Keyring.open(tmp_path / "keyring.json")
    assert keyring.workspace("a").name(b"x") != keyring.workspace("b").name(b"x")


def test_only_the_owner_may_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    Keyring.open(path).workspace("a")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_keyrings_open_at_once_agree(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    rings = [Keyring.open(path) for _ in range(8)]
    names: set[str] = set()
    threads = [
        threading.Thread(target=lambda ring=ring: names.add(ring.workspace("new").name(b"x")))
        for ring in rings
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names) == 1


def test_a_key_that_another_process_made_is_found(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    early = Keyring.open(path)
    made = Keyring.open(path).workspace("late")
    found = early.find("late")
    assert found is not None
    assert found.name(b"x") == made.name(b"x")


def test_looking_for_a_key_makes_none(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    assert Keyring.open(path).find("nobody") is None
    assert not path.exists()


def test_nothing_but_keyring_and_lock_is_left_in_the_folder(tmp_path: Path) -> None:
    Keyring.open(tmp_path / "keyring.json").workspace("a")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["keyring.json", "keyring.json.lock"]


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    Keyring.open(path).workspace("a")
    path.chmod(0o644)
    with pytest.raises(KeyringError, match="chmod 600"):
        Keyring.open(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"version": 2, "workspaces": {}}',
        '{"version": 1}',
        '{"version": 1, "workspaces": {"a": "?"}}',
        '{"version": 1, "workspaces": {"a": 5}}',
        '{"version": 1, "workspaces": {"a": "c2hvcnQ="}}',
    ],
)
def test_a_damaged_file_is_refused_and_not_overwritten(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keyring.json"
    path.touch(mode=0o600)
    path.write_text(text)
    with pytest.raises(KeyringError):
        Keyring.open(path)
    assert path.read_text() == text


def test_no_key_shows_in_repr_or_errors(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    keyring = Keyring.open(path)
    keyring.workspace("a")
    key = json.loads(path.read_text())["workspaces"]["a"]
    path.write_text(json.dumps({"version": 1, "workspaces": {"a": key[:-8]}}))
    with pytest.raises(KeyringError) as caught:
        Keyring.open(path)
    assert key[:12] not in f"{keyring!r} {caught.value!r} {caught.value}"


def test_a_lock_that_is_never_released_is_an_error_and_no_hang(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fleet.vault.keyring._LOCK_SECONDS", 0.05)
    path = tmp_path / "keyring.json"
    with (tmp_path / "keyring.json.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(KeyringError, match="another process"):
            Keyring.open(path).workspace("a")
