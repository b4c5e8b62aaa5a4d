"""The reader: parser events become values in one pass, in bounded steps and depth, with the line of each.

Events and not composed nodes: libyaml's composer recurses as deep as the text says, which ends the process at
some ten thousand levels. Merges and equal keys count as for sigs.k8s.io/yaml: where they stand, and the last
one wins.
"""

from collections.abc import Callable, Iterator
from typing import Any

import yaml
from yaml import (
    AliasEvent,
    Event,
    MappingEndEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from fleet.yaml.documents import Document, Lines, Path
from fleet.yaml.errors import InvalidYaml
from fleet.yaml.scalars import MERGE, TAG, Scalar, json_number, key_text, plain, tagged

MAX_DEPTH = 100
"""Levels of maps and lists, with aliases unfolded."""

MAX_VALUES = 1_000_000
"""Keys and values in one text, with aliases unfolded; far beyond any real file, far below a bomb.

A scalar counts once more for each 64 characters: an alias adds its text again to whatever is written.
"""

_TEXT_SHIFT = 6


def read_all(text: str | bytes, *, unique_keys: bool = False) -> Iterator[Document]:
    """The documents of a text one after the other, empty ones (None) included.

    Args:
        text: bytes are UTF-8 or, with a byte order mark, UTF-16.
        unique_keys: refuse a map that says a key twice, of which otherwise the last one counts.

    Raises:
        InvalidYaml: it is no YAML, too deep or too large, or has a key or a number that JSON has not; when
            that place is reached.
    """
    return _documents(text, unique_keys=unique_keys, yaml_floats=False)


def read_first(text: str | bytes, *, yaml_floats: bool = False) -> Document:
    """The first document of a text, whatever comes after it; None where there is none.

    Args:
        text: bytes are UTF-8 or, with a byte order mark, UTF-16.
        yaml_floats: keep floats that are whole, infinite or no number, for who makes text of them (`1e6` as
            text is `1e+06`); otherwise they are JSON's, where `1e6` is 1000000.

    Raises:
        InvalidYaml: as `read_all`.
    """
    documents = _documents(text, unique_keys=False, yaml_floats=yaml_floats)
    return next(documents, Document(None))


def _documents(text: str | bytes, *, unique_keys: bool, yaml_floats: bool) -> Iterator[Document]:
    reader = None
    data = b""
    try:
        data = text.encode() if isinstance(text, str) else text
        reader = _Reader(yaml.CSafeLoader(data), unique_keys=unique_keys, yaml_floats=yaml_floats)
        while document := reader.document():
            yield document
    except (yaml.YAMLError, UnicodeError) as error:
        raise _invalid(error, data, max(1, reader.number) if reader else 1) from None


def _invalid(error: Exception, data: bytes, document: int) -> InvalidYaml:
    line, reason = 0, "cannot be decoded"
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        line, reason = mark.line + 1 if mark else 0, error.problem or error.context or reason
    elif isinstance(error, yaml.reader.ReaderError):
        line, reason = data.count(b"\n", 0, error.position) + 1, error.reason
    if line and _is_indented_by_tab(data, line):
        reason = "a tab in the indentation; use spaces"
    return InvalidYaml(f"is not valid YAML: {reason}", document=document, line=line)


def _is_indented_by_tab(data: bytes, line: int) -> bool:
    """Whether a tab is among what a line begins with, which YAML does not allow before a key or an item."""
    text = b"".join(data.splitlines()[line - 1 : line])
    return b"\t" in text[: len(text) - len(text.lstrip())]


class _Anchor:
    """A value with a name; what an alias to it adds is known once it is complete."""

    __slots__ = ("complete", "count", "levels", "value")

    def __init__(self) -> None:
        self.complete = False
        self.value: Any = None
        self.count = 0
        self.levels = 0


class _Reader:
    """The documents of one stream of events."""

    def __init__(self, loader: yaml.CSafeLoader, *, unique_keys: bool, yaml_floats: bool) -> None:
        self.number = 0
        self._next: Callable[[], Any] = loader.get_event
        self._unique_keys = unique_keys
        self._yaml_floats = yaml_floats
        self._left = MAX_VALUES
        self._deepest = 0
        self._lines = Lines(0)
        self._repeated: dict[Path, int] = {}
        self._anchors: dict[str, _Anchor] = {}
        self._next()  # the start of the stream

    def document(self) -> Document | None:
        """The next document, None behind the last one."""
        start = self._next()
        if isinstance(start, StreamEndEvent):
            return None
        self.number += 1
        if start.version not in (None, (1, 1)):
            raise self._wrong(start, (), "is not valid YAML: only version 1.1 is read")
        self._anchors = {}
        self._repeated = {}
        event = self._next()
        self._lines = Lines(_line(event))
        value = self._value(event, ())
        self._next()  # the end of the document
        return Document(value, self.number, self._lines, self._repeated)

    def _value(self, event: NodeEvent, at: Path) -> Any:
        value = self._as_in_yaml(event, at)
        if type(value) is not float or self._yaml_floats:
            return value
        try:
            return json_number(value)
        except ValueError as error:
            raise self._wrong(event, at, str(error)) from None

    def _as_in_yaml(self, event: NodeEvent, at: Path) -> Any:
        self._left -= 1
        if self._left < 0:
            raise self._too_large(event)
        if isinstance(event, AliasEvent):
            return self._alias(event, at)
        return self._anchored(event, at) if event.anchor else self._fresh(event, at)

    def _fresh(self, event: NodeEvent, at: Path) -> Any:
        if isinstance(event, ScalarEvent):
            return self._scalar(event, at)
        self._descend(event, at, 1)
        return self._list(at) if isinstance(event, SequenceStartEvent) else self._map(at)

    def _anchored(self, event: NodeEvent, at: Path) -> Any:
        anchor = self._anchors[str(event.anchor)] = _Anchor()
        left, deepest = self._left, self._deepest
        self._deepest = len(at)
        anchor.value = self._fresh(event, at)
        anchor.count = left - self._left
        anchor.levels = self._deepest - len(at)
        anchor.complete = True
        self._deepest = max(self._deepest, deepest)
        return anchor.value

    def _alias(self, event: AliasEvent, at: Path) -> Any:
        anchor = self._anchors.get(str(event.anchor))
        if anchor is None:
            raise self._wrong(event, at, "an alias to an anchor that is not there before it")
        if not anchor.complete:
            raise self._wrong(event, at, "an alias that leads back to itself")
        self._left -= anchor.count
        if self._left < 0:
            raise self._too_large(event)
        self._descend(event, at, anchor.levels)
        return anchor.value

    def _descend(self, event: NodeEvent, at: Path, levels: int) -> None:
        levels += len(at)
        if levels > MAX_DEPTH:
            raise self._wrong(event, (), f"more than {MAX_DEPTH} levels deep")
        if levels > self._deepest:
            self._deepest = levels

    def _scalar(self, event: ScalarEvent, at: Path) -> Scalar:
        self._left -= len(event.value) >> _TEXT_SHIFT
        if event.tag is None:
            return plain(event.value) if event.implicit[0] else event.value
        try:
            return tagged(event.tag, event.value)
        except ValueError as error:
            raise self._wrong(event, at, str(error)) from None

    def _list(self, at: Path) -> list[Any]:
        items: list[Any] = []
        lines = self._lines.of_list(at)
        while not isinstance(event := self._next(), SequenceEndEvent):
            lines.append(_line(event))
            items.append(self._value(event, (*at, len(items))))
        return items

    def _map(self, at: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        lines = self._lines.of_map(at)
        while not isinstance(event := self._next(), MappingEndEvent):
            if _is_merge(event):
                self._merge(found, at)
                continue
            key = self._key(event, at)
            place = (*at, key)
            if key in lines:
                if self._unique_keys:
                    raise self._wrong(event, place, f"is there twice, first on line {lines[key]}")
                self._repeated[place] = lines[key]
            lines[key] = _line(event)
            found[key] = self._value(self._next(), place)
        return found

    def _key(self, event: NodeEvent, at: Path) -> str:
        value = self._as_in_yaml(event, at) if isinstance(event, ScalarEvent | AliasEvent) else None
        key = None if isinstance(value, dict | list) else key_text(value)
        if key is None:
            raise self._wrong(event, at, "a key must be text, a boolean or a number of 64 bits")
        return key

    def _merge(self, found: dict[str, Any], at: Path) -> None:
        event = self._next()
        value = self._value(event, (*at, MERGE))
        for source in reversed(value) if isinstance(event, SequenceStartEvent) else [value]:
            if not isinstance(source, dict):
                raise self._wrong(event, at, "map merge requires a map, or a list of maps, as the value")
            found.update(source)

    def _wrong(self, event: Event, at: Path, reason: str) -> InvalidYaml:
        return InvalidYaml(reason, document=self.number, line=_line(event), at=at)

    def _too_large(self, event: Event) -> InvalidYaml:
        return self._wrong(event, (), f"more than {MAX_VALUES} values, aliases included")


def _is_merge(event: Event) -> bool:
    """Whether a key is the plain `<<`, or is tagged as one."""
    if not isinstance(event, ScalarEvent) or event.value != MERGE:
        return False
    return bool(event.implicit[0]) or event.tag == f"{TAG}merge"


def _line(event: Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0
