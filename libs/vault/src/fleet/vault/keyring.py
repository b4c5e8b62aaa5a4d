"""The keyring: a JSON file with one random key per workspace, outside NATS."""

from __future__ import annotations

import base64
import binascii
import fcntl
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from fleet.vault.errors import KeyringError
from fleet.vault.keys import KEY_BYTES, WorkspaceKey
from fleet.vault.private_file import PRIVATE_FILE, open_to_others, write_private

_VERSION = 1
_LOCK_SECONDS = 10.0
_LOCK_POLL_SECONDS = 0.01


class Keyring:
    """Workspace keys by name. Several processes may share the file; a key once made never changes."""

    def __init__(self, path: Path, roots: Mapping[str, bytes]) -> None:
        self._path = path
        self._keys = {name: WorkspaceKey(name, root) for name, root in roots.items()}

    def __repr__(self) -> str:
        return f"Keyring({str(self._path)!r}, {len(self._keys)} workspaces)"

    @classmethod
    def open(cls, path: Path) -> Keyring:
        """Read a keyring; a file that does not exist yet is an empty one and is made with the first key.

        Raises KeyringError when the file does not parse or is open to others.
        """
        return cls(path, _read(path))

    def find(self, workspace: str) -> WorkspaceKey | None:
        """Return a workspace's key if it has one, also one that another process made since."""
        if workspace not in self._keys:
            self._learn(_read(self._path))
        return self._keys.get(workspace)

    def workspace(self, workspace: str) -> WorkspaceKey:
        """Return a workspace's key, making it if it has none: all processes get the same one.

        Raises KeyringError when the file cannot be read, locked or written.
        """
        return self.find(workspace) or self._create(workspace)

    def _create(self, workspace: str) -> WorkspaceKey:
        with _locked(self._path):
            roots = _read(self._path)
            if workspace not in roots:
                roots[workspace] = secrets.token_bytes(KEY_BYTES)
                _write(self._path, roots)
        self._learn(roots)
        return self._keys[workspace]

    def _learn(self, roots: Mapping[str, bytes]) -> None:
        for name, root in roots.items():
            self._keys.setdefault(name, WorkspaceKey(name, root))


def _read(path: Path) -> dict[str, bytes]:
    try:
        if open_to_others(path):
            raise KeyringError(path, f"others may read it; run: chmod 600 {path}")
        document = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise KeyringError(path, f"cannot be read: {error.strerror}") from error
    except orjson.JSONDecodeError:
        raise KeyringError(path, "is not JSON; restore it from a backup") from None
    return _parse(path, document)


def _parse(path: Path, document: Any) -> dict[str, bytes]:
    try:
        version, table = document["version"], document["workspaces"]
        roots = {name: base64.b64decode(text, validate=True) for name, text in table.items()}
    except (KeyError, AttributeError, TypeError, binascii.Error):
        raise KeyringError(path, "has no readable table of workspaces; restore it from a backup") from None
    if version != _VERSION:
        raise KeyringError(path, f"has version {version!r}, this program reads {_VERSION}")
    if any(len(root) != KEY_BYTES for root in roots.values()):
        raise KeyringError(path, f"holds a key that is not {KEY_BYTES} bytes long; restore it from a backup")
    return roots


def _write(path: Path, roots: Mapping[str, bytes]) -> None:
    table = {name: base64.b64encode(root).decode() for name, root in sorted(roots.items())}
    body = orjson.dumps({"version": _VERSION, "workspaces": table}, option=orjson.OPT_INDENT_2)
    try:
        write_private(path, body)
    except OSError as error:
        raise KeyringError(path, f"cannot be written: {error.strerror}") from error


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock beside the keyring; the file itself is replaced and so cannot carry it."""
    lock = path.with_name(f"{path.name}.lock")
    try:
        lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
    except OSError as error:
        raise KeyringError(path, f"cannot be locked: {error.strerror}") from error
    try:
        _take(descriptor, path)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, path: Path) -> None:
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise KeyringError(path, f"another process has held it for {_LOCK_SECONDS:.0f} s") from None
            time.sleep(_LOCK_POLL_SECONDS)
        else:
            return
