"""How the service and a reading process talk: a JSON header, then the blobs whose sizes it has.

JSON of the standard library, as it carries file names that are no UTF-8 through unharmed.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio  # only one side has it: loading it takes the reading process as long as a hundred bundles

_LENGTH = struct.Struct(">I")
_SIZES = "sizes"

Message = tuple[dict[str, Any], list[bytes]]
"""A header, and the blobs behind it."""


def encode(header: dict[str, Any], blobs: Sequence[bytes] = ()) -> list[bytes]:
    """The pieces of one message, to be written one after the other."""
    text = json.dumps({**header, _SIZES: [len(blob) for blob in blobs]}).encode()
    return [_LENGTH.pack(len(text)), text, *blobs]


def read(stream: IO[bytes]) -> Message | None:
    """Wait for one message. None when the other side has ended."""
    prefix = stream.read(_LENGTH.size)
    if len(prefix) < _LENGTH.size:
        return None
    header = json.loads(stream.read(_LENGTH.unpack(prefix)[0]))
    return header, [stream.read(size) for size in header.pop(_SIZES)]


async def read_async(stream: asyncio.StreamReader) -> Message:
    """Wait for one message. Raises asyncio.IncompleteReadError when the other side ended."""
    prefix = await stream.readexactly(_LENGTH.size)
    header = json.loads(await stream.readexactly(_LENGTH.unpack(prefix)[0]))
    return header, [await stream.readexactly(size) for size in header.pop(_SIZES)]
