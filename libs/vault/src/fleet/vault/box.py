"""Authenticated encryption of one message, tied to the place where it belongs."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fleet.vault.errors import Tampered

NONCE_BYTES = 12
TAG_BYTES = 16
OVERHEAD_BYTES = NONCE_BYTES + TAG_BYTES


class Box:
    """AES-256-GCM under one key, with a random nonce in front of each ciphertext.

    Random nonces keep the chance of a repeat below 2^-32 for 2^32 messages under a key (NIST SP 800-38D,
    8.3): at 256 KiB a chunk that is a petabyte per workspace.
    """

    __slots__ = ("_aead",)

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)

    def lock(self, payload: bytes, context: str) -> bytes:
        """Return nonce + ciphertext + tag; only the same context opens it again."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, payload, context.encode())

    def unlock(self, data: bytes, context: str, *, what: str) -> bytes:
        """Return the payload. `what` names the data in the error.

        Raises Tampered when the data was changed or was locked with another key or context.
        """
        if len(data) < OVERHEAD_BYTES:
            raise Tampered(what, f"{len(data)} bytes are too few")
        try:
            return self._aead.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], context.encode())
        except InvalidTag:
            raise Tampered(what, "changed, misplaced or sealed under another key") from None
