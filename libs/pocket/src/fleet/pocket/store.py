"""What a cluster holds: objects as bytes, their versions, and the latest changes for those who watch."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import orjson

KEEP_CHANGES = 1000
KEEP_BYTES = 2 << 20


class Key(NamedTuple):
    """Where an object is within its table; the namespace of a cluster-wide one is empty."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One object in one version; the bytes go to every reader as they are."""

    body: bytes
    version: int
    uid: str
    labels: dict[str, str]
    owners: tuple[str, ...]

    def object(self) -> dict[str, Any]:
        """A copy that the caller may change."""
        value: dict[str, Any] = orjson.loads(self.body)
        return value


@dataclass(frozen=True, slots=True)
class Change:
    """One event of a watch: ADDED, MODIFIED or DELETED, and what was there before."""

    sort: str
    table: str
    key: Key
    entry: Entry
    before: Entry | None


@dataclass(slots=True)
class Table:
    """The objects of one resource, with the changes a watch can still resume from."""

    forgotten: int
    """The version of the newest change that is no longer kept."""
    entries: dict[Key, Entry] = field(default_factory=dict)
    changes: deque[Change] = field(default_factory=deque)
    kept_bytes: int = 0
    watchers: set[Callable[[Change], None]] = field(default_factory=set)


class Journal(Protocol):
    """Where changes are made durable before anybody hears of them."""

    def put(self, table: str, key: Key, version: int, body: bytes) -> None:
        """Keep an object."""

    def drop(self, table: str, key: Key, version: int) -> None:
        """Forget an object."""

    def read(self) -> Iterator[tuple[str, Key, int, bytes]]:
        """Everything that is kept."""

    def version(self) -> int:
        """The highest version ever written."""


class Store:
    """All tables of one cluster. Versions are one counter for the whole cluster, as in etcd."""

    def __init__(self, *, journal: Journal) -> None:
        self._journal = journal
        self._tables: dict[str, Table] = {}
        self._alive: dict[str, tuple[str, Key]] = {}
        self._dependents: dict[str, set[tuple[str, Key]]] = {}
        self.on_change: Callable[[Change], None] = lambda change: None
        self._loaded = self.version = journal.version()
        for table, key, version, body in journal.read():
            self._index(table, key, _entry(body, orjson.loads(body), version))

    def table(self, name: str) -> Table:
        """The table of that name; an empty one when nothing was ever in it."""
        found = self._tables.get(name)
        if found is None:
            found = self._tables[name] = Table(forgotten=self._loaded)
        return found

    def get(self, table: str, key: Key) -> Entry | None:
        """The object, or None."""
        found = self._tables.get(table)
        return found.entries.get(key) if found else None

    def owned_by(self, uid: str) -> list[tuple[str, Key]]:
        """Everything that names this object as an owner."""
        return list(self._dependents.get(uid, ()))

    def place_of(self, uid: str) -> tuple[str, Key] | None:
        """Where the object with this uid is."""
        return self._alive.get(uid)

    def is_alive(self, uid: str) -> bool:
        """Whether an object with this uid exists."""
        return uid in self._alive

    def within(self, namespace: str) -> Iterator[tuple[str, Key]]:
        """Everything in a namespace."""
        for name, table in list(self._tables.items()):
            for key in [key for key in table.entries if key.namespace == namespace]:
                yield name, key

    def everything(self) -> Iterator[tuple[str, Key]]:
        """Every object of the cluster."""
        for name, table in list(self._tables.items()):
            for key in list(table.entries):
                yield name, key

    def put(self, table: str, key: Key, obj: dict[str, Any]) -> Entry:
        """Write an object; its resourceVersion is set here."""
        version = self.version + 1
        entry = self._stamped(obj, version)
        self._journal.put(table, key, version, entry.body)
        self.version = version
        before = self.get(table, key)
        self._index(table, key, entry)
        self._announce(Change("MODIFIED" if before else "ADDED", table, key, entry, before))
        return entry

    def remove(self, table: str, key: Key, obj: dict[str, Any]) -> Entry:
        """Delete an object; `obj` is its last state, which watchers get."""
        version = self.version + 1
        entry = self._stamped(obj, version)
        self._journal.drop(table, key, version)
        self.version = version
        before = self.table(table).entries.pop(key)
        self._forget(table, key, before)
        self._announce(Change("DELETED", table, key, entry, before))
        return entry

    def _stamped(self, obj: dict[str, Any], version: int) -> Entry:
        obj["metadata"]["resourceVersion"] = str(version)
        return _entry(orjson.dumps(obj), obj, version)

    def _index(self, table: str, key: Key, entry: Entry) -> None:
        kept = self.table(table).entries
        if before := kept.get(key):
            self._forget(table, key, before)
        kept[key] = entry
        self._alive[entry.uid] = (table, key)
        for owner in entry.owners:
            self._dependents.setdefault(owner, set()).add((table, key))

    def _forget(self, table: str, key: Key, entry: Entry) -> None:
        self._alive.pop(entry.uid, None)
        for owner in entry.owners:
            left = self._dependents.get(owner, set())
            left.discard((table, key))
            if not left:
                self._dependents.pop(owner, None)

    def _announce(self, change: Change) -> None:
        table = self.table(change.table)
        table.changes.append(change)
        table.kept_bytes += len(change.entry.body)
        while len(table.changes) > KEEP_CHANGES or (table.kept_bytes > KEEP_BYTES and len(table.changes) > 1):
            oldest = table.changes.popleft()
            table.kept_bytes -= len(oldest.entry.body)
            table.forgotten = oldest.entry.version
        for watcher in list(table.watchers):
            watcher(change)
        self.on_change(change)


def _entry(body: bytes, obj: dict[str, Any], version: int) -> Entry:
    metadata = obj["metadata"]
    return Entry(
        body=body,
        version=version,
        uid=metadata["uid"],
        labels=metadata.get("labels") or {},
        owners=tuple(owner["uid"] for owner in metadata.get("ownerReferences") or ()),
    )
