"""Settings come from the environment, and a wrong one is refused in words."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from fleet.runtime import Settings


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NATS_URL", "NATS_SEED_FILE", "DATA", "KEYS", "HTTP", "LOG_LEVEL"):
        monkeypatch.delenv(f"FLEET_{name}", raising=False)


def test_the_keyring_stands_in_the_data_folder_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEET_DATA", "/var/lib/fleet")
    assert Settings().keys == Path("/var/lib/fleet/keys/keyring.json")
    monkeypatch.setenv("FLEET_KEYS", "/etc/fleet/keyring.json")
    assert Settings().keys == Path("/etc/fleet/keyring.json")


def test_the_seed_is_read_from_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert Settings().nats_seed() is None
    (tmp_path / "seed").write_text("SUAX\n")
    monkeypatch.setenv("FLEET_NATS_SEED_FILE", str(tmp_path / "seed"))
    assert Settings().nats_seed() == "SUAX"


@pytest.mark.parametrize(("name", "value"), [("HTTP", "nowhere"), ("LOG_LEVEL", "loud")])
def test_a_wrong_setting_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"FLEET_{name}", value)
    with pytest.raises(ValidationError, match=value):
        Settings()
