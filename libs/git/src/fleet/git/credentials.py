"""What opens a repository: a name and a password, or an SSH key, out of the secret that a GitRepo names."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fleet.vault import KeyringError, SecretStore, VaultError

DEFAULT_SECRET = "gitcredential"  # noqa: S105  the name of the secret (fleet.md 7.8), not a secret


@dataclass(frozen=True, slots=True)
class BasicAuth:
    """User name and password (or token) for http and https."""

    username: str
    password: str = field(repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The texts that no message may repeat."""
        return (self.password,) if self.password else (self.username,)


@dataclass(frozen=True, slots=True)
class SshKey:
    """A private key, and the lines of known_hosts that say which hosts it may be shown to."""

    private_key: bytes = field(repr=False)
    known_hosts: bytes = b""

    @property
    def secrets(self) -> tuple[str, ...]:
        """The texts that no message may repeat."""
        return (self.private_key.decode(errors="replace"),)


Credentials = BasicAuth | SshKey


class UnusableSecret(Exception):
    """A secret that is missing or holds no credentials; the text says which and why."""


def look_up(secrets: SecretStore, *, workspace: str, name: str = "") -> Credentials | None:
    """Find what the GitRepos of a workspace that name this secret are opened with (fleet.md 7.8).

    Without a name it is the workspace's `gitcredential`, where there is one. An SSH key without
    known_hosts uses those of `gitcredential`.

    Raises:
        UnusableSecret: a secret was named and is missing, or holds nothing to open a repository with.
    """
    data = _data(secrets, workspace, name or DEFAULT_SECRET)
    if data is None:
        if name:
            raise UnusableSecret(f"there is no secret {workspace}/{name}")
        return None
    found = read_secret(data)
    if found is None:
        if name:
            keys = "username and password, or ssh-privatekey"
            raise UnusableSecret(f"secret {workspace}/{name} has none of the keys {keys}")
        return None
    if isinstance(found, SshKey) and not found.known_hosts and name:
        fallback = _data(secrets, workspace, DEFAULT_SECRET) or {}
        return SshKey(private_key=found.private_key, known_hosts=fallback.get("known_hosts", b""))
    return found


def _data(secrets: SecretStore, workspace: str, name: str) -> dict[str, bytes] | None:
    try:
        return secrets.get(workspace, name)
    except (VaultError, ValueError, OSError) as error:
        raise UnusableSecret(f"secret {workspace}/{name} cannot be read: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    """What went wrong, without the hub's own paths: it stands in the status of an object."""
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    if isinstance(error, KeyringError):
        return "the keyring of the hub cannot be used"
    return str(error)


def read_secret(data: Mapping[str, bytes]) -> Credentials | None:
    """Credentials in the keys of kubernetes.io/basic-auth or ssh-auth; None where there are none.

    A password without a user name is sent as the user name, as tokens of some hosts are (fleet.md 7.8).
    """
    if key := data.get("ssh-privatekey"):
        return SshKey(private_key=key.rstrip() + b"\n", known_hosts=data.get("known_hosts", b""))
    username, password = (data.get(k, b"").decode(errors="replace") for k in ("username", "password"))
    if not username:
        username, password = password, ""
    return BasicAuth(username=username, password=password) if username else None
