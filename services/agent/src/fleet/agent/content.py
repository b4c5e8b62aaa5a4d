"""What bundles are made of, fetched once and kept in memory while there is room."""

from collections import OrderedDict

from fleet.agent.adapters.hub import Hub
from fleet.agent.domain.files import File, read_files
from fleet.agent.domain.options import Options, read_options
from fleet.events import Entry

KEPT_BYTES = 8 << 20
"""Bytes of content that one agent keeps."""

_KEPT_ENTRIES = 4096


class Content:
    """Entries, options and files by their digests. Methods raise BusError and BadContent."""

    def __init__(self, *, hub: Hub) -> None:
        self._hub = hub
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._size = 0

    def learn(self, entries: dict[str, Entry]) -> None:
        """Keep entries that came with a manifest."""
        for digest, entry in entries.items():
            self._entries[digest] = entry
            self._entries.move_to_end(digest)
        while len(self._entries) > _KEPT_ENTRIES:
            self._entries.popitem(last=False)

    def known(self, digest: str) -> Entry | None:
        """An entry that is here already."""
        return self._entries.get(digest)

    async def entry(self, digest: str) -> Entry:
        """An entry, asked for where it is not here."""
        found = self._entries.get(digest)
        if found is None:
            found = await self._hub.entry(digest)
            self.learn({digest: found})
        return found

    async def options(self, entry: Entry) -> Options:
        """How the bundle of this entry is deployed."""
        return read_options(await self._blob(entry.namespace, entry.options))

    async def files(self, entry: Entry) -> tuple[File, ...]:
        """The files of the bundle of this entry."""
        return read_files(await self._blob(entry.namespace, entry.content))

    async def _blob(self, namespace: str, digest: str) -> bytes:
        key = (namespace, digest)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        data = await self._hub.content(namespace, digest)
        self._keep(key, data)
        return data

    def _keep(self, key: tuple[str, str], data: bytes) -> None:
        if len(data) > KEPT_BYTES or key in self._kept:
            return
        self._kept[key] = data
        self._size += len(data)
        while self._size > KEPT_BYTES:
            self._size -= len(self._kept.popitem(last=False)[1])
