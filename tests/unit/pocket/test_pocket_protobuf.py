"""Protobuf bodies, spelled out by hand."""

import pytest

from fleet.pocket.errors import ApiError
from fleet.pocket.protobuf import decode


def _field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return bytes([number << 3, value])
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])


def _envelope(api_version: bytes, kind: bytes, message: bytes) -> bytes:
    return _field(1, _field(1, api_version) + _field(2, kind)) + _field(2, message)


def test_a_secret_is_read() -> None:
    metadata = _field(1, b"s") + _field(11, _field(1, b"app") + _field(2, b"web"))
    data = _field(2, _field(1, b"key") + _field(2, b"\xff\x00"))
    body = _envelope(b"v1", b"Secret", _field(1, metadata) + data + _field(3, b"Opaque") + _field(5, 1))
    assert decode(body) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "labels": {"app": "web"}},
        "data": {"key": "/wA="},
        "type": "Opaque",
        "immutable": True,
    }


def test_structs_that_json_inlines_are_flattened() -> None:
    config_map = _field(1, _field(1, b"settings"))
    volume = _field(1, b"v") + _field(2, _field(19, config_map))
    body = _envelope(b"v1", b"Pod", _field(2, _field(1, volume)))
    assert decode(body)["spec"] == {"volumes": [{"name": "v", "configMap": {"name": "settings"}}]}


def test_times_numbers_and_either_of_two_types_are_read() -> None:
    port = _field(3, 80) + _field(4, _field(1, 1) + _field(3, b"http"))
    body = _envelope(b"v1", b"Service", _field(1, _field(8, _field(1, 60))) + _field(2, _field(1, port)))
    found = decode(body)
    assert found["metadata"]["creationTimestamp"] == "1970-01-01T00:01:00Z"
    assert found["spec"]["ports"] == [{"port": 80, "targetPort": "http"}]


def test_the_options_of_a_deletion_are_read() -> None:
    body = _envelope(b"apps/v1", b"DeleteOptions", _field(4, b"Foreground") + _field(2, _field(1, b"uid")))
    found = decode(body)
    assert found["propagationPolicy"] == "Foreground"
    assert found["preconditions"] == {"uid": "uid"}


def test_a_kind_without_a_known_form_is_an_unsupported_media_type() -> None:
    with pytest.raises(ApiError) as caught:
        decode(_envelope(b"example.com/v1", b"Widget", b""))
    assert caught.value.code == 415


@pytest.mark.parametrize("body", [b"", b"junk", b"\xff", _envelope(b"v1", b"Secret", b"\x0a\x7f")])
def test_what_is_no_protobuf_is_a_bad_request(body: bytes) -> None:
    with pytest.raises(ApiError) as caught:
        decode(body)
    assert caught.value.code == 400
