"""Secrets that a resource names (`clientSecretName`, `helmSecretName`), sealed on disk."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

import orjson

from fleet.events import token
from fleet.vault.keyring import Keyring
from fleet.vault.private_file import write_private


class SecretStore:
    """Kubernetes-shaped secrets (a name, and bytes by key) of all workspaces, one sealed file each."""

    def __init__(self, folder: Path, *, keyring: Keyring) -> None:
        self._folder = folder
        self._keyring = keyring

    def get(self, workspace: str, name: str) -> dict[str, bytes] | None:
        """Return a secret's data, or None when there is no such secret.

        Raises Tampered when its file was changed or put in another's place, InvalidName for a bad name.
        """
        path = self._path(workspace, name)
        try:
            sealed = path.read_bytes()
        except FileNotFoundError:
            return None
        plaintext = self._keyring.workspace(workspace).unprotect(sealed, _context(workspace, name))
        return {key: base64.b64decode(value) for key, value in orjson.loads(plaintext).items()}

    def put(self, workspace: str, name: str, data: Mapping[str, bytes]) -> None:
        """Store a secret durably, in place of an earlier one. Raises InvalidName, KeyringError, OSError."""
        path = self._path(workspace, name)
        plaintext = orjson.dumps({key: base64.b64encode(value).decode() for key, value in data.items()})
        sealed = self._keyring.workspace(workspace).protect(plaintext, _context(workspace, name))
        write_private(path, sealed)

    def delete(self, workspace: str, name: str) -> bool:
        """Remove a secret; return whether there was one."""
        path = self._path(workspace, name)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        return True

    def _path(self, workspace: str, name: str) -> Path:
        return self._folder / token(workspace) / f"{token(name)}.sealed"


def _context(workspace: str, name: str) -> str:
    return f"secret {workspace}/{name}"
