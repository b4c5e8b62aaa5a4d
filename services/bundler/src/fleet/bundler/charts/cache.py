"""Fetched archives on disk, by the SHA-256 of their bytes: whatever is read was checked against its name.

Equal bytes are kept once, whoever fetched them. Who may have them without fetching them is another question:
an `Access` stands for a URL and the credentials that opened it, so that nobody is given an archive whom the
server has not let in. Killed at any moment, the cache is whole: files are written aside and then named.
"""

import contextlib
import hashlib
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import orjson

LIMIT = 1 << 30
"""How large the cache may become, in bytes; what was not used for longest goes first."""

NOTES = 10_000
"""How many accesses are remembered; those that were noted first go first."""

_ABANDONED = 3600.0
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Access:
    """What a URL gave to some credentials: the bytes, and how the server marks their version."""

    digest: str
    etag: str = ""
    modified: str = ""


class Writer:
    """An archive that is being fetched. Used as a context; what was not finished is removed."""

    def __init__(self, path: Path, cache: "ChartCache") -> None:
        self._path = path
        self._cache = cache
        self._hash = hashlib.sha256()
        self._file: IO[bytes] | None = None

    def __enter__(self) -> "Writer":
        self._file = self._path.open("xb")
        return self

    def __exit__(self, *_: object) -> None:
        assert self._file is not None
        self._file.close()
        self._path.unlink(missing_ok=True)

    def write(self, piece: bytes) -> int:
        """Append these bytes, and say how many."""
        assert self._file is not None
        self._file.write(piece)
        self._hash.update(piece)
        return len(piece)

    def finish(self) -> str:
        """Put what was written into the cache and return its digest."""
        assert self._file is not None
        self._file.flush()
        digest = self._hash.hexdigest()
        self._cache.take(self._path, digest)
        return digest


class ChartCache:
    """A folder of archives, bounded by size. Several processes may share it."""

    def __init__(self, folder: Path, *, limit: int = LIMIT, notes: int = NOTES) -> None:
        self._folder = folder
        self._limit = limit
        self._notes = notes
        self._key = b""

    def begin(self) -> Writer:
        """Begin to write an archive."""
        self._open()
        return Writer(self._folder / "new" / secrets.token_hex(16), self)

    def put(self, data: bytes) -> str:
        """Keep these bytes and return their digest."""
        with self.begin() as writer:
            writer.write(data)
            return writer.finish()

    def read(self, digest: str) -> bytes | None:
        """The bytes with this digest; None where they are not kept, or were damaged and so are removed."""
        path = self._blob(digest)
        try:
            data = path.read_bytes()
        except OSError:
            return None
        if hashlib.sha256(data).hexdigest() != digest:
            path.unlink(missing_ok=True)
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return data

    def size(self, digest: str) -> int | None:
        """How many bytes these are; None where they are not kept."""
        try:
            return self._blob(digest).stat().st_size
        except OSError:
            return None

    def access(self, url: str, identity: str) -> Access | None:
        """What this URL gave to these credentials, while its bytes are kept."""
        try:
            found = Access(**orjson.loads(self._note(url, identity).read_bytes()))
        except (OSError, ValueError, TypeError):
            return None
        return None if self.size(found.digest) is None else found

    def remember(self, url: str, identity: str, access: Access) -> None:
        """Note what this URL gave to these credentials."""
        path = self._note(url, identity)
        aside = self._folder / "new" / secrets.token_hex(16)
        found = {"digest": access.digest, "etag": access.etag, "modified": access.modified}
        aside.write_bytes(orjson.dumps(found))
        aside.replace(path)

    def take(self, path: Path, digest: str) -> None:
        """Name a file that was written aside, then make room."""
        path.replace(self._blob(digest))
        self._trim(digest)

    def _blob(self, digest: str) -> Path:
        return self._folder / "archives" / digest

    def _note(self, url: str, identity: str) -> Path:
        """Named under a key of the cache's own, so that a name tells nothing about a password."""
        self._open()
        said = orjson.dumps([url, identity])
        return self._folder / "accesses" / hashlib.blake2b(said, key=self._key, digest_size=32).hexdigest()

    def _open(self) -> None:
        if self._key:
            return
        for name in ("archives", "accesses", "new"):
            (self._folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in (self._folder / "new").iterdir():
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _ABANDONED:
                    path.unlink()
        self._key = self._own_key()

    def _own_key(self) -> bytes:
        path, aside = self._folder / "key", self._folder / "new" / secrets.token_hex(16)
        if not path.exists():
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(secrets.token_bytes(_KEY_BYTES))
            with contextlib.suppress(FileExistsError):
                os.link(aside, path)
            aside.unlink()
        found = path.read_bytes()
        if len(found) == _KEY_BYTES:
            return found
        path.unlink()  # half written by a machine that lost power
        return self._own_key()

    def _trim(self, kept: str) -> None:
        """Remove what was not used for longest until the bounds hold; the newest stays in any case."""
        archives = _oldest_first(self._folder / "archives")
        total = sum(size for size, _ in archives)
        for size, path in archives:
            if total <= self._limit:
                break
            if path.name != kept:
                path.unlink(missing_ok=True)
                total -= size
        notes = _oldest_first(self._folder / "accesses")
        for _, path in notes[: max(0, len(notes) - self._notes)]:
            path.unlink(missing_ok=True)


def _oldest_first(folder: Path) -> list[tuple[int, Path]]:
    """The files of a folder with their sizes in bytes."""
    found = []
    for entry in os.scandir(folder):
        with contextlib.suppress(OSError):
            status = entry.stat()
            found.append((status.st_mtime_ns, status.st_size, Path(entry.path)))
    return [(size, path) for _, size, path in sorted(found)]
