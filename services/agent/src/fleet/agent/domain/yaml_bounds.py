"""How deep and how large YAML may be before anything is made of it.

libyaml's composer recurses as deep as the text says, which ends the process, and whoever writes values with
aliases out in full pays for every one of them. The event parser does neither: it is asked first.
"""

import yaml
from yaml import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

MAX_DEPTH = 100
"""Levels of maps and lists, with aliases unfolded."""

MAX_NODES = 1_000_000
"""Keys and values in one text, with aliases unfolded."""


class TooComplex(ValueError):
    """A text is too deep or too large to be read; `line` and `document` are where, counted from 1."""

    def __init__(self, document: int, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.document = document
        self.line = line
        self.reason = reason


def check_bounds(text: str | bytes) -> None:
    """Refuse YAML that is too deep or too large, or has an alias inside of what it stands for.

    Raises:
        TooComplex: it is; with the line.
        yaml.YAMLError: it is no YAML.
    """
    bounds = _Bounds()
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        bounds.see(event)


class _Open:
    """A map or list whose end has not come: its anchor, the count of nodes before it, its height so far."""

    __slots__ = ("anchor", "before", "height")

    def __init__(self, anchor: str | None, before: int) -> None:
        self.anchor = anchor
        self.before = before
        self.height = 1


class _Bounds:
    """Counts levels and nodes as the events come."""

    def __init__(self) -> None:
        self._nodes = 0
        self._documents = 0
        self._open: list[_Open] = []
        # nodes and levels of what each anchor stands for; None while that has not ended
        self._anchors: dict[str, tuple[int, int] | None] = {}

    def see(self, event: Event) -> None:
        """Count one event. Raises TooComplex."""
        match event:
            case ScalarEvent():
                self._add(event, 1, 0)
                if event.anchor:
                    self._anchors[event.anchor] = (1, 0)
            case MappingStartEvent() | SequenceStartEvent():
                self._open.append(_Open(event.anchor, self._nodes))
                self._add(event, 1, 0)
                if event.anchor:
                    self._anchors[event.anchor] = None
            case MappingEndEvent() | SequenceEndEvent():
                self._end()
            case AliasEvent():
                self._alias(event)
            case DocumentStartEvent():
                self._documents += 1
                self._anchors.clear()

    def _alias(self, event: AliasEvent) -> None:
        # An anchor that is not there is for the composer to report.
        size = self._anchors.get(event.anchor or "", (1, 0))
        if size is None:
            raise self._too_complex(event, "an alias that leads back to itself")
        nodes, height = size
        self._add(event, nodes, height)
        if self._open:
            self._open[-1].height = max(self._open[-1].height, height + 1)

    def _add(self, event: Event, nodes: int, height: int) -> None:
        self._nodes += nodes
        if len(self._open) + height > MAX_DEPTH:
            raise self._too_complex(event, f"more than {MAX_DEPTH} levels deep")
        if self._nodes > MAX_NODES:
            raise self._too_complex(event, f"more than {MAX_NODES} values, aliases included")

    def _end(self) -> None:
        ended = self._open.pop()
        if ended.anchor:
            self._anchors[ended.anchor] = (self._nodes - ended.before, ended.height)
        if self._open:
            self._open[-1].height = max(self._open[-1].height, ended.height + 1)

    def _too_complex(self, event: Event, reason: str) -> TooComplex:
        line = event.start_mark.line + 1 if event.start_mark else 1
        return TooComplex(self._documents, line, reason)
