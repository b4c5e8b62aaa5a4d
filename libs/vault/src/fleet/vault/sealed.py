"""Content as it stands in the CONTENT stream: a secret-proof name and chunks that open one by one."""

from __future__ import annotations

from dataclasses import dataclass

from fleet.vault.box import Box
from fleet.vault.errors import Tampered

CHUNK_BYTES = 256 * 1024
"""Plaintext in a chunk; all but the last are full, so equal contents have equal boundaries."""

_VERSION = 1
_HEADER_BYTES = 5


@dataclass(frozen=True, slots=True)
class Sealed:
    """One blob: its name (32 hex digits) and its chunks, in order."""

    digest: str
    chunks: tuple[bytes, ...]


def seal_chunks(box: Box, digest: str, plaintext: bytes) -> Sealed:
    """Cut a plaintext at fixed boundaries and seal each piece by itself.

    Digest, number and count are associated data, not only labels: chunks of two writers of the same
    content fit together, and a chunk of anything else does not fit anywhere.
    """
    pieces = [plaintext[i : i + CHUNK_BYTES] for i in range(0, len(plaintext), CHUNK_BYTES)] or [b""]
    count = len(pieces)
    chunks = tuple(
        _header(count) + box.lock(piece, _context(digest, n, count)) for n, piece in enumerate(pieces)
    )
    return Sealed(digest, chunks)


def open_chunk(box: Box, digest: str, n: int, data: bytes) -> tuple[int, bytes]:
    """Open chunk `n` of a blob; return how many chunks the blob has, and this one's plaintext.

    Raises Tampered when the chunk was changed or belongs to another blob, place or key.
    """
    what = f"chunk {n} of content {digest}"
    if len(data) < _HEADER_BYTES or data[0] != _VERSION:
        raise Tampered(what, "not a sealed chunk of a version known here")
    count = int.from_bytes(data[1:_HEADER_BYTES], "big")
    if not 0 <= n < count:
        raise Tampered(what, f"it says that there are {count} chunks")
    return count, box.unlock(data[_HEADER_BYTES:], _context(digest, n, count), what=what)


def open_all(box: Box, blob: Sealed) -> bytes:
    """Open a whole blob. Raises Tampered when a chunk is missing, left over, misplaced or changed."""
    pieces: list[bytes] = []
    for n, chunk in enumerate(blob.chunks):
        count, piece = open_chunk(box, blob.digest, n, chunk)
        if count != len(blob.chunks):
            raise Tampered(f"content {blob.digest}", f"{len(blob.chunks)} chunks are here, it has {count}")
        pieces.append(piece)
    if not pieces:
        raise Tampered(f"content {blob.digest}", "no chunks")
    return b"".join(pieces)


def _header(count: int) -> bytes:
    return bytes([_VERSION]) + count.to_bytes(4, "big")


def _context(digest: str, n: int, count: int) -> str:
    return f"content|{digest}|{n}|{count}"
