"""Archives are taken apart in memory; what must not be in one is refused with its path and the reason."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable

import pytest
from backports import zstd

from fleet.bundler.domain.archive import BadArchive, Budget, unpack
from fleet.bundler.domain.tree import Mode


def tar_of(files: dict[str, bytes], *others: tarfile.TarInfo) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
        for member in others:
            tar.addfile(member)
    return packed.getvalue()


def zip_of(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


FILES = {"web/Chart.yaml": b"name: web\n", "web/big": b"0" * 500_000}
TAR = tar_of(FILES)
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".tgz": gzip.compress,
    ".tar.gz": gzip.compress,
    ".tar.bz2": bz2.compress,
    ".tbz2": bz2.compress,
    ".tar.xz": lzma.compress,
    ".txz": lzma.compress,
    ".tar.zst": zstd.compress,
    ".tzst": zstd.compress,
    ".tar": bytes,
}


@pytest.mark.rule(id="12.1-39")
@pytest.mark.parametrize("ending", PACKERS)
def test_a_tar_is_unpacked_however_it_is_compressed(ending: str) -> None:
    assert unpack(PACKERS[ending](TAR), f"web{ending}", Budget()).data == FILES


@pytest.mark.rule(id="12.1-39")
def test_a_zip_a_single_file_and_a_plain_file_are_unpacked() -> None:
    assert unpack(zip_of(FILES), "web.ZIP", Budget()).data == FILES
    assert unpack(gzip.compress(b"a: b"), "a.yaml.gz", Budget()).data == {"a.yaml": b"a: b"}
    assert unpack(lzma.compress(b"a: b"), ".xz", Budget()).data == {"file": b"a: b"}
    assert unpack(b"a: b", "a.yaml", Budget()).data == {"a.yaml": b"a: b"}


def test_several_streams_and_zeros_behind_them_are_one_archive() -> None:
    halves = gzip.compress(TAR[:5000]) + gzip.compress(TAR[5000:]) + b"\0" * 100
    assert unpack(halves, "web.tgz", Budget()).data == FILES


def test_a_link_inside_is_kept_as_one() -> None:
    found = unpack(tar_of({"a/b": b""}, special("a/l", tarfile.SYMTYPE, "../a/b")), "x.tar", Budget())
    assert (found.modes["a/l"], found.data["a/l"]) == (Mode.LINK, b"../a/b")


@pytest.mark.rule(id="12.1-39")
@pytest.mark.rule(id="12.1-52")
@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("x.tar", tar_of({"../up": b""}), r"\.\./up: its path leads out of the archive"),
        ("x.tar", tar_of({"/abs": b""}), "/abs: its path is absolute"),
        ("x.zip", zip_of({"a/../../up": b""}), r"a/\.\./\.\./up: its path leads out"),
        (
            "x.tar",
            tar_of({}, special("a/l", tarfile.SYMTYPE, "../../etc")),
            "a/l: it links out of the archive",
        ),
        ("x.tar", tar_of({}, special("a/l", tarfile.SYMTYPE, "/etc")), "a/l: it links to an absolute path"),
        ("x.tar", tar_of({}, special("h", tarfile.LNKTYPE, "a")), "h: it is a hard link"),
        ("x.tar", tar_of({}, special("d", tarfile.CHRTYPE)), "d: it is a device"),
        ("x.tar", tar_of({}, special("p", tarfile.FIFOTYPE)), "p: it is a pipe"),
        ("x.tar", tar_of({"a": b"", "a/b": b""}), "a/b: it is below a, which is no folder"),
        ("x.tgz", b"no gzip", "it cannot be read"),
        ("x.tgz", gzip.compress(TAR)[:-200], "it ends in the middle"),
        ("x.tar", TAR[:1024] + b"q" * 512 + TAR[1536:], "it cannot be read|invalid"),
        ("x.zip", b"no zip", "it cannot be read"),
        ("x.gz", gzip.compress(b"\0" * (2 << 20)), "more than 1048576 bytes"),
        ("x.tzst", zstd.compress(tar_of({"z": b"\0" * (2 << 20)})), "more than 1048576 bytes"),
        ("x.gz", gzip.compress(b"") * 20_000, "more than 10000 streams"),
        ("x.tar", b"\0" * ((32 << 20) + 1), "it is larger than 33554432 bytes"),
    ],
)
def test_what_may_not_be_in_an_archive_is_refused(name: str, data: bytes, message: str) -> None:
    with pytest.raises(BadArchive, match=message):
        unpack(data, name, Budget(bytes=1 << 20))


@pytest.mark.rule(id="12.1-52")
def test_all_archives_of_a_reading_share_one_budget() -> None:
    budget = Budget(entries=3)
    unpack(TAR, "x.tar", budget)
    with pytest.raises(BadArchive, match=r"more than 3 entries are unpacked together"):
        unpack(TAR, "x.tar", budget)
    with pytest.raises(BadArchive, match="more than 3 entries"):
        unpack(zip_of({str(n): b"" for n in range(5)}), "x.zip", Budget(entries=3))
