"""Kubernetes' protobuf, read: typed Go clients send built-in kinds that way and do not fall back to JSON.

The numbers of the fields stand in the table of types. A field with a path for a number, such as `2.19`, is
one of a struct that has a message of its own in protobuf and none in JSON. Fields nobody knows are skipped.
"""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

from .errors import ApiError, bad_request
from .typetable import codes

Number = tuple[int, ...]


def decode(body: bytes) -> dict[str, Any]:
    """The object in a Kubernetes protobuf envelope, its magic number taken off.

    Raises 415 for a kind that has no protobuf form and 400 for bytes that are none.
    """
    try:
        envelope = dict(_fields(body))
        type_meta = {number: bytes(value).decode() for number, value in _fields(envelope[1])}
        api_version, kind = type_meta.get(1, ""), type_meta.get(2, "")
        message = _message(_type_name(api_version, kind), envelope.get(2, b""))
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise bad_request(f"the body is no protobuf: {error!r}") from error
    return {"apiVersion": api_version, "kind": kind, **message}


def _type_name(api_version: str, kind: str) -> str:
    group, _, version = api_version.rpartition("/")
    name = f"{group.split('.')[0] or 'core'}.{version}.{kind}"
    if kind == "DeleteOptions":
        name = "meta.v1.DeleteOptions"
    if not _numbers(name):
        raise ApiError(415, "UnsupportedMediaType", f"{kind} in {api_version} is read as JSON only")
    return name


@cache
def _numbers(name: str) -> dict[Number, tuple[str, str]]:
    """The name and the notation of each numbered field of a type."""
    found = {}
    for field, code in codes(name).items():
        shape, *marks = code.split(" ")
        for mark in marks:
            if mark.startswith("#"):
                found[tuple(map(int, mark[1:].split(".")))] = (field.removesuffix("!"), shape)
    return found


def _message(name: str, data: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    _read_into(found, _numbers(name), (), data)
    return found


def _read_into(found: dict[str, Any], numbers: dict[Number, tuple[str, str]], at: Number, data: Any) -> None:
    inlined = {number[: len(at) + 1] for number in numbers if len(number) > len(at) + 1}
    for number, value in _fields(data):
        place = (*at, number)
        if place in inlined:
            _read_into(found, numbers, place, value)
        elif place in numbers:
            _store(found, *numbers[place], value)


def _store(found: dict[str, Any], name: str, shape: str, value: Any) -> None:
    if shape[0] == "[":
        found.setdefault(name, []).append(_value(shape[1:], value))
    elif shape[0] == "{":
        pair = dict(_fields(value))
        found.setdefault(name, {})[bytes(pair.get(1, b"")).decode()] = _value(shape[1:], pair.get(2, b""))
    else:
        read = _value(shape, value)
        # Go writes the empty values of fields without a pointer, which JSON leaves out.
        if read not in ("", None):
            found[name] = read


def _value(shape: str, value: Any) -> Any:
    if shape[0] == ".":
        return _message(shape[1:], value)
    if shape[0] == "[":
        # A list as a map's value is a message with one repeated field.
        return [_value(shape[1:], item) for _, item in _fields(value)]
    match shape:
        case "s":
            return bytes(value).decode()
        case "y":
            return base64.b64encode(value).decode()
        case "b":
            return bool(value)
        case "i":
            return value - (1 << 64) if value >> 63 else value
        case "t":
            seconds = dict(_fields(value)).get(1)
            return (
                None
                if seconds is None
                else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            )
        case "q":
            return bytes(dict(_fields(value)).get(1, b"")).decode()
        case "x":
            parts = dict(_fields(value))
            return bytes(parts.get(3, b"")).decode() if parts.get(1) else _value("i", parts.get(2, 0))
    raise ValueError(f"a field of type {shape!r} has no protobuf form")


def _fields(data: Any) -> Iterator[tuple[int, Any]]:
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        wire = tag & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield tag >> 3, value
            continue
        if wire == 2:
            size, at = _varint(data, at)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise ValueError(f"wire type {wire}")
        if at + size > len(data):
            raise IndexError("the message ends too early")
        yield tag >> 3, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
