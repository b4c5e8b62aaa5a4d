"""YAML as Kubernetes reads it, which is neither YAML 1.1 nor 1.2.

The API server, Helm and kubectl share one parser (sigs.k8s.io/yaml): `yes`, `on` and `y` are booleans,
dates and `12:30` stay strings, `0o17` and `1e3` are numbers. PyYAML differs in all of these, so reading
and writing go through the same table of scalars here; what one side would misread is quoted.
"""

import json
import math
import re
from collections.abc import Iterable
from typing import Any

import yaml

from fleet.agent.domain.errors import BadContent
from fleet.agent.domain.objects import Object, flatten
from fleet.agent.domain.yaml_bounds import check_bounds

_BOOL = "tag:yaml.org,2002:bool"
_INT = "tag:yaml.org,2002:int"
_FLOAT = "tag:yaml.org,2002:float"
_NULL = "tag:yaml.org,2002:null"
_MERGE = "tag:yaml.org,2002:merge"

_TRUE = frozenset({"y", "yes", "on", "true"})
_WORDS = r"y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF"

# tag, pattern, the characters such a scalar can begin with
_SCALARS: tuple[tuple[str, str, str], ...] = (
    (_BOOL, rf"^(?:{_WORDS})$", "yYnNtTfFoO"),
    (_INT, r"^[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0o[0-7_]+|[0-9][0-9_]*)$", "-+0123456789"),
    (
        _FLOAT,
        r"^(?:[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$",
        "-+.0123456789",
    ),
    (_NULL, r"^(?:~|null|Null|NULL|)$", "~nN"),
    (_MERGE, r"^<<$", "<"),
)


class _Loader(yaml.CSafeLoader):
    """The C parser with Kubernetes' scalars; keys become strings, as JSON wants them."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Read a mapping; a key that is a number or a boolean is spelled as JSON spells it."""
        found = super().construct_mapping(node, deep=deep)
        if all(isinstance(key, str) for key in found):
            return found
        return {key if isinstance(key, str) else json.dumps(key): value for key, value in found.items()}


class _Dumper(yaml.CSafeDumper):
    """The C writer; strings that Kubernetes would not read as strings are quoted."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write every value in full: anchors in a manifest are hard to read."""
        return True


def _bool(loader: yaml.Loader, node: yaml.ScalarNode) -> bool:
    return str(loader.construct_scalar(node)).lower() in _TRUE


def _int(loader: yaml.Loader, node: yaml.ScalarNode) -> int:
    text = str(loader.construct_scalar(node)).replace("_", "")
    digits = text.lstrip("+-")
    if re.fullmatch(r"0[0-7]+", digits):
        return int(text, 8)
    return int(text, 10 if digits.isdigit() else 0)


def _float(loader: yaml.Loader, node: yaml.ScalarNode) -> float:
    text = str(loader.construct_scalar(node)).replace("_", "").lower()
    if text.endswith((".inf", ".nan")):
        return float(text.replace(".", "", 1))
    return float(text)


def _string(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _number(dumper: _Dumper, value: float) -> yaml.ScalarNode:
    if math.isfinite(value) and value.is_integer() and abs(value) < 2**53:
        return dumper.represent_scalar(_INT, str(int(value)))
    return dumper.represent_scalar(_FLOAT, repr(value) if math.isfinite(value) else f".{value}")


for _kind in (_Loader, _Dumper):
    _kind.yaml_implicit_resolvers = {}
    for _tag, _pattern, _first in _SCALARS:
        _kind.add_implicit_resolver(_tag, re.compile(_pattern), list(_first))
_Loader.add_implicit_resolver(_NULL, re.compile(r"^$"), [""])
_Dumper.add_implicit_resolver(_NULL, re.compile(r"^$"), [""])
_Loader.add_constructor(_BOOL, _bool)
_Loader.add_constructor(_INT, _int)
_Loader.add_constructor(_FLOAT, _float)
_Dumper.add_representer(str, _string)
_Dumper.add_representer(float, _number)


def read_values(text: str | bytes, where: str) -> Any:
    """Read one YAML or JSON document. Raises BadContent naming `where` and the line."""
    try:
        check_bounds(text)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - derived from the safe loader
    except (yaml.YAMLError, ValueError) as error:
        raise BadContent(f"{where}: YAML parse error: {_reason(error)}") from None


def read_objects(text: str | bytes, where: str) -> list[Object]:
    """Read a stream of Kubernetes objects, lists unfolded and empty documents left out.

    Raises:
        BadContent: the text is no YAML, too deep or too large, or a document is no object with a kind.
    """
    try:
        check_bounds(text)
        documents = list(yaml.load_all(text, Loader=_Loader))
    except (yaml.YAMLError, ValueError) as error:
        raise BadContent(f"{where}: YAML parse error: {_reason(error)}") from None
    items = [document for document in documents if document]
    for item in items:
        if not isinstance(item, dict) or not item.get("kind") or not item.get("apiVersion"):
            raise BadContent(f"{where}: YAML parse error: a document has no apiVersion and kind")
    return flatten(items)


def write_objects(items: Iterable[Object]) -> str:
    """Write a stream of objects, each with its keys in order."""
    return yaml.dump_all(items, Dumper=_Dumper, sort_keys=True, allow_unicode=True, width=1 << 20)


def write_values(value: Any) -> str:
    """Write one document."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=True, allow_unicode=True, width=1 << 20)


def _reason(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f"line {mark.line + 1}: {problem}" if mark else problem
