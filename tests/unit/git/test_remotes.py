"""How a GitRepo's spec and secret become a remote."""

import base64
from pathlib import Path

import pytest

from fleet.git import BadAddress, BadCredentials, BasicAuth, Remote, SshKey, declared_remote
from fleet.vault import Keyring, SecretStore

KEY = {
    "ssh-privatekey": b"-- KEY --\nhunter2\n-- END --",
    "known_hosts": b"h ssh-ed25519 AAAA",
}
HTTPS = {"repo": "https://example.com/shop"}
SSH = {"repo": "git@example.com:shop"}


@pytest.fixture
def secrets(tmp_path: Path) -> SecretStore:
    return SecretStore(tmp_path / "secrets", keyring=Keyring.open(tmp_path / "keyring.json"))


def test_without_a_secret_there_are_no_credentials(secrets: SecretStore) -> None:
    assert declared_remote(HTTPS, workspace="team", secrets=secrets) == Remote.of(HTTPS["repo"])


def test_the_named_secret_counts_before_gitcredential_and_the_url(secrets: SecretStore) -> None:
    secrets.put("team", "gitcredential", {"username": b"default", "password": b"1"})
    secrets.put("team", "own", {"username": b"own", "password": b"2"})
    spec = {"repo": "https://in:url@example.com/shop"}
    named = declared_remote({**spec, "clientSecretName": "own"}, workspace="team", secrets=secrets)
    assert named.credentials == BasicAuth("own", "2")
    assert declared_remote(spec, workspace="team", secrets=secrets).credentials == BasicAuth("default", "1")
    assert declared_remote(spec, workspace="other", secrets=secrets).credentials == BasicAuth("in", "url")


def test_a_password_without_a_name_is_sent_as_the_name(secrets: SecretStore) -> None:
    secrets.put("team", "own", {"password": b"token"})
    remote = declared_remote({**HTTPS, "clientSecretName": "own"}, workspace="team", secrets=secrets)
    assert remote.credentials == BasicAuth("token", "")


def test_a_named_secret_must_exist_and_hold_something(secrets: SecretStore) -> None:
    with pytest.raises(BadCredentials, match="there is no secret team/own"):
        declared_remote({**HTTPS, "clientSecretName": "own"}, workspace="team", secrets=secrets)
    secrets.put("team", "own", {"other": b"x"})
    with pytest.raises(BadCredentials, match="none of the keys"):
        declared_remote({**HTTPS, "clientSecretName": "own"}, workspace="team", secrets=secrets)


def test_a_secret_that_cannot_be_read_says_why_without_a_path_of_the_hub(
    secrets: SecretStore, tmp_path: Path
) -> None:
    spec = {**HTTPS, "clientSecretName": "own"}
    (tmp_path / "secrets" / "team" / "own.sealed").mkdir(parents=True)
    with pytest.raises(BadCredentials, match="secret team/own cannot be read: Is a directory") as folder:
        declared_remote(spec, workspace="team", secrets=secrets)
    (tmp_path / "secrets" / "team" / "own.sealed").rmdir()
    secrets.put("team", "own", {"password": b"token"})
    other = SecretStore(tmp_path / "secrets", keyring=Keyring.open(tmp_path / "other.json"))
    (tmp_path / "other.json").write_text("no JSON")
    with pytest.raises(BadCredentials, match="keyring of the hub cannot be used") as keyring:
        declared_remote(spec, workspace="team", secrets=other)
    assert str(tmp_path) not in f"{folder.value} {keyring.value}"


def test_ssh_needs_a_key_and_known_hosts(secrets: SecretStore) -> None:
    with pytest.raises(BadCredentials, match="ssh-privatekey"):
        declared_remote(SSH, workspace="team", secrets=secrets)
    secrets.put("team", "gitcredential", {"ssh-privatekey": KEY["ssh-privatekey"]})
    with pytest.raises(BadCredentials, match="known_hosts"):
        declared_remote(SSH, workspace="team", secrets=secrets)
    bare = SshKey(KEY["ssh-privatekey"])
    assert Remote.of(SSH["repo"], bare, insecure_host_key=True).credentials == bare


def test_known_hosts_of_gitcredential_serve_a_key_without_any(secrets: SecretStore) -> None:
    secrets.put("team", "gitcredential", KEY)
    secrets.put("team", "own", {"ssh-privatekey": b"other"})
    remote = declared_remote({**SSH, "clientSecretName": "own"}, workspace="team", secrets=secrets)
    assert remote.credentials == SshKey(b"other\n", KEY["known_hosts"])


def test_a_ca_bundle_is_base64(secrets: SecretStore) -> None:
    bundle = base64.b64encode(b"PEM").decode()
    spec = {**HTTPS, "caBundle": bundle, "insecureSkipTLSVerify": True}
    remote = declared_remote(spec, workspace="team", secrets=secrets)
    assert (remote.ca_bundle, remote.insecure_tls) == (b"PEM", True)
    with pytest.raises(BadAddress, match="caBundle"):
        declared_remote({**HTTPS, "caBundle": "?"}, workspace="team", secrets=secrets)


@pytest.mark.parametrize("url", ["/var/lib/fleet/git/other/0a.git", "file:///var/lib/fleet/git/other/0a.git"])
def test_a_path_of_the_hub_is_a_repository_only_where_the_hub_says_so(secrets: SecretStore, url: str) -> None:
    spec = {"repo": url}
    with pytest.raises(BadAddress, match="only with FLEET_LOCAL_REPOSITORIES=true"):
        declared_remote(spec, workspace="team", secrets=secrets)
    assert declared_remote(spec, workspace="team", secrets=secrets, local=True).address.scheme == "file"


def test_equal_remotes_are_one_key_and_show_no_secret(secrets: SecretStore) -> None:
    one, two = (Remote.of(HTTPS["repo"], BasicAuth("user", "hunter2")) for _ in range(2))
    assert len({one, two}) == 1
    assert one != Remote.of(HTTPS["repo"], BasicAuth("user", "hunter3"))
    key = Remote.of(SSH["repo"], SshKey(KEY["ssh-privatekey"], KEY["known_hosts"]))
    assert "hunter" not in repr(one) + repr(key)
