"""Helm values: how several layers become one."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from fleet.agent.domain.errors import BadContent
from fleet.agent.domain.yamldocs import read_values


def merge_values(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay `over` on `base`: maps are merged, everything else is replaced."""
    merged = dict(base)
    for key, value in over.items():
        present = merged.get(key)
        if isinstance(present, Mapping) and isinstance(value, Mapping):
            merged[key] = merge_values(present, value)
        else:
            merged[key] = deepcopy(value)
    return merged


def final_values(values: Mapping[str, Any], from_cluster: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The values to render with: the bundle's own, then those read in the cluster, later ones winning.

    Args:
        values: what the hub sent; its own layers are merged already.
        from_cluster: pairs of (where it stands, YAML text), in the order of `valuesFrom`.

    Raises:
        BadContent: a text is no YAML map; the text itself is never shown.
    """
    merged = dict(values)
    for where, text in from_cluster:
        layer = read_values(text, where) or {}
        if not isinstance(layer, Mapping):
            raise BadContent(f"{where}: values must be a YAML map")
        merged = merge_values(merged, layer)
    return merged
