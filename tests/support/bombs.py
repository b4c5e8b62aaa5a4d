"""Small things that unfold to large ones, made in little time."""

import hashlib
import random
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path

from support.gitserver import Repository

MIB = 1 << 20
GIB = 1 << 30
_BLOCK = 16 * MIB
_NOISE = 64 * MIB
_PACK_BLOB = 3
_MODULUS = 65521
_PACK_HEADER = 12
_SHA1 = 20

LAUGHS = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 11))
"""YAML of half a kilobyte that is ten billion values."""

DEEP = "[" * 100_000
"""YAML of 100,000 levels."""


def deflated_zeros(size: int) -> bytes:
    """A raw deflate stream of that many zeros (a multiple of 16 MiB): a thousandth of them."""
    start = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = start.compress(bytes(_BLOCK)) + start.flush(zlib.Z_FULL_FLUSH)
    return block * (size // _BLOCK) + zlib.compressobj(9, zlib.DEFLATED, -15).flush()


def zlib_zeros(size: int) -> bytes:
    """The same as a zlib stream, as git has it."""
    return b"\x78\xda" + deflated_zeros(size) + struct.pack(">HH", size % _MODULUS, 1)


def add_zeros(repository: Repository, size: int) -> str:
    """Put a blob of zeros into a repository, in a pack; gives its id."""
    digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    for _ in range(size // _BLOCK):
        digest.update(bytes(_BLOCK))
    return _add_packed(repository, size, digest.digest(), zlib_zeros(size))


def add_noise(repository: Repository, size: int) -> dict[str, str]:
    """Put blobs that cannot be compressed, `size` bytes together, into a repository; gives ids by names."""
    for name, value in (
        ("pack.window", "0"),
        ("core.packedGitLimit", "32m"),
        ("core.packedGitWindowSize", "8m"),
    ):
        repository.git("config", name, value)
    found, noise = {}, random.Random(0).randbytes(_NOISE - MIB)
    for n in range(size // _NOISE):
        content = bytes([n]) * MIB + noise
        oid = hashlib.sha1(b"blob %d\0" % _NOISE + content, usedforsecurity=False).digest()
        found[f"{n:03}.bin"] = _add_packed(repository, _NOISE, oid, zlib.compress(content, 0))
    return found


def _add_packed(repository: Repository, size: int, oid: bytes, deflated: bytes) -> str:
    first, rest = _PACK_BLOB << 4 | size & 15, size >> 4
    header = bytearray()
    while rest:
        header.append(first | 0x80)
        first, rest = rest & 0x7F, rest >> 7
    header.append(first)
    pack = b"PACK" + struct.pack(">II", 2, 1) + bytes(header) + deflated
    pack += hashlib.sha1(pack, usedforsecurity=False).digest()
    fan_out = b"".join(struct.pack(">I", number >= oid[0]) for number in range(256))
    index = b"\xfftOc" + struct.pack(">I", 2) + fan_out + oid
    index += struct.pack(">II", zlib.crc32(pack[_PACK_HEADER:-_SHA1]), _PACK_HEADER) + pack[-_SHA1:]
    index += hashlib.sha1(index, usedforsecurity=False).digest()
    path = repository.folder / "objects" / "pack" / f"pack-{pack[-_SHA1:].hex()}"
    path.with_suffix(".pack").write_bytes(pack)
    path.with_suffix(".idx").write_bytes(index)
    return oid.hex()


def add_blob(repository: Repository, content: bytes) -> str:
    """Put a blob into a repository; gives its id."""
    return repository.git("hash-object", "-w", "--stdin", given=content)


def add_folder(repository: Repository, entries: Mapping[str, str], *, mode: str = "100644") -> str:
    """Put a folder of these names and ids, sorted as git sorts them, into a repository; gives its id."""
    lines = (f"{mode} {name}\0".encode() + bytes.fromhex(oid) for name, oid in entries.items())
    given = b"".join(lines)
    return repository.git("hash-object", "-w", "-t", "tree", "--literally", "--stdin", given=given)


def commit_folder(repository: Repository, folder: str) -> str:
    """Make a folder the whole of a commit on the branch `master`; gives its id."""
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com"]
    commit = repository.git(*identity, "commit-tree", "-m", "Change", folder)
    repository.git("update-ref", "refs/heads/master", commit)
    return commit


def size_of(folder: Path) -> int:
    """The bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
