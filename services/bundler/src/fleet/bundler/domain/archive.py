"""Archives of charts, taken apart in memory and within budgets; nothing is ever written to a disk.

Fleet's bounds (2 GiB packed, 2 GiB unpacked, 100,000 entries) are upper ones: these fit a process of 512 MiB.
"""

import io
import posixpath
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

from fleet.bundler.domain.inflate import (
    DAMAGED,
    BadArchive,
    Budget,
    Start,
    bzip2,
    gzip,
    inflated,
    xz,
    zstandard,
)
from fleet.bundler.domain.tree import Mode

__all__ = ["PACKED_BYTES", "BadArchive", "Budget", "Unpacked", "unpack"]

PACKED_BYTES = 32 << 20
"""How large an archive may be as it is fetched."""

_PIECE = 256 << 10
_NAME_BYTES = 4096
_ZIP_ENTRY = b"PK\x01\x02"
_ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What Go's archive/zip reads, and so Fleet: Python would read bzip2 and LZMA too, in memory of their own."""

_FILE_TYPES = (tarfile.REGTYPE, tarfile.AREGTYPE)
_KINDS = {
    tarfile.LNKTYPE: "a hard link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a pipe",
}


@dataclass(slots=True)
class Unpacked:
    """Files, and links by their text, by their path in the archive."""

    modes: dict[str, Mode] = field(default_factory=dict)
    data: dict[str, bytes] = field(default_factory=dict)

    def add(self, path: str, data: bytes, mode: Mode = Mode.FILE) -> None:
        """Put a file or link; a later one replaces an earlier, and no file may stand where a folder is."""
        parent = posixpath.dirname(path)
        while parent:
            if parent in self.modes:
                raise BadArchive(f"{path}: it is below {parent}, which is no folder")
            parent = posixpath.dirname(parent)
        self.modes[path] = mode
        self.data[path] = data


def unpack(data: bytes, name: str, budget: Budget) -> Unpacked:
    """Take an archive apart as its name says it is packed; what has no such name is a single file.

    Raises:
        BadArchive: it is damaged, holds what may not be in it, or exceeds the budget.
    """
    if len(data) > PACKED_BYTES:
        raise BadArchive(f"it is larger than {PACKED_BYTES} bytes")
    lower = name.lower()
    for endings, unpacker in _FORMATS:
        if ending := next((one for one in endings if lower.endswith(one)), ""):
            with _readable():
                return unpacker(data, name[: -len(ending)], budget)
    budget.entry()
    budget.take(len(data))
    found = Unpacked()
    found.add(posixpath.basename(name.rstrip("/")) or "file", data)
    return found


class _readable:  # noqa: N801  read as a word: `with _readable():`
    """What the libraries raise about damaged archives, as BadArchive."""

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, _DAMAGED) and not isinstance(error, BadArchive):
            reason = str(error) or type(error).__name__
            raise BadArchive(f"it cannot be read: {reason[:200]}") from None


def _tar_of(start: Start) -> Callable[[bytes, str, Budget], Unpacked]:
    def unpacker(data: bytes, name: str, budget: Budget) -> Unpacked:
        return _untar(inflated(data, start, budget), budget)

    return unpacker


def _file_of(start: Start) -> Callable[[bytes, str, Budget], Unpacked]:
    def unpacker(data: bytes, name: str, budget: Budget) -> Unpacked:
        budget.entry()
        found = Unpacked()
        found.add(posixpath.basename(name) or "file", _read_all(inflated(data, start, budget), budget))
        return found

    return unpacker


def _read_all(stream: Any, budget: Budget) -> bytes:
    pieces = bytearray()
    while piece := stream.read(_PIECE):
        budget.take(len(piece))
        pieces += piece
    return bytes(pieces)


def _plain_tar(data: bytes, name: str, budget: Budget) -> Unpacked:
    return _untar(io.BytesIO(data), budget)


def _untar(stream: Any, budget: Budget) -> Unpacked:
    found = Unpacked()
    with tarfile.open(fileobj=stream, mode="r|", errorlevel=2, tarinfo=_Member) as tar:
        for member in _members(tar):
            budget.entry()
            path = _inside(member.name)
            if member.isdir():
                continue
            if member.issym():
                found.add(path, _link(path, member.linkname), Mode.LINK)
            elif member.type in _FILE_TYPES:
                budget.take(member.size)
                content = tar.extractfile(member)
                found.add(path, content.read() if content else b"")
            else:
                what = _KINDS.get(member.type, "of an unknown type")
                raise BadArchive(f"{_plain(member.name)}: it is {what}, only files and links are unpacked")
    return found


class _Member(tarfile.TarInfo):
    """An entry whose damaged header is an error; tarfile takes it for the end of the archive."""

    @classmethod
    def fromtarfile(cls, tar: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(tar)
        except (tarfile.InvalidHeaderError, tarfile.TruncatedHeaderError) as error:  # type: ignore[attr-defined]
            raise BadArchive(f"it cannot be read: {error}") from None


def _members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """The members one by one, forgotten at once: tarfile keeps them all otherwise."""
    while (member := tar.next()) is not None:
        yield member
        tar.members = []  # type: ignore[attr-defined]


def _unzip(data: bytes, name: str, budget: Budget) -> Unpacked:
    found = Unpacked()
    if data.count(_ZIP_ENTRY) > budget.entries:  # before zipfile makes an object of each
        budget.entries = 0
        budget.entry()
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        for member in packed.infolist():
            budget.entry()
            path = _inside(member.filename)
            if member.is_dir():
                continue
            if member.compress_type not in _ZIP_METHODS:
                method = zipfile.compressor_names.get(member.compress_type, "unknown")  # type: ignore[attr-defined]
                raise BadArchive(
                    f"{_plain(path)}: it is compressed by method {member.compress_type} ({method}); a zip is "
                    "read where it is stored or deflated: pack it anew"
                )
            with packed.open(member) as content:
                found.add(path, _read_all(content, budget))
    return found


def _inside(name: str) -> str:
    """The path of an entry; Fleet keeps one that would lead out inside, we say that it is wrong."""
    if not name or len(name) > _NAME_BYTES or "\0" in name:
        raise BadArchive("an entry's path is empty or too long")
    if name.startswith("/"):
        raise BadArchive(f"{_plain(name)}: its path is absolute")
    if ".." in name.split("/"):
        raise BadArchive(f"{_plain(name)}: its path leads out of the archive")
    return posixpath.normpath(name)


def _link(path: str, target: str) -> bytes:
    if target.startswith("/"):
        raise BadArchive(f"{_plain(path)}: it links to an absolute path")
    end = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    if end == ".." or end.startswith("../"):
        raise BadArchive(f"{_plain(path)}: it links out of the archive")
    return target.encode(errors="surrogateescape")


def _plain(name: str) -> str:
    return ascii(name[:200])[1:-1]


_DAMAGED = (*DAMAGED, tarfile.TarError, zipfile.BadZipFile, RuntimeError, NotImplementedError)
_FORMATS: tuple[tuple[tuple[str, ...], Callable[[bytes, str, Budget], Unpacked]], ...] = (
    ((".tar.gz", ".tgz"), _tar_of(gzip)),
    ((".tar.bz2", ".tbz2"), _tar_of(bzip2)),
    ((".tar.zst", ".tar.zstd", ".tzst"), _tar_of(zstandard)),
    ((".tar.xz", ".txz"), _tar_of(xz)),
    ((".tar",), _plain_tar),
    ((".gz",), _file_of(gzip)),
    ((".bz2",), _file_of(bzip2)),
    ((".zst", ".zstd"), _file_of(zstandard)),
    ((".xz",), _file_of(xz)),
    ((".zip",), _unzip),
)
