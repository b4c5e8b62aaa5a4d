"""Objects as YAML and JSON, laid out as kubectl does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # libyaml where it is built in
    """A safe dumper that never writes an alias and keeps texts of several lines readable."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: Any, value: str) -> Any:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def as_yaml(value: Mapping[str, Any]) -> str:
    """YAML with sorted keys, as kubectl prints it."""
    return str(yaml.dump(dict(value), Dumper=_Dumper, sort_keys=True, allow_unicode=True, width=1 << 20))


def as_json(value: Mapping[str, Any]) -> str:
    """JSON with four spaces, as kubectl prints it."""
    return json.dumps(value, indent=4, ensure_ascii=False) + "\n"
