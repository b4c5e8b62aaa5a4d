"""YAML and JSON files as documents that know the line of every field.

Plain scalars mean what they mean to Kubernetes' own parser: no dates, no base-60 numbers, `y` and `on` are
booleans; keys are strings, and a key that stands twice is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from fleet.agent.domain.yaml_bounds import TooComplex, check_bounds
from fleet.cli.objects.faults import Fault, InvalidObjects, Path, spelled

_MAX_NODES = 1_000_000
_NULL = re.compile(r"^(?:~|null|Null|NULL|)$")
_BOOL = re.compile(
    r"^(?:y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$"
)
_INT = re.compile(r"^[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*)$")
_FLOAT = re.compile(
    r"^[-+]?(?:(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|\.inf|\.Inf|\.INF)$|^\.(?:nan|NaN|NAN)$"
)
_TRUE = frozenset({"y", "yes", "true", "on"})


@dataclass(frozen=True, slots=True)
class Document:
    """One object of a file: where it stands, its value, and the line of each of its fields."""

    source: str
    number: int
    value: Any
    lines: Mapping[Path, int]

    def line(self, path: Path) -> int:
        """The line of a field, or of the nearest field around it that is there."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_documents(text: str, source: str) -> list[Document]:
    """The documents of a YAML or JSON text; empty ones are left out, a `List` is its items.

    Raises:
        InvalidObjects: the text is no YAML, too deep or too large, or has a key twice, a tag or a number that
            JSON has not.
    """
    _refuse_complex(text, source)
    loader = _Loader(text)
    found: list[Document] = []
    number = 0
    try:
        while loader.check_node():
            number += 1
            value, lines = _Reader(loader, source, number).read(loader.get_node())
            found += _items(Document(source, number, value, lines))
    except yaml.YAMLError as error:
        raise InvalidObjects([_syntax_fault(error, source, number or 1)]) from None
    finally:
        loader.dispose()
    return [document for document in found if document.value is not None]


def _refuse_complex(text: str, source: str) -> None:
    try:
        check_bounds(text)
    except TooComplex as error:
        fault = Fault(source=source, number=error.document, line=error.line, message=error.reason)
        raise InvalidObjects([fault]) from None
    except yaml.YAMLError:
        return  # said below, with the number of the document


def _items(document: Document) -> Iterator[Document]:
    value = document.value
    if not isinstance(value, dict) or value.get("kind") != "List" or not isinstance(value.get("items"), list):
        yield document
        return
    for index, item in enumerate(value["items"]):
        prefix: Path = ("items", index)
        lines = {path[2:]: line for path, line in document.lines.items() if path[:2] == prefix}
        yield Document(document.source, document.number, item, lines)


def _syntax_fault(error: yaml.YAMLError, source: str, number: int) -> Fault:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return Fault(
        source=source, number=number, line=mark.line + 1 if mark else 1, message=f"not valid YAML: {problem}"
    )


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # libyaml where it is built in
    """A safe loader whose plain scalars resolve as for Kubernetes."""

    yaml_implicit_resolvers: dict[str | None, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  # PyYAML's own name


for _tag, _pattern in (("null", _NULL), ("bool", _BOOL), ("int", _INT), ("float", _FLOAT)):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", _pattern, None)
_Loader.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile("^<<$"), ["<"])


class _Reader:
    """Turns the nodes of one document into a value and a table of lines."""

    def __init__(self, loader: Any, source: str, number: int) -> None:
        self._loader = loader
        self._source = source
        self._number = number
        self._lines: dict[Path, int] = {}
        self._open: set[int] = set()
        self._nodes = 0

    def read(self, root: yaml.Node) -> tuple[Any, dict[Path, int]]:
        self._lines[()] = root.start_mark.line + 1
        return self._value(root, ()), self._lines

    def _value(self, node: yaml.Node, path: Path) -> Any:
        self._nodes += 1
        if id(node) in self._open or self._nodes > _MAX_NODES:
            raise self._fault(node, path, "an alias that leads back to itself or grows without bound")
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        self._open.add(id(node))
        value = self._mapping(node, path) if isinstance(node, yaml.MappingNode) else self._list(node, path)
        self._open.discard(id(node))
        return value

    def _list(self, node: yaml.Node, path: Path) -> list[Any]:
        items = []
        for index, child in enumerate(node.value):
            self._lines[(*path, index)] = child.start_mark.line + 1
            items.append(self._value(child, (*path, index)))
        return items

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        self._refuse_doubles(node, path)
        self._loader.flatten_mapping(node)
        found = {}
        for key_node, child in node.value:
            key = self._key(key_node, path)
            self._lines[(*path, key)] = key_node.start_mark.line + 1
            found[key] = self._value(child, (*path, key))
        return found

    def _refuse_doubles(self, node: yaml.MappingNode, path: Path) -> None:
        first: dict[str, int] = {}
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self._key(key_node, path)
            line = key_node.start_mark.line + 1
            if key in first:
                raise self._fault(key_node, (*path, key), f"is there twice, first on line {first[key]}")
            first[key] = line

    def _key(self, node: yaml.Node, path: Path) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise self._fault(node, path, "a key must be a string")
        value = self._scalar(node, path)
        if isinstance(value, bool):
            return "true" if value else "false"
        return node.value if value is None else str(value)

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> Any:
        match node.tag.removeprefix("tag:yaml.org,2002:"):
            case "null":
                return None
            case "bool":
                return node.value.lower() in _TRUE
            case "int":
                return _integer(node.value)
            case "float":
                return self._float(node, path)
            case "str":
                return node.value
        raise self._fault(node, path, f"the tag {node.tag} has no meaning in JSON")

    def _float(self, node: yaml.ScalarNode, path: Path) -> float:
        try:
            return float(node.value)
        except ValueError:
            raise self._fault(node, path, f"{node.value} is no number in JSON") from None

    def _fault(self, node: yaml.Node, path: Path, message: str) -> InvalidObjects:
        return InvalidObjects(
            [
                Fault(
                    source=self._source,
                    number=self._number,
                    line=node.start_mark.line + 1,
                    path=spelled(path),
                    message=message,
                )
            ]
        )


def _integer(text: str) -> int:
    digits = text.replace("_", "")
    bare = digits.lstrip("+-")
    if len(bare) > 1 and bare[0] == "0" and bare[1].isdigit():
        return int(digits, 8)
    return int(digits, 0)
