"""The keys: one per workspace, and from it one pair per cluster."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from fleet.vault.box import Box
from fleet.vault.sealed import Sealed, open_all, open_chunk, seal_chunks

KEY_BYTES = 32
NAME_BYTES = 16
MAC_BYTES = 16

_MAC_PERSON = b"fleet-manifest"


@dataclass(frozen=True, slots=True)
class ClusterKeys:
    """What one cluster shares with the hub: a key that authenticates and a key that encrypts."""

    mac: bytes = field(repr=False)
    encryption: bytes = field(repr=False)

    def sign(self, subject: str, body: bytes) -> str:
        """Return the keyed BLAKE2b of a message as 32 hex digits; it covers subject and body."""
        mac = hashlib.blake2b(key=self.mac, digest_size=MAC_BYTES, person=_MAC_PERSON)
        where = subject.encode()
        mac.update(len(where).to_bytes(2, "big"))
        mac.update(where)
        mac.update(body)
        return mac.hexdigest()

    def verify(self, subject: str, body: bytes, mac: str) -> bool:
        """Whether `mac` is this message's, compared in constant time."""
        return hmac.compare_digest(self.sign(subject, body).encode(), mac.encode())

    def encrypt(self, payload: bytes, context: str) -> bytes:
        """Encrypt an answer to this cluster; the context says what was asked for."""
        return Box(self.encryption).lock(payload, context)

    def decrypt(self, data: bytes, context: str) -> bytes:
        """Open an answer. Raises Tampered when it is another cluster's, or the answer to something else."""
        return Box(self.encryption).unlock(data, context, what=f"answer {context}")


class WorkspaceKey:
    """The key of one tenant: names, seals and opens content, and is the root of its clusters' keys."""

    def __init__(self, workspace: str, root: bytes) -> None:
        self.workspace = workspace
        self._root = root

    def __repr__(self) -> str:
        return f"WorkspaceKey({self.workspace!r})"

    def name(self, plaintext: bytes) -> str:
        """Return the name of a content, 32 hex digits: an HMAC, so that a name tells nothing."""
        return hmac.digest(self._naming, plaintext, "sha256")[:NAME_BYTES].hex()

    def seal(self, plaintext: bytes, *, name: str | None = None) -> Sealed:
        """Seal content under its own name, or under a digest that others know it by (an entry's)."""
        return seal_chunks(self._sealing, name or self.name(plaintext), plaintext)

    def open_chunk(self, digest: str, n: int, data: bytes) -> tuple[int, bytes]:
        """Return (number of chunks in the blob, plaintext of chunk `n`). Raises Tampered."""
        return open_chunk(self._sealing, digest, n, data)

    def open(self, digest: str, chunks: Iterable[bytes]) -> bytes:
        """Return the whole plaintext. Raises Tampered when the chunks are not exactly this blob's."""
        return open_all(self._sealing, Sealed(digest, tuple(chunks)))

    def protect(self, payload: bytes, context: str) -> bytes:
        """Encrypt something kept at rest outside the streams; only the same context opens it."""
        return self._resting.lock(payload, context)

    def unprotect(self, data: bytes, context: str) -> bytes:
        """Open what `protect` made. Raises Tampered."""
        return self._resting.unlock(data, context, what=context)

    def cluster_keys(self, uid: str) -> ClusterKeys:
        """Derive a cluster's keys from its uid, about 4 µs: a million need not be stored."""
        both = self._derive(f"cluster|{uid}", 2 * KEY_BYTES)
        return ClusterKeys(mac=both[:KEY_BYTES], encryption=both[KEY_BYTES:])

    @cached_property
    def _naming(self) -> bytes:
        return self._derive("name", KEY_BYTES)

    @cached_property
    def _sealing(self) -> Box:
        return Box(self._derive("seal", KEY_BYTES))

    @cached_property
    def _resting(self) -> Box:
        return Box(self._derive("rest", KEY_BYTES))

    def _derive(self, purpose: str, length: int) -> bytes:
        # The root is uniformly random, so HKDF's first half (extract) has nothing to do: RFC 5869, 3.3.
        return HKDFExpand(SHA512(), length, f"fleet.v1|{purpose}".encode()).derive(self._root)
