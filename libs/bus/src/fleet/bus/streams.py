"""Streams made at start, and migrated forward when this version wants them otherwise."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import structlog

from fleet.bus.connection import Connection
from fleet.bus.errors import Refused, Unreachable
from fleet.events import Stream

LAYOUT = 1
"""Raised when a stream changes so that an older version could not work with it any more."""

_LAYOUT_KEY = "io.fleet.layout"
_NOT_FOUND = 10059
_NAME_IN_USE = 10058
_NOT_READY = frozenset({10008, 10009, 503})
_NANOSECONDS = 1_000_000_000
_MIN_DUPLICATES = 100_000_000  # nothing here uses Msg-Id; the smallest window that the server accepts
_PATIENCE = 60.0
_log = structlog.get_logger("fleet.bus")


async def ensure_streams(connection: Connection, streams: Iterable[Stream], *, replicas: int = 1) -> None:
    """Make the streams that are missing and update those that differ; doing it twice changes nothing.

    Waits up to 60 s for JetStream itself, which answers late after a crash with much state.

    Raises:
        Refused: the server will not have a stream so, or a newer version of Fleet made it.
        Unreachable: JetStream did not answer in that time.
    """
    plain = [stream for stream in streams if not stream.sources]
    copies = [stream for stream in streams if stream.sources]
    deadline = asyncio.get_running_loop().time() + _PATIENCE
    for group in (plain, copies):
        async with asyncio.TaskGroup() as tasks:
            for stream in group:
                tasks.create_task(_ensure(connection, configuration(stream, replicas), deadline))


async def _ensure(connection: Connection, wanted: Mapping[str, Any], deadline: float) -> None:
    while True:
        try:
            return await _ensure_once(connection, wanted)
        except (Refused, Unreachable) as error:
            temporary = isinstance(error, Unreachable) or error.code in _NOT_READY
            if not temporary or asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.1)


async def _ensure_once(connection: Connection, wanted: Mapping[str, Any]) -> None:
    name = wanted["name"]
    try:
        present = (await connection.api(f"STREAM.INFO.{name}"))["config"]
    except Refused as error:
        if error.code != _NOT_FOUND:
            raise
        return await _create(connection, wanted)
    made_by = int((present.get("metadata") or {}).get(_LAYOUT_KEY, "0"))
    if made_by > LAYOUT:
        raise Refused(
            f"stream {name}",
            409,
            f"a newer Fleet made it (layout {made_by}, this one knows {LAYOUT}): upgrade",
        )
    changed = sorted(key for key, value in wanted.items() if not _same(present.get(key), value))
    if changed:
        metadata = {**(present.get("metadata") or {}), **wanted["metadata"]}
        await connection.api(f"STREAM.UPDATE.{name}", {**present, **wanted, "metadata": metadata})
        _log.info("stream migrated", stream=name, changed=changed)
    return None


async def _create(connection: Connection, wanted: Mapping[str, Any]) -> None:
    try:
        await connection.api(f"STREAM.CREATE.{wanted['name']}", wanted)
    except Refused as error:
        if error.code != _NAME_IN_USE:  # another service was quicker
            raise


def configuration(stream: Stream, replicas: int = 1) -> dict[str, Any]:
    """A stream as JetStream's API wants it.

    State is never dropped to make room: a full stream refuses what is new. Logs drop their oldest.
    """
    log = bool(stream.max_age or stream.append_only)
    config: dict[str, Any] = {
        "name": stream.name,
        "subjects": list(stream.subjects),
        "retention": "limits",
        "storage": "file",
        "num_replicas": replicas,
        "discard": "old" if log else "new",
        "discard_new_per_subject": stream.write_once,
        "max_msgs_per_subject": stream.per_subject or -1,
        "max_bytes": stream.max_bytes,
        "max_msg_size": stream.max_message,
        "max_age": int(stream.max_age * _NANOSECONDS),
        "duplicate_window": _MIN_DUPLICATES,
        "allow_direct": True,
        "allow_batched": stream.batched,
        "allow_atomic": stream.atomic,
        "deny_delete": stream.append_only,
        "deny_purge": stream.append_only,
        "metadata": {_LAYOUT_KEY: str(LAYOUT)},
    }
    if stream.republish:
        config["republish"] = {"src": stream.republish.source, "dest": stream.republish.destination}
    if stream.sources:
        config["sources"] = [{"name": source} for source in stream.sources]
    return config


def _same(present: Any, wanted: Any) -> bool:
    """Whether the server has what is wanted; it leaves out what is empty and adds what it defaults."""
    if isinstance(wanted, dict):
        return isinstance(present, dict) and all(_same(present.get(k), v) for k, v in wanted.items())
    if isinstance(wanted, list) and wanted and isinstance(wanted[0], dict):
        found = present or []
        return len(found) == len(wanted) and all(map(_same, found, wanted))
    return bool(present == wanted) or (not present and not wanted)
