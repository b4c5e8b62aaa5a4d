"""Archives made to break whoever takes them apart: small to send, large or out of place once unpacked."""

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable

from support.bombs import MIB

PIECE = 16 * MIB


def header(
    name: str, *, size: int = 0, kind: bytes = tarfile.REGTYPE, link: str = "", form: int = tarfile.GNU_FORMAT
) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.type, member.linkname = size, kind, link
    return member.tobuf(form)


def tar(*pieces: bytes) -> bytes:
    return b"".join(pieces) + bytes(1024)


def zeros_of(size: int, pack: Callable[[bytes], bytes]) -> bytes:
    """A file of that many zeros in a tar, packed piece by piece: every format takes several streams."""
    return (
        pack(header("chart/zeros.yaml", size=size)) + pack(bytes(PIECE)) * (size // PIECE) + pack(bytes(1024))
    )


def a_million_entries() -> bytes:
    block = gzip.compress(header("chart/a.yaml") * 10_000)
    return block * 100 + gzip.compress(bytes(1024))


def zipped_zeros() -> bytes:
    """A zip file of 1 GiB of zeros in sixteen entries that share one stream of 64 MiB."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("zeros0.yaml", bytes(64 * MIB))
        for _ in range(15):
            twin = zipfile.ZipInfo("zeros0.yaml")
            first = packed.filelist[0]
            for field in ("CRC", "compress_size", "file_size", "header_offset", "compress_type"):
                setattr(twin, field, getattr(first, field))
            packed.filelist.append(twin)
    return buffer.getvalue()
