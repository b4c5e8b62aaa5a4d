"""YAML that Kubernetes reads back as what was written: a text that it would take for more is quoted."""

from collections.abc import Iterable
from typing import Any

import yaml

from fleet.yaml.scalars import MERGE, TAG, json_number, plain

_TAGS: dict[type, str] = {
    type(None): f"{TAG}null",
    bool: f"{TAG}bool",
    int: f"{TAG}int",
    float: f"{TAG}float",
    str: f"{TAG}str",
}
_UNSAID: dict[type[yaml.Node], str] = {
    yaml.ScalarNode: f"{TAG}str",
    yaml.SequenceNode: f"{TAG}seq",
    yaml.MappingNode: f"{TAG}map",
}


def write(value: Any) -> str:
    """Write one document of JSON's values, with the keys of every map in order and no aliases.

    Raises:
        ValueError: a number is infinite or none.
    """
    return write_all([value])


def write_all(values: Iterable[Any]) -> str:
    """Write a stream of documents, as `write` does each."""
    return yaml.dump_all(values, Dumper=_Dumper, sort_keys=True, allow_unicode=True, width=1 << 20)


class _Dumper(yaml.CSafeDumper):
    """The C writer with the reader's table of scalars."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write every value in full: anchors in a manifest are hard to read."""
        return True

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:
        """The tag that a reader gives a node which says none itself; another than it has is written out."""
        if kind is not yaml.ScalarNode or not implicit[0]:
            return _UNSAID[kind]
        return f"{TAG}merge" if value == MERGE else _TAGS[type(plain(value))]


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar(f"{TAG}str", text, style="|" if "\n" in text else None)


def _float(dumper: _Dumper, value: float) -> yaml.ScalarNode:
    number = json_number(value)
    tag = f"{TAG}int" if isinstance(number, int) else f"{TAG}float"
    return dumper.represent_scalar(tag, repr(number))


_Dumper.add_representer(str, _text)
_Dumper.add_representer(float, _float)
