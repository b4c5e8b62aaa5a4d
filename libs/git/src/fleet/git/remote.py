"""A repository as one GitRepo reaches it: address, credentials and whom to trust."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from fleet.git.address import Address, parse_address
from fleet.git.credentials import BasicAuth, Credentials, SshKey, UnusableSecret, look_up
from fleet.git.errors import BadAddress, BadCredentials
from fleet.vault import SecretStore

_NOT_LOCAL = "it is a path of the hub's machine, which is read only with FLEET_LOCAL_REPOSITORIES=true"


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository and how to open it. Equal remotes may share an answer; the repr tells no secret.

    `ca_bundle` holds PEM certificates beside the system's; `insecure_tls` and `insecure_host_key` leave
    out the check of the certificate and of the SSH host key.
    """

    address: Address
    credentials: Credentials | None = None
    ca_bundle: bytes = field(default=b"", repr=False)
    insecure_tls: bool = False
    insecure_host_key: bool = False

    @classmethod
    def of(
        cls,
        url: str,
        credentials: Credentials | None = None,
        *,
        ca_bundle: bytes = b"",
        insecure_tls: bool = False,
        insecure_host_key: bool = False,
    ) -> Self:
        """Check a URL and the credentials for it; credentials in the URL count where none are given.

        Raises:
            BadAddress: the URL is none that git may be sent to.
            BadCredentials: SSH without a key or known_hosts; nothing to sign in with would be asked for.
        """
        address, given = parse_address(url)
        used = credentials or given
        if address.scheme == "ssh":
            _check_ssh(address, used, insecure_host_key=insecure_host_key)
        elif address.scheme == "file" or not isinstance(used, BasicAuth):
            used = None
        return cls(
            address=address,
            credentials=used,
            ca_bundle=ca_bundle,
            insecure_tls=insecure_tls,
            insecure_host_key=insecure_host_key,
        )

    @property
    def host(self) -> str:
        """Whom a slow answer is the fault of: the host with its port, `local` for a path."""
        return self.address.host or "local"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The texts that no message may repeat."""
        return self.credentials.secrets if self.credentials else ()


def declared_remote(
    spec: Mapping[str, Any], *, workspace: str, secrets: SecretStore, local: bool = False
) -> Remote:
    """The remote of a GitRepo, by repo, clientSecretName, caBundle and insecureSkipTLSVerify of its spec.

    `local` lets it be a path of this machine, where the caches of all workspaces are: for a hub of one owner.

    Raises:
        BadAddress, BadCredentials: as `Remote.of`, or the secret is missing, or the bundle is no base64.
    """
    url = str(spec.get("repo") or "")
    address, _ = parse_address(url)
    if address.scheme == "file" and not local:
        raise BadAddress(repo=str(address), reason=_NOT_LOCAL)
    try:
        credentials = look_up(secrets, workspace=workspace, name=str(spec.get("clientSecretName") or ""))
    except UnusableSecret as error:
        raise BadCredentials(repo=str(address), reason=str(error)) from None
    try:
        ca_bundle = base64.b64decode(str(spec.get("caBundle") or ""), validate=True)
    except binascii.Error:
        raise BadAddress(repo=str(address), reason="spec.caBundle is not base64") from None
    return Remote.of(
        url,
        credentials,
        ca_bundle=ca_bundle,
        insecure_tls=bool(spec.get("insecureSkipTLSVerify")),
    )


def _check_ssh(address: Address, credentials: Credentials | None, *, insecure_host_key: bool) -> None:
    if not isinstance(credentials, SshKey):
        raise BadCredentials(repo=str(address), reason="SSH needs a secret with the key ssh-privatekey")
    if not credentials.known_hosts.strip() and not insecure_host_key:
        raise BadCredentials(repo=str(address), reason="the secret has no known_hosts to know the host by")
