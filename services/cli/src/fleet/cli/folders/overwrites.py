"""Objects that a bundle takes over from one that goes away: Fleet's `overwrites`."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fleet.bundler.domain.resources import BASE64_GZIP
from fleet.yaml import InvalidYaml, read_first

_TEMPLATE = re.compile(r"{{[^}]+}}")
_PLACEHOLDER = "TEMPLATED"
_GZIP = 16 + zlib.MAX_WBITS
_MAX_BYTES = 16 << 20

Files = Sequence[Mapping[str, str]]
"""`spec.resources` of a bundle."""


def overwrites(new: Files, going: Iterable[Files]) -> list[dict[str, str]]:
    """The objects of a new bundle that a bundle which goes away has as well, in a file of the same name.

    Kind, name and namespace must be the same; templated parts are compared as if they all were one word.
    Files that are no objects do not count.
    """
    by_name = {file.get("name", ""): file for file in new}
    found: list[dict[str, str]] = []
    for files in going:
        for file in files:
            same = by_name.get(file.get("name", ""))
            ours = _identity(same) if same is not None else None
            if ours and ours == _identity(file) and ours not in found:
                found.append(ours)
    return found


def _identity(file: Mapping[str, str]) -> dict[str, str] | None:
    text = _text(file)
    if text is None:
        return None
    try:
        value = read_first(_TEMPLATE.sub(_PLACEHOLDER, text).encode()).value
    except InvalidYaml:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("kind"), str) or not value["kind"]:
        return None
    metadata = value.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    named = {"kind": value["kind"], "name": metadata.get("name"), "namespace": metadata.get("namespace")}
    return {key: word for key, word in named.items() if isinstance(word, str) and word}


def _text(file: Mapping[str, Any]) -> str | None:
    """The text of a file; None where it is none, or too large to be an object."""
    content = file.get("content", "")
    if file.get("encoding") != BASE64_GZIP:
        return str(content)
    try:
        packed = base64.b64decode(content)
        unpacked = zlib.decompressobj(_GZIP).decompress(packed, _MAX_BYTES)
        return unpacked.decode()
    except (binascii.Error, zlib.error, UnicodeDecodeError):
        return None
