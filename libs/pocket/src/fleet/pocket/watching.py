"""Watches: the changes of a table as a stream of JSON lines."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import orjson

from .errors import ApiError, bad_request, expired
from .reading import Match, matcher
from .representation import Representation
from .store import Change, Entry, Key, Store, Table

BOOKMARK_EVERY = 60.0
DEFAULT_TIMEOUT = 1800.0
BACKLOG = 10_000
"""Events a client may lag behind before it is cut off; it resumes or lists again."""


def is_true(text: str | None) -> bool:
    """A boolean parameter as any client writes it; present without a value means true."""
    return text is not None and text.lower() not in ("0", "false")


@dataclass(frozen=True, slots=True)
class WatchRequest:
    """What a client wants to watch."""

    representation: Representation
    match: Match
    since: int | None
    """Changes after this version; None for the present state first."""
    initial_end: bool
    bookmarks: bool
    seconds: float


def read_request(representation: Representation, namespace: str, query: Mapping[str, str]) -> WatchRequest:
    """From the parameters of a request; raises 400."""
    version = query.get("resourceVersion") or "0"
    if not version.isdigit():
        raise bad_request(f"resourceVersion: Invalid value: {version!r}")
    initial = is_true(query.get("sendInitialEvents"))
    bookmarks = is_true(query.get("allowWatchBookmarks"))
    timeout = query.get("timeoutSeconds") or ""
    return WatchRequest(
        representation=representation,
        match=matcher(namespace, query),
        since=None if initial or version == "0" else int(version),
        initial_end=initial and bookmarks,
        bookmarks=bookmarks,
        seconds=float(timeout) if timeout.isdigit() and timeout != "0" else DEFAULT_TIMEOUT,
    )


class Watch:
    """One client's watch of one table, from the moment it is made until it is closed."""

    def __init__(self, *, store: Store, request: WatchRequest) -> None:
        self._store = store
        self._request = request
        self._table: Table = store.table(request.representation.resource.table)
        self._lines: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._ended = False
        self._begin()
        self._table.watchers.add(self._take)

    def close(self) -> None:
        """Listen no more."""
        self._ended = True
        self._table.watchers.discard(self._take)
        self._wake.set()

    async def lines(self) -> AsyncIterator[bytes]:
        """The events, several in one piece when they are there; ends with the watch's time."""
        deadline = time.monotonic() + self._request.seconds
        while not self._ended or self._lines:
            if self._lines:
                piece = b"".join(self._lines)
                self._lines.clear()
                yield piece
                continue
            self._wake.clear()
            left = deadline - time.monotonic()
            if left <= 0:
                break
            try:
                async with asyncio.timeout(min(left, BOOKMARK_EVERY)):
                    await self._wake.wait()
            except TimeoutError:
                if self._request.bookmarks:
                    yield self._bookmark()

    def _begin(self) -> None:
        since = self._request.since
        if since is None:
            for key, entry in sorted(self._table.entries.items()):
                if self._request.match(key, entry):
                    self._say("ADDED", entry)
            if self._request.initial_end:
                self._lines.append(self._bookmark(initial_end=True))
        elif since < self._table.forgotten or since > self._store.version:
            self._fail(expired(f"too old resource version: {since} ({self._table.forgotten})"))
        else:
            for change in self._table.changes:
                if change.entry.version > since:
                    self._take(change)

    def _take(self, change: Change) -> None:
        was = change.before is not None and self._matches(change.key, change.before)
        now = change.sort != "DELETED" and self._matches(change.key, change.entry)
        if was or now:
            self._say("MODIFIED" if was and now else "ADDED" if now else "DELETED", change.entry)
        if len(self._lines) > BACKLOG:
            self._lines.clear()
            self.close()

    def _matches(self, key: Key, entry: Entry) -> bool:
        return self._request.match(key, entry)

    def _say(self, sort: str, entry: Entry) -> None:
        body = self._request.representation.entry(entry)
        self._lines.append(b'{"type":"' + sort.encode() + b'","object":' + body + b"}\n")
        self._wake.set()

    def _bookmark(self, *, initial_end: bool = False) -> bytes:
        body = self._request.representation.bookmark(self._store.version, initial_end=initial_end)
        return b'{"type":"BOOKMARK","object":' + body + b"}\n"

    def _fail(self, error: ApiError) -> None:
        self._lines.append(orjson.dumps({"type": "ERROR", "object": error.status()}) + b"\n")
        self._ended = True
