"""YAML as Kubernetes' parser reads it, with the line of every field kept for whoever must say where."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.scalars import Scalar, number_text, plain

Path = tuple[str | int, ...]
"""Where a value stands in a document: keys and positions from the top."""

MAX_NODES = 500_000
"""Values in one document with its aliases unfolded; far beyond any real file, far below a bomb."""

MAX_DEPTH = 100
"""Levels of maps and lists."""

_MERGE = "<<"
_RESOLVED_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool", "null"))


@dataclass(frozen=True, slots=True)
class Document:
    """The first document of a file as JSON values; `lines` has the line of each value, counted from 1."""

    value: Any
    path: str = ""
    lines: Mapping[Path, int] = field(default_factory=dict)

    def line(self, at: Path) -> int:
        """The line of a value, or of the nearest one around it that the file itself has."""
        while at and at not in self.lines:
            at = at[:-1]
        return self.lines.get(at, 0)

    def wrong(self, at: Path, reason: str) -> BadInput:
        """An error at a value's place."""
        return BadInput(reason, path=self.path, line=self.line(at), field=dotted(at))


def dotted(at: Path) -> str:
    """A path as people write it: `helm.valuesFiles[1]`."""
    text = ""
    for part in at:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def parse(data: bytes, path: str) -> Document:
    """Read the first document of a file. An empty one is None.

    Raises:
        BadInput: it is no YAML, too deep or too large, or has a key that is no scalar; with the line.
    """
    loader = yaml.CSafeLoader(data) if data else None
    if loader is None:
        return Document(None, path)
    try:
        reader = _Reader(loader, path)
        return Document(reader.document(), path, reader.lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = error.problem or error.context
        raise BadInput(f"is not valid YAML: {reason}", path=path, line=mark.line + 1 if mark else 0) from None
    except yaml.YAMLError as error:
        reason = getattr(error, "reason", None) or "cannot be decoded"
        raise BadInput(f"is not valid YAML: {reason}", path=path) from None
    finally:
        loader.dispose()


class _Reader:
    """Turns parser events into JSON values, in bounded steps and depth.

    Events and not composed nodes: libyaml's composer recurses as deep as the file says, which ends the
    process at some ten thousand levels.
    """

    def __init__(self, loader: yaml.CSafeLoader, path: str) -> None:
        self.lines: dict[Path, int] = {}
        self._loader = loader
        self._path = path
        self._left = MAX_NODES
        self._anchors: dict[str, tuple[Any, int]] = {}

    def document(self) -> Any:
        """The value of the first document, None where there is none."""
        self._next()  # the start of the stream
        start = self._next()
        if isinstance(start, StreamEndEvent):
            return None
        assert isinstance(start, DocumentStartEvent)
        if start.version not in (None, (1, 1)):
            raise self._wrong(start, "found incompatible YAML document: only version 1.1 is read")
        return self._value(self._next(), ())

    def _next(self) -> Event:
        event = self._loader.get_event()
        assert event is not None, "the parser never stops before the end of the stream"
        return event

    def _wrong(self, event: Event, reason: str) -> BadInput:
        return BadInput(reason, path=self._path, line=_line(event))

    def _spend(self, event: Event, at: Path, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise self._wrong(event, f"has more than {MAX_NODES} values, aliases included")
        if len(at) > MAX_DEPTH:
            raise self._wrong(event, f"is more than {MAX_DEPTH} levels deep")

    def _value(self, event: Event, at: Path) -> Any:
        if isinstance(event, AliasEvent):
            return self._alias(event, at)
        self._spend(event, at, 1)
        before = self._left
        self.lines.setdefault(at, _line(event))
        if isinstance(event, ScalarEvent):
            value: Any = _scalar(event)
        elif isinstance(event, SequenceStartEvent):
            value = self._list(at)
        else:
            assert isinstance(event, MappingStartEvent)
            value = self._map(at)
        assert isinstance(event, NodeEvent)
        if event.anchor:
            self._anchors[event.anchor] = (value, before - self._left + 1)
        return value

    def _alias(self, event: AliasEvent, at: Path) -> Any:
        if event.anchor not in self._anchors:
            raise self._wrong(event, "found an alias to an anchor that is not there before it")
        value, count = self._anchors[event.anchor]
        self._spend(event, at, count)
        return value

    def _list(self, at: Path) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := self._next(), SequenceEndEvent):
            items.append(self._value(event, (*at, len(items))))
        return items

    def _map(self, at: Path) -> dict[str, Any]:
        """Of equal keys the last one wins, and a merge counts as written where it stands (quirk 36)."""
        found: dict[str, Any] = {}
        while not isinstance(event := self._next(), MappingEndEvent):
            if isinstance(event, ScalarEvent) and event.implicit[0] and event.value == _MERGE:
                self._merge(found, at)
                continue
            key = self._key(event, at)
            self.lines[(*at, key)] = _line(event)
            found[key] = self._value(self._next(), (*at, key))
        return found

    def _merge(self, found: dict[str, Any], at: Path) -> None:
        event = self._next()
        value = self._value(event, (*at, _MERGE))
        for source in reversed(value) if isinstance(value, list) else [value]:
            if not isinstance(source, dict):
                raise self._wrong(event, "map merge requires a map as the value")
            found.update(source)

    def _key(self, event: Event, at: Path) -> str:
        value = self._value(event, (*at, "")) if isinstance(event, ScalarEvent | AliasEvent) else None
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float):
            return number_text(value) if isinstance(value, float) else str(value)
        if isinstance(value, str):
            return value
        raise self._wrong(event, "a key must be text, a number or a boolean")


def _scalar(event: ScalarEvent) -> Scalar:
    if event.implicit[0] or event.tag in _RESOLVED_TAGS:
        return plain(event.value)
    return str(event.value)


def _line(event: Event) -> int:
    return int(event.start_mark.line) + 1 if event.start_mark else 0
