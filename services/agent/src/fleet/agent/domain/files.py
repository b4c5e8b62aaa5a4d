"""The files of a bundle, as the bundler sealed them."""

import base64
import binascii
import gzip
import zlib
from dataclasses import dataclass, field
from typing import Any

import orjson

from fleet.agent.domain.errors import BadContent

MAX_INFLATED = 256 << 20
"""Bytes that one compressed file may grow to; more is an attack or a mistake."""


@dataclass(frozen=True, slots=True)
class File:
    """One file: its path inside the bundle, with slashes, and its bytes."""

    name: str
    data: bytes = field(repr=False)


def read_files(content: bytes) -> tuple[File, ...]:
    """Read `{"resources": [{"name", "content", "encoding"}]}`, sorted by name.

    Raises:
        BadContent: it is no such JSON, or a file's encoding is unknown or broken.
    """
    try:
        resources = orjson.loads(content)["resources"] or []
        files = [_file(resource) for resource in resources]
    except (ValueError, KeyError, TypeError) as error:
        raise BadContent(f"the bundle's content cannot be read: {type(error).__name__}") from None
    return tuple(sorted(files, key=lambda file: file.name))


def _file(resource: dict[str, Any]) -> File:
    name, text = str(resource["name"]), str(resource.get("content") or "")
    encoding = resource.get("encoding") or ""
    if not encoding:
        return File(name, text.encode())
    try:
        packed = base64.b64decode(text, validate=True)
        if encoding == "base64":
            return File(name, packed)
        if encoding == "base64+gz":
            return File(name, _inflate(name, packed))
    except (binascii.Error, gzip.BadGzipFile, EOFError, zlib.error):
        raise BadContent(f"{name}: the content is damaged") from None
    raise BadContent(f"{name}: unknown encoding {encoding!r}: this agent is older than the hub")


def _inflate(name: str, packed: bytes) -> bytes:
    inflater = zlib.decompressobj(wbits=31)
    data = inflater.decompress(packed, MAX_INFLATED)
    if not inflater.eof and not inflater.unconsumed_tail:
        raise BadContent(f"{name}: the content is damaged")
    if inflater.unconsumed_tail:
        raise BadContent(f"{name}: more than {MAX_INFLATED >> 20} MiB when unpacked")
    return data
