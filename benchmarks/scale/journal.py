"""What simulated agents have taken: it outlives a kill of their process, as a cluster outlives its agent.

Rows of a file that is mapped into memory, one for each cluster, and a list of the manifests' entries by the
manifest's digest. An agent that is started again knows its floor, and a comparison reads what was delivered.
"""

import mmap
import struct
from pathlib import Path

import orjson

_ROW = struct.Struct("<QQ16s")


class Journal:
    """The clusters from `low` to below `high`; epoch, generation and digest of the manifest of each."""

    def __init__(self, path: Path, low: int, high: int) -> None:
        self._low = low
        self._rows = path.with_suffix(".rows")
        size = max(1, (high - low) * _ROW.size)
        if not self._rows.exists() or self._rows.stat().st_size != size:
            self._rows.write_bytes(bytes(size))
        with self._rows.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), size)
        self._listing = path.with_suffix(".lists")
        self.lists: dict[str, list[str]] = {}
        if self._listing.exists():
            for line in self._listing.read_bytes().splitlines():
                digest, entries = orjson.loads(line)
                self.lists[digest] = entries
        self._file = self._listing.open("ab", buffering=0)

    def get(self, cluster: int) -> tuple[int, int, str]:
        """Epoch, generation and digest of what a cluster runs; zeros when it runs nothing."""
        epoch, generation, digest = _ROW.unpack_from(self._map, (cluster - self._low) * _ROW.size)
        return epoch, generation, digest.hex()

    def put(self, cluster: int, epoch: int, generation: int, digest: str, entries: list[str]) -> None:
        """A cluster runs this from now on; the entries are written down before they are named."""
        if digest not in self.lists:
            self.lists[digest] = entries
            self._file.write(orjson.dumps([digest, entries]) + b"\n")
        place = (cluster - self._low) * _ROW.size
        _ROW.pack_into(self._map, place, epoch, generation, bytes.fromhex(digest))
