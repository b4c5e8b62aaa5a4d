"""The index of a chart repository: which archive a chart and a version constraint mean (Helm's rules)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.typed import ListOf, MapOf, Struct, Text
from fleet.bundler.domain.versions import (
    BadConstraint,
    BadVersion,
    Version,
    newest_first,
    parse_constraint,
    parse_version,
)
from fleet.bundler.domain.yamltext import Document, parse

INDEX_BYTES = 64 << 20
"""How large an index may be."""

_WHOLE_BYTES = 1 << 20
_TEXT = Text()
_ENTRY = Struct(
    {
        **dict.fromkeys(("name", "version", "digest"), _TEXT),
        "urls": ListOf(_TEXT),
    }
)
_INDEX = Struct({"apiVersion": _TEXT, "entries": MapOf(ListOf(_ENTRY))})
_ENTRIES = re.compile(rb"^entries:[ \t]*(?:#.*)?\r?$", re.MULTILINE)
_OTHER_LINE = re.compile(rb"^(?! {2}-|  +|[ \t]*(?:#.*)?\r?$)|^ {2}(?![- ])", re.MULTILINE)


class NoSuchChart(Exception):
    """The index has no archive of the chart that fits; the text says why."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One archive of an index: its URL as it stands there, and its SHA-256 where the index has it."""

    url: str
    version: str
    digest: str = ""


def choose(data: bytes, chart: str, version: str, *, dependency: bool = False) -> Choice:
    """Choose the archive of a chart: the exact version, else the newest that the constraint allows.

    For a dependency the newest that the constraint allows counts, even where one is spelled as the constraint
    is, and an index that says no `apiVersion` is none: so Helm's two ways differ.

    Raises:
        NoSuchChart: it is no index, or has nothing that fits.
    """
    index = _read(data, chart)
    if dependency and not index.get("apiVersion"):
        raise NoSuchChart("the index of the repository is no index: no API version specified")
    entries: list[dict[str, Any]] = index.get("entries", {}).get(chart) or []
    found = [entry for entry in entries if not dependency or entry.get("version")]
    if not found:
        raise NoSuchChart(f'no chart name "{chart}" found in the index of the repository')
    try:
        entry = _chosen(found, version, dependency=dependency)
    except BadConstraint as error:
        raise NoSuchChart(str(error)) from None
    if entry is None:
        raise NoSuchChart(f"no chart version found for {chart}-{version}")
    if not (urls := entry.get("urls")):
        raise NoSuchChart(f"no URLs found for chart {chart} {entry.get('version', '')}")
    digest = entry.get("digest", "").removeprefix("sha256:").lower()
    return Choice(urls[0], entry.get("version", ""), digest if re.fullmatch("[0-9a-f]{64}", digest) else "")


def _chosen(entries: Sequence[dict[str, Any]], version: str, *, dependency: bool) -> dict[str, Any] | None:
    constraint = parse_constraint(version if version or dependency else "*")
    texts = [entry.get("version", "") for entry in entries]
    order = newest_first(texts)
    if version and not dependency:
        exact = next((n for n in order if texts[n] == version), None)
        if exact is not None:
            return entries[exact]
    fitting = (n for n in order if (one := _version(texts[n])) is not None and constraint.allows(one))
    if dependency:
        fitting = (n for n in fitting if entries[n].get("urls"))
    first = next(fitting, None)
    return None if first is None else entries[first]


def _version(text: str) -> Version | None:
    try:
        return parse_version(text)
    except BadVersion:
        return None


def _read(data: bytes, chart: str) -> dict[str, Any]:
    try:
        document = _document(data, chart)
        found = _INDEX.read(document, (), document.value, lenient=True)
    except BadInput as error:
        where = f" (line {error.line})" if error.line else ""
        raise NoSuchChart(f"the index of the repository cannot be read: {error.reason}{where}") from None
    return found or {}


def _document(data: bytes, chart: str) -> Document:
    """The index, or of a large one the part about this chart: some have a million lines."""
    if data.lstrip()[:1] == b"{":
        try:
            return Document(orjson.loads(data))
        except orjson.JSONDecodeError:
            pass  # flow style YAML begins like this too
    if len(data) <= _WHOLE_BYTES:
        return parse(data, "")
    return parse(b"".join(_part(data, chart)), "")


def _part(data: bytes, chart: str) -> Iterator[bytes]:
    """The lines of one chart, of an index that is laid out as `helm repo index` writes it.

    Raises:
        NoSuchChart: it is laid out otherwise.
    """
    heads = list(_ENTRIES.finditer(data))
    if len(heads) != 1 or not re.match(rb"\s*\n {2}[^\s#-]", data[heads[0].end() :][:4096]):
        raise NoSuchChart(
            f"the index is larger than {_WHOLE_BYTES} bytes and not laid out as `helm repo index` writes it"
        )
    if found := re.search(rb"^apiVersion:.*\n", data, re.MULTILINE):
        yield found.group()
    yield b"entries:\n"
    name = re.escape(chart.encode())
    head = re.compile(
        rb"^ {2}(?:" + name + rb'|"' + name + rb"\"|'" + name + rb"'):[ \t]*\r?\n", re.MULTILINE
    )
    for found in head.finditer(data, heads[0].end()):
        end = _OTHER_LINE.search(data, found.end())
        yield data[found.start() : end.start() if end else len(data)]
