"""Compressed bytes as a stream that gives no more than a budget allows, whatever the file says of itself."""

import bz2
import io
import lzma
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from backports import zstd

UNPACKED_BYTES = 64 << 20
"""How much all that a reading unpacks may hold together, in bytes."""

ENTRIES = 20_000
"""How many files, folders and links all that a reading unpacks may have together."""

DAMAGED = (zlib.error, lzma.LZMAError, zstd.ZstdError, OSError, EOFError, ValueError)
"""What is raised about bytes that are not what they claim to be."""

_WINDOW_LOG = 26
_XZ_BYTES = 96 << 20
_PIECE = 256 << 10
_FED = 16 << 10
_STREAMS = 10_000


class BadArchive(Exception):
    """An archive that cannot or may not be taken apart. The text has the path inside, and why."""


@dataclass(slots=True)
class Budget:
    """What may still be unpacked; shared by all archives of one reading."""

    bytes: int = UNPACKED_BYTES
    entries: int = ENTRIES
    _all: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        self._all = (self.bytes, self.entries)

    def take(self, size: int) -> None:
        """Take these bytes. Raises BadArchive when there were fewer left, or a size is negative."""
        if size < 0:
            raise BadArchive("it cannot be read: an entry has a negative size")
        self.bytes -= size
        if self.bytes < 0:
            raise BadArchive(f"more than {self._all[0]} bytes are unpacked together")

    def entry(self) -> None:
        """Take one entry. Raises BadArchive when there was none left."""
        self.entries -= 1
        if self.entries < 0:
            raise BadArchive(f"more than {self._all[1]} entries are unpacked together")

    def stream_bytes(self) -> int:
        """How long a stream may be: what is left, and the headers of all entries that are left."""
        return self.bytes + 2 * tarfile.BLOCKSIZE * self.entries + tarfile.RECORDSIZE


class Decompressor(Protocol):
    """What the decompressors of the standard library have in common."""

    @property
    def eof(self) -> bool:
        """Whether one stream has ended."""

    @property
    def needs_input(self) -> bool:
        """Whether nothing can be given before more is put in."""

    @property
    def unused_data(self) -> bytes:
        """What was put in and stands behind the end of the stream."""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Take in these bytes and give at most `max_length`."""


Start = Callable[[], Decompressor]
"""Begins a new stream."""


class _Gzip:
    """zlib with the interface of the others."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def needs_input(self) -> bool:
        return not self._stream.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._stream.decompress(self._stream.unconsumed_tail + data, max(0, max_length))


def gzip() -> Decompressor:
    """Begin a gzip stream."""
    return _Gzip()


def bzip2() -> Decompressor:
    """Begin a bzip2 stream."""
    return bz2.BZ2Decompressor()


def xz() -> Decompressor:
    """Begin an xz stream; one that needs more memory than `xz -9` is refused."""
    return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_XZ_BYTES)


def zstandard() -> Decompressor:
    """Begin a Zstandard stream; one with a window beyond 64 MiB is refused."""
    return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _WINDOW_LOG})


def inflated(data: bytes, start: Start, budget: Budget) -> io.BufferedReader:
    """The bytes inside, several streams one behind the other included.

    Reading raises BadArchive when there are more than the budget allows, or where the data ends early.
    """
    return io.BufferedReader(_Inflated(data, start, budget), _PIECE)


class _Inflated(io.RawIOBase):
    def __init__(self, data: bytes, start: Start, budget: Budget) -> None:
        self._data = data
        self._at = 0
        self._start = start
        self._current: Decompressor | None = start()
        self._streams = 1
        self._budget = budget
        self._left = budget.stream_bytes()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._next(len(buffer))
        self._left -= len(piece)
        if self._left < 0:
            self._budget.take(self._budget.bytes + 1)
        buffer[: len(piece)] = piece
        return len(piece)

    def _next(self, size: int) -> bytes:
        while self._current is not None:
            piece = self._current.decompress(self._fed(self._current), size)
            if self._current.eof:
                self._begin_another(self._current)
            elif not piece and self._current.needs_input and self._at >= len(self._data):
                raise BadArchive("it ends in the middle")
            if piece:
                return piece
        return b""

    def _fed(self, current: Decompressor) -> bytes:
        if not current.needs_input:
            return b""
        fed = self._data[self._at : self._at + _FED]
        self._at += len(fed)
        return fed

    def _begin_another(self, ended: Decompressor) -> None:
        """Zeros may fill the end up; anything else is one more stream."""
        self._at -= len(ended.unused_data)
        while self._at < len(self._data) and self._data[self._at] == 0:
            self._at += 1
        self._streams += 1
        if self._streams > _STREAMS:
            raise BadArchive(f"it is made of more than {_STREAMS} streams")
        self._current = self._start() if self._at < len(self._data) else None
