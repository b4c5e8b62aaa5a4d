"""Credentials are given in kubectl's form, kept sealed, and found by what reaches repositories."""

from pathlib import Path

from fleet.cli.hub.layout import Layout
from fleet.git.credentials import look_up
from fleet.vault import Keyring, SecretStore
from support.command import fleet

SECRET = "correct-horse-battery"


async def test_a_secret_is_sealed_on_disk_and_found_by_its_name(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    keyring = Keyring.open(layout.keyring)
    keyring.workspace("fleet-default")
    (tmp_path / "key").write_text(SECRET)
    create = ("create", "secret", "generic", "-n", "fleet-default", "--data", str(tmp_path))

    made = await fleet(
        *create, "deploy", f"--from-file=ssh-privatekey={tmp_path / 'key'}", "--from-literal=known_hosts=h k"
    )

    assert (made.code, made.out) == (0, "secret/deploy created\n")
    store = SecretStore(layout.secrets, keyring=keyring)
    found = look_up(store, workspace="fleet-default", name="deploy")
    assert found is not None
    assert found.private_key == SECRET.encode() + b"\n"
    assert SECRET not in "".join(path.read_text("latin-1") for path in layout.secrets.rglob("*.sealed"))


async def test_a_secret_without_a_hub_or_without_data_says_what_to_do(tmp_path: Path) -> None:
    create = ("create", "secret", "generic", "deploy", "--data", str(tmp_path))

    assert "at least one --from-literal" in (await fleet(*create)).err
    refused = await fleet(*create, "--from-literal=username=u")
    assert refused.code == 1
    assert "start it with `fleet up`" in refused.err
