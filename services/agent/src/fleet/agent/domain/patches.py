"""Patches as overlays have them: JSON patch, merge patch, strategic merge patch."""

from collections.abc import Mapping, Sequence
from typing import Any

import jsonpatch
import jsonpointer

from fleet.agent.domain.errors import BadContent
from fleet.agent.domain.listkeys import identity, is_built_in, merge_key

_DIRECTIVE = "$patch"


def apply_patch(target: Mapping[str, Any], patch: Any, where: str) -> Any:
    """Apply a patch to an object, by its form as Fleet does.

    A list is a JSON patch; a map is a strategic merge patch for built-in kinds and a merge patch for all
    others.

    Raises:
        BadContent: the patch does not fit, `where` names its file.
    """
    if isinstance(patch, list):
        try:
            return json_patch(target, patch)
        except ValueError as error:
            raise BadContent(f"{where}: {error}") from None
    if not isinstance(patch, Mapping):
        raise BadContent(f"{where}: a patch is a map or a list of operations")
    if is_built_in(str(target.get("apiVersion", ""))):
        return strategic_merge(target, patch)
    return merge_patch(target, patch)


def json_patch(target: Any, operations: Sequence[Mapping[str, Any]]) -> Any:
    """Apply RFC 6902 operations in order to a copy. Raises ValueError saying which does not fit."""
    try:
        return jsonpatch.JsonPatch([dict(operation) for operation in operations]).apply(target)
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError, KeyError) as error:
        raise ValueError(f"the JSON patch does not fit: {error}") from None


def merge_patch(target: Any, patch: Any) -> Any:
    """Apply an RFC 7386 merge patch and return the new value: null deletes, maps merge, the rest replaces."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def strategic_merge(target: Any, patch: Any, field: str = "") -> Any:
    """Apply Kubernetes' strategic merge patch: as a merge patch, but keyed lists are merged item by item.

    The directives `$patch: delete` and `$patch: replace` are obeyed, ordering directives left out.
    """
    if isinstance(patch, list):
        return _merge_list(target if isinstance(target, list) else [], patch, field)
    if not isinstance(patch, Mapping):
        return patch
    if patch.get(_DIRECTIVE) == "replace":
        return {key: value for key, value in patch.items() if key != _DIRECTIVE}
    merged = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif not key.startswith("$"):
            merged[key] = strategic_merge(merged.get(key), value, key)
    return merged


def _merge_list(target: list[Any], patch: list[Any], field: str) -> list[Any]:
    directives = [item for item in patch if isinstance(item, Mapping) and item.get(_DIRECTIVE) == "replace"]
    plain = [item for item in patch if item not in directives]
    key = merge_key(field, [*target, *plain])
    if directives or key is None:
        return plain
    merged = {identity(item, key): item for item in target}
    for item in plain:
        name = identity(item, key)
        if item.get(_DIRECTIVE) == "delete":
            merged.pop(name, None)
        else:
            merged[name] = strategic_merge(merged.get(name), item)
    return list(merged.values())
