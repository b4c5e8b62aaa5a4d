"""`helm.valuesFiles`: files of the repository merged over `helm.values` when the bundle is read."""

import posixpath
from collections.abc import Mapping
from typing import Any

from fleet.bundler.domain.model import HELM
from fleet.bundler.domain.tree import Tree
from fleet.bundler.domain.yamltext import Document, Path, parse


def merge_values_files(
    tree: Tree, folder: str, helm: Mapping[str, Any], *, document: Document, at: Path
) -> dict[str, Any]:
    """The helm options with their values files merged in, later files winning, and the list taken away.

    `folder` is the bundle's, which paths are relative to; a path may lead out of it but not out of the
    repository. `at` is where the helm options stand in `document`, for messages.

    Raises:
        BadInput: a file is not there, is no YAML or no map; with its place.
    """
    files = helm.get("valuesFiles", [])
    if not files:
        return dict(helm)
    merged: dict[str, Any] = dict(helm.get("values") or {})
    for n, name in enumerate(files):
        path = values_path(folder, name)
        if not tree.is_file(path):
            where = (*at, "valuesFiles", n)
            raise document.wrong(where, f'no such file "{name}" (looked in {folder or "the top folder"})')
        merged = merge_maps(merged, _read(tree.read(path), path))
    rest = {key: value for key, value in helm.items() if key not in ("values", "valuesFiles")}
    written = rest | ({"values": merged} if merged or helm.get("values") is not None else {})
    return {key: written[key] for key in HELM.fields if key in written}


def values_path(folder: str, name: str) -> str:
    """Where a values file is looked for: a leading slash means the bundle's folder too, as in Fleet."""
    return posixpath.normpath(posixpath.join(folder, name.lstrip("/")))


def merge_maps(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Merge maps in depth; lists and single values are replaced, also by null."""
    merged = dict(base)
    for key, value in over.items():
        there = merged.get(key)
        both = isinstance(there, dict) and isinstance(value, dict)
        merged[key] = merge_maps(there, value) if both else value  # type: ignore[arg-type]
    return merged


def _read(data: bytes, path: str) -> dict[str, Any]:
    document = parse(data, path)
    found = HELM.fields["values"].read(document, (), document.value, lenient=False)
    return found or {}
