"""What must not be read: sealing, keys and secrets."""

from fleet.vault.errors import KeyringError, Tampered, VaultError
from fleet.vault.keyring import Keyring
from fleet.vault.keys import ClusterKeys, WorkspaceKey
from fleet.vault.sealed import CHUNK_BYTES, Sealed
from fleet.vault.secret_store import SecretStore

__all__ = [
    "CHUNK_BYTES",
    "ClusterKeys",
    "Keyring",
    "KeyringError",
    "Sealed",
    "SecretStore",
    "Tampered",
    "VaultError",
    "WorkspaceKey",
]
