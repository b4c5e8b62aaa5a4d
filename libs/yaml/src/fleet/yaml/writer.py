"""YAML that Kubernetes reads back as what was written: a text that it would take for more is quoted.

Events for libyaml's emitter, made straight from the values: what PyYAML makes of them first takes longer.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import yaml
from yaml import (
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from fleet.yaml.scalars import MERGE, TAG, Scalar, json_number, plain

_WORDS: dict[Scalar, str] = {None: "null", True: "true", False: "false"}
_NUMBERS: dict[type, str] = {int: f"{TAG}int", float: f"{TAG}float"}
_MAP, _MAP_END = MappingStartEvent(None, None, True, flow_style=False), MappingEndEvent()
_LIST, _LIST_END = SequenceStartEvent(None, None, True, flow_style=False), SequenceEndEvent()


def write(value: Any) -> str:
    """Write one document of JSON's values, with the keys of every map in order and no aliases.

    Raises:
        ValueError: a number is infinite or none.
    """
    return write_all([value])


def write_all(values: Iterable[Any]) -> str:
    """Write a stream of documents, as `write` does each."""
    text: str = yaml.emit(_stream(values), Dumper=yaml.CDumper, allow_unicode=True, width=1 << 20)
    return text


def _stream(values: Iterable[Any]) -> Iterator[Event]:
    yield StreamStartEvent()
    for number, value in enumerate(values):
        yield DocumentStartEvent(explicit=number > 0)
        yield from _events(value)
        yield DocumentEndEvent()
    yield StreamEndEvent()


def _events(value: Any) -> Iterator[Event]:
    if isinstance(value, dict):
        yield _MAP
        for key in sorted(value):
            yield _text(key)
            yield from _events(value[key])
        yield _MAP_END
    elif isinstance(value, list):
        yield _LIST
        for item in value:
            yield from _events(item)
        yield _LIST_END
    else:
        yield _text(value) if isinstance(value, str) else _other(value)


def _text(text: str) -> ScalarEvent:
    """Text is bare where a reader would take it for text, in lines as it is where it has several."""
    if "\n" in text:
        return ScalarEvent(None, None, (False, True), text, style="|")
    bare = text != MERGE and isinstance(plain(text), str)
    return ScalarEvent(None, None, (bare, True), text)


def _other(value: bool | float | None) -> ScalarEvent:
    """A number that a reader would take for another kind of number has its tag written out."""
    if value is None or isinstance(value, bool):
        return ScalarEvent(None, None, (True, False), _WORDS[value])
    number = json_number(value) if isinstance(value, float) else value
    text, kind = repr(number), type(number)
    return ScalarEvent(None, _NUMBERS[kind], (type(plain(text)) is kind, False), text)
