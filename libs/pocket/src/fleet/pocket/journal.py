"""A cluster's objects in an SQLite file: whatever was answered survives `kill -9`."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from .store import Key

_SCHEMA = """
CREATE TABLE IF NOT EXISTS object (
    tab TEXT, namespace TEXT, name TEXT, version INTEGER, body BLOB, PRIMARY KEY (tab, namespace, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counter (version INTEGER);
INSERT INTO counter SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM counter);
"""


class SqliteJournal:
    """One file, one connection, one transaction for each change.

    The operating system's buffers survive the death of the process, so nothing is synced for each write; a
    power failure may lose the last moments but never tears a transaction.
    """

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("PRAGMA cache_size = -256")
        self._db.executescript(_SCHEMA)

    def put(self, table: str, key: Key, version: int, body: bytes) -> None:
        """Keep an object."""
        with self._db:
            self._db.execute("BEGIN")
            row = (table, key.namespace, key.name, version, body)
            self._db.execute("INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?, ?)", row)
            self._db.execute("UPDATE counter SET version = ?", (version,))

    def drop(self, table: str, key: Key, version: int) -> None:
        """Forget an object."""
        with self._db:
            self._db.execute("BEGIN")
            self._db.execute("DELETE FROM object WHERE tab = ? AND namespace = ? AND name = ?", (table, *key))
            self._db.execute("UPDATE counter SET version = ?", (version,))

    def read(self) -> Iterator[tuple[str, Key, int, bytes]]:
        """Everything that is kept."""
        for table, namespace, name, version, body in self._db.execute("SELECT * FROM object"):
            yield table, Key(namespace, name), version, body

    def version(self) -> int:
        """The highest version ever written."""
        found: int = self._db.execute("SELECT version FROM counter").fetchone()[0]
        return found

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()
