"""Archives made to break whoever unpacks them, at full size: refused with a reason, in bounded memory."""

import bz2
import gzip
import io
import lzma
import random
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from backports import zstd

from fleet.bundler.domain.archive import BadArchive, Budget, unpack
from support import unpack_archive
from support.archive_bombs import PIECE, a_million_entries, header, tar, zeros_of, zipped_zeros
from support.bombs import GIB, MIB
from support.footprint import footprint

PACK: dict[str, Callable[[bytes], bytes]] = {
    "tgz": gzip.compress,
    "tar.bz2": bz2.compress,
    "tar.xz": lzma.compress,
    "tar.zst": zstd.compress,
    "tar": bytes,
}


def a_million_zip_entries() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("a", b"")
    data = buffer.getvalue()
    start = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    return data[:start] + data[start:end] * 600_000 + data[end:]


LARGE: dict[str, tuple[Callable[[], bytes], str]] = {
    **{
        f"zeros.{end}": ((lambda pack=pack: zeros_of(GIB, pack)), "more than 67108864 bytes are unpacked")
        for end, pack in PACK.items()
        if end != "tar"
    },
    "zeros.gz": (lambda: gzip.compress(bytes(PIECE)) * 64, "more than 67108864 bytes are unpacked"),
    "zeros.zip": (zipped_zeros, "more than 67108864 bytes are unpacked"),
    "zeros.tar": (lambda: zeros_of(48 * MIB, bytes), "it is larger than 33554432 bytes"),
    "entries.tgz": (a_million_entries, "more than 20000 entries are unpacked"),
    "entries.zip": (a_million_zip_entries, "more than 20000 entries are unpacked"),
    "streams.tgz": (lambda: gzip.compress(b"") * 1_000_000, "it is made of more than 10000 streams"),
    "names.tgz": (
        lambda: (
            gzip.compress(header("././@LongLink", size=GIB, kind=tarfile.GNUTYPE_LONGNAME))
            + gzip.compress(b"a" * PIECE) * 64
        ),
        "more than 67108864 bytes are unpacked",
    ),
    "pax.tgz": (
        lambda: gzip.compress(header("x", size=GIB, kind=tarfile.XHDTYPE)) + gzip.compress(b"9" * PIECE) * 64,
        "more than 67108864 bytes are unpacked",
    ),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_bomb_is_refused_in_bounded_memory(tmp_path: Path, name: str) -> None:
    make, words = LARGE[name]
    path = tmp_path / name
    path.write_bytes(make())

    found = footprint([sys.executable, "-P", unpack_archive.__file__, path], within=60)

    assert words in found.stderr, found
    assert found.code == 1
    assert found.largest < 300 * MIB, f"{found.largest // MIB} MiB"
    assert found.written < MIB


def pax(**fields: str) -> bytes:
    member = tarfile.TarInfo("a.yaml")
    member.pax_headers = fields
    return member.tobuf(tarfile.PAX_FORMAT)


def negative() -> bytes:
    block = bytearray(header("a.yaml"))
    block[124:136] = b"\xff" * 11 + b"\x00"
    block[148:156] = b"        "
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


SMALL: list[tuple[bytes, str]] = [
    (tar(header("../x.yaml")), "../x.yaml: its path leads out of the archive"),
    (tar(header("a/../../x.yaml")), "a/../../x.yaml: its path leads out of the archive"),
    (tar(header("/etc/passwd")), "/etc/passwd: its path is absolute"),
    (tar(header("sda", kind=tarfile.BLKTYPE)), "sda: it is a device, only files and links are unpacked"),
    (tar(header("null", kind=tarfile.CHRTYPE)), "null: it is a device, only files and links are unpacked"),
    (tar(header("pipe", kind=tarfile.FIFOTYPE)), "pipe: it is a pipe, only files and links are unpacked"),
    (
        tar(header("a", kind=tarfile.LNKTYPE, link="/etc/passwd")),
        "a: it is a hard link, only files and links",
    ),
    (tar(header("a", kind=tarfile.SYMTYPE, link="/etc/passwd")), "a: it links to an absolute path"),
    (tar(header("a/b", kind=tarfile.SYMTYPE, link="../../x")), "a/b: it links out of the archive"),
    (tar(header("a"), header("a/b")), "a/b: it is below a, which is no folder"),
    (tar(header("a" * 5000)), "an entry's path is empty or too long"),
    (tar(header("a.yaml", size=1 << 62)), "more than 67108864 bytes are unpacked"),
    (tar(pax(size=str(-(1 << 40)))), "an entry has a negative size"),
    (tar(pax(**{"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(1 << 50)})), ""),
    (tar(pax(path="../../x.yaml")), "../../x.yaml: its path leads out of the archive"),
    (tar(negative()), "an entry has a negative size"),
    (tar(header("a.yaml", size=5000)), "it cannot be read: unexpected end of data"),
    (b"\x00\x01 nothing like a tar" * 100, "it cannot be read"),
]


@pytest.mark.parametrize(("data", "words"), SMALL, ids=range(len(SMALL)))
@pytest.mark.parametrize("end", ["tgz", "tar.zst"])
def test_an_entry_that_is_none_is_refused_with_its_path(data: bytes, words: str, end: str) -> None:
    budget = Budget()
    with pytest.raises(BadArchive) as refused:
        unpack(PACK[end](data), f"chart.{end}", budget)
    assert words in str(refused.value)
    assert budget.bytes <= Budget().bytes


def a_chart() -> Iterator[bytes]:
    for n in range(20):
        text = f"number: {n}\n".encode()
        yield header(f"chart/{n}.yaml", size=len(text)) + text.ljust(512, b"\0")


def _outcome(data: bytes, name: str) -> str:
    try:
        unpack(data, name, Budget())
    except BadArchive as error:
        return "refused" if str(error).isprintable() else ascii(str(error))
    return "unpacked"


@pytest.mark.parametrize("end", PACK)
def test_damaged_archives_are_unpacked_or_refused_and_no_more(end: str) -> None:
    rng = random.Random(end)
    whole = PACK[end](tar(*a_chart()))
    outcomes = {"unpacked": 0, "refused": 0}
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(rng.choice((1, 1, 3, 20))):
            data[rng.randrange(len(data))] = rng.randrange(256)
        cut = rng.randrange(len(data)) if rng.random() < 0.2 else len(data)
        outcomes[_outcome(bytes(data[:cut]), f"chart.{end}")] += 1
    assert outcomes["refused"] > 50, outcomes


def test_a_crc_that_does_not_fit_is_noticed() -> None:
    data = bytearray(gzip.compress(tar(*a_chart())))
    data[-8:-4] = zlib.crc32(b"other").to_bytes(4, "little")
    with pytest.raises(BadArchive, match="it cannot be read"):
        unpack(bytes(data), "chart.tgz", Budget())


@pytest.mark.parametrize(
    ("method", "words"),
    [(zipfile.ZIP_BZIP2, r"method 12 \(bzip2\)"), (zipfile.ZIP_LZMA, r"method 14 \(lzma\)")],
)
def test_a_zip_is_read_only_where_it_is_stored_or_deflated(method: int, words: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("chart/stored", b"1", zipfile.ZIP_STORED)
        packed.writestr("chart/deflated", b"2" * 100, zipfile.ZIP_DEFLATED)
    assert set(unpack(buffer.getvalue(), "chart.zip", Budget()).modes) == {"chart/stored", "chart/deflated"}

    with zipfile.ZipFile(buffer, "a") as packed:
        packed.writestr("chart/other", b"3" * 100, method)
    with pytest.raises(BadArchive, match=f"^chart/other: it is compressed by {words}; .* pack it anew$"):
        unpack(buffer.getvalue(), "chart.zip", Budget())
