"""Files as objects that know the line of every field; a key that stands twice is an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fleet.cli.objects.faults import Fault, InvalidObjects
from fleet.yaml import Document as Text
from fleet.yaml import InvalidYaml, Path, dotted, read_all


@dataclass(frozen=True, slots=True)
class Document:
    """One object of a file: where it stands, its value, and the line of each of its fields."""

    source: str
    number: int
    value: Any
    lines: Mapping[Path, int]

    def line(self, path: Path) -> int:
        """The line of a field, or of the nearest field around it that is there."""
        return Text(self.value, self.number, self.lines).line(path) or 1


def read_documents(text: str, source: str) -> list[Document]:
    """The documents of a YAML or JSON text; empty ones are left out, a `List` is its items.

    Raises:
        InvalidObjects: the text is no YAML, too deep or too large, or has a key twice, or a number that JSON
            has not.
    """
    found: list[Document] = []
    try:
        for document in read_all(text, unique_keys=True):
            found += _items(Document(source, document.number, document.value, document.lines))
    except InvalidYaml as error:
        raise InvalidObjects([_fault(error, source)]) from None
    return [document for document in found if document.value is not None]


def _fault(error: InvalidYaml, source: str) -> Fault:
    return Fault(
        source=source,
        number=error.document,
        line=error.line or 1,
        path=dotted(error.at),
        message=error.reason,
    )


def _items(document: Document) -> Iterator[Document]:
    value = document.value
    if not isinstance(value, dict) or value.get("kind") != "List" or not isinstance(value.get("items"), list):
        yield document
        return
    for index, item in enumerate(value["items"]):
        prefix: Path = ("items", index)
        lines = {path[2:]: line for path, line in document.lines.items() if path[:2] == prefix}
        yield Document(document.source, document.number, item, lines)
