"""What can go wrong in the vault. No message ever holds a key or a plaintext.

VaultError
├── KeyringError    the file with the keys cannot be used
└── Tampered        data does not open under this key, in this place
"""

from __future__ import annotations

from pathlib import Path


class VaultError(Exception):
    """Base of everything the vault raises on purpose."""


class KeyringError(VaultError):
    """The keyring file is missing what it needs, is open to others, or does not parse."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"keyring {path}: {reason}")
        self.path = path
        self.reason = reason


class Tampered(VaultError):
    """Data that was changed, stands in the wrong place, or was sealed under another key."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"{what} does not open: {reason}")
        self.what = what
        self.reason = reason
