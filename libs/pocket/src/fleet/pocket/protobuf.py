"""The protobuf form of the few kinds that client-go sends that way whatever the server would like better.

Only what those messages need: field numbers and types from Kubernetes' published `generated.proto` files. Fields
that are not listed are skipped, as protobuf prescribes.
"""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from .errors import ApiError, bad_request

# A field is (name, type): s string, i integer, b boolean, y bytes, t time, a dict a message; in a tuple with LIST
# or MAP (from strings) a repeated one.
LIST, MAP = "list", "map"
Message = dict[int, tuple[str, Any]]

_OWNER: Message = {
    1: ("kind", "s"),
    3: ("name", "s"),
    4: ("uid", "s"),
    5: ("apiVersion", "s"),
    6: ("controller", "b"),
    7: ("blockOwnerDeletion", "b"),
}
_META: Message = {
    1: ("name", "s"),
    2: ("generateName", "s"),
    3: ("namespace", "s"),
    5: ("uid", "s"),
    6: ("resourceVersion", "s"),
    7: ("generation", "i"),
    8: ("creationTimestamp", "t"),
    9: ("deletionTimestamp", "t"),
    11: ("labels", (MAP, "s")),
    12: ("annotations", (MAP, "s")),
    13: ("ownerReferences", (LIST, _OWNER)),
    14: ("finalizers", (LIST, "s")),
}
_REFERENCE: Message = {
    1: ("kind", "s"),
    2: ("namespace", "s"),
    3: ("name", "s"),
    4: ("uid", "s"),
    5: ("apiVersion", "s"),
    6: ("resourceVersion", "s"),
    7: ("fieldPath", "s"),
}
_KINDS: dict[str, Message] = {
    "Secret": {
        1: ("metadata", _META),
        2: ("data", (MAP, "y")),
        3: ("type", "s"),
        4: ("stringData", (MAP, "s")),
        5: ("immutable", "b"),
    },
    "ConfigMap": {
        1: ("metadata", _META),
        2: ("data", (MAP, "s")),
        3: ("binaryData", (MAP, "y")),
        4: ("immutable", "b"),
    },
    "Namespace": {1: ("metadata", _META), 2: ("spec", {1: ("finalizers", (LIST, "s"))})},
    "ServiceAccount": {
        1: ("metadata", _META),
        2: ("secrets", (LIST, _REFERENCE)),
        3: ("imagePullSecrets", (LIST, {1: ("name", "s")})),
        4: ("automountServiceAccountToken", "b"),
    },
    "Event": {
        1: ("metadata", _META),
        2: ("involvedObject", _REFERENCE),
        3: ("reason", "s"),
        4: ("message", "s"),
        5: ("source", {1: ("component", "s"), 2: ("host", "s")}),
        6: ("firstTimestamp", "t"),
        7: ("lastTimestamp", "t"),
        8: ("count", "i"),
        9: ("type", "s"),
    },
    "DeleteOptions": {
        1: ("gracePeriodSeconds", "i"),
        2: ("preconditions", {1: ("uid", "s"), 2: ("resourceVersion", "s")}),
        3: ("orphanDependents", "b"),
        4: ("propagationPolicy", "s"),
        5: ("dryRun", (LIST, "s")),
    },
    # The server's answer does not depend on what is asked.
    "SelfSubjectAccessReview": {1: ("metadata", _META)},
    "SelfSubjectReview": {1: ("metadata", _META)},
    "SelfSubjectRulesReview": {1: ("metadata", _META)},
    "TokenRequest": {1: ("metadata", _META)},
}


def decode(body: bytes) -> dict[str, Any]:
    """The object in a Kubernetes protobuf envelope, its magic number taken off.

    Raises 415 for a kind that is not spoken here and 400 for bytes that are no protobuf.
    """
    try:
        envelope = dict(_fields(body))
        type_meta = {number: bytes(value).decode() for number, value in _fields(envelope[1])}
        kind = type_meta.get(2, "")
        if kind not in _KINDS:
            why = f"a pocket cluster reads {kind or 'this kind'} as JSON only, not as protobuf"
            raise ApiError(415, "UnsupportedMediaType", why)
        message = _message(_KINDS[kind], envelope.get(2, b""))
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise bad_request(f"the body is no protobuf: {error!r}") from error
    return {"apiVersion": type_meta.get(1, ""), "kind": kind, **message}


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


def _message(schema: Message, data: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, value in _fields(data):
        if number not in schema:
            continue
        name, sort = schema[number]
        match sort:
            case (repeat, inner) if repeat == MAP:
                pair = dict(_fields(value))
                found.setdefault(name, {})[bytes(pair.get(1, b"")).decode()] = _value(inner, pair.get(2, b""))
            case (_, inner):
                found.setdefault(name, []).append(_value(inner, value))
            case _:
                read = _value(sort, value)
                if read not in ("", None, {}):
                    found[name] = read
    return found


def _value(sort: Any, value: Any) -> Any:
    if isinstance(sort, dict):
        return _message(sort, value)
    if sort == "s":
        return bytes(value).decode()
    if sort == "y":
        return base64.b64encode(value).decode()
    if sort == "b":
        return bool(value)
    if sort == "t":
        seconds = dict(_fields(value)).get(1)
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if seconds else None
    return value
