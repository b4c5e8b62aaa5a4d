"""What would have to change for a live object to be as wanted.

Only what the manifest says counts: fields, keys and list items that others added, and defaults that the
server filled in, are no difference. The answer is a merge patch, empty where nothing differs.
"""

from collections.abc import Mapping
from typing import Any

from fleet.agent.domain.listkeys import identity, is_built_in, merge_key
from fleet.agent.domain.objects import Object
from fleet.agent.domain.quantities import same_quantity, same_scalar

_SAME: Any = object()
_QUANTITY_MAPS = frozenset(
    {"limits", "requests", "capacity", "hard", "min", "max", "default", "defaultRequest", "overhead"}
)
_QUANTITIES = frozenset({"sizeLimit", "divisor", "storage", "averageValue"})
_OPAQUE_KINDS = frozenset({"ConfigMap", "Secret"})


def difference(wanted: Object, live: Object) -> Object:
    """The merge patch from `live` to `wanted`, over normalised objects of one kind."""
    built_in = is_built_in(str(wanted.get("apiVersion", "")))
    walker = _Walker(keyed=built_in, opaque=wanted.get("kind") in _OPAQUE_KINDS)
    found = walker.compare(wanted, live, ())
    return {} if found is _SAME else found


class _Walker:
    """Walks two values side by side; `path` has the names of the fields above.

    `keyed`: lists of built-in kinds may be maps, and numbers quantities. `opaque`: the kind holds plain
    data, in which an empty text is a value like any other.
    """

    def __init__(self, *, keyed: bool, opaque: bool) -> None:
        self._keyed = keyed
        self._opaque = opaque

    def compare(self, wanted: Any, live: Any, path: tuple[str, ...]) -> Any:
        if isinstance(wanted, Mapping) and isinstance(live, Mapping):
            return self._compare_maps(wanted, live, path)
        if isinstance(wanted, list) and isinstance(live, list):
            return self._compare_lists(wanted, live, path)
        if self._same(wanted, live, path):
            return _SAME
        return wanted

    def _compare_maps(self, wanted: Mapping[str, Any], live: Mapping[str, Any], path: tuple[str, ...]) -> Any:
        patch: dict[str, Any] = {}
        for key, value in wanted.items():
            present = live.get(key)
            if present is None:
                if not self._may_be_left_out(value, path):
                    patch[key] = value
                continue
            found = self.compare(value, present, (*path, key))
            if found is not _SAME:
                patch[key] = found
        return patch or _SAME

    def _compare_lists(self, wanted: list[Any], live: list[Any], path: tuple[str, ...]) -> Any:
        field = path[-1] if path else ""
        key = merge_key(field, [*wanted, *live]) if self._keyed else None
        if key is not None:
            return self._compare_keyed(wanted, live, path, key)
        if len(wanted) != len(live):
            return wanted
        pairs = zip(wanted, live, strict=True)
        same = all(self.compare(item, present, path) is _SAME for item, present in pairs)
        return _SAME if same else wanted

    def _compare_keyed(self, wanted: list[Any], live: list[Any], path: tuple[str, ...], key: str) -> Any:
        present = {identity(item, key): item for item in live}
        patch = []
        for item in wanted:
            found = self.compare(item, present.get(identity(item, key), {}), path)
            if found is not _SAME:
                patch.append({**found, key: item[key]})
        return patch or _SAME

    def _same(self, wanted: Any, live: Any, path: tuple[str, ...]) -> bool:
        if same_scalar(wanted, live) or wanted is None:
            return True
        if _is_nothing(wanted) and _is_nothing(live):
            return True
        measured = self._keyed and not self._opaque and _may_be_quantity(path)
        return measured and same_quantity(wanted, live)

    def _may_be_left_out(self, value: Any, path: tuple[str, ...]) -> bool:
        if self._opaque or path[:1] == ("metadata",):
            return _is_null(value)
        return _is_nothing(value)


def _may_be_quantity(path: tuple[str, ...]) -> bool:
    return bool(path) and (path[-1] in _QUANTITIES or not _QUANTITY_MAPS.isdisjoint(path[:-1]))


def _is_null(value: Any) -> bool:
    return value is None or (isinstance(value, Mapping) and all(_is_null(item) for item in value.values()))


def _is_nothing(value: Any) -> bool:
    """Whether the server may leave this out: null, zero, false, or an empty container."""
    if isinstance(value, Mapping):
        return all(_is_nothing(item) for item in value.values())
    return value is None or value is False or value in ("", 0, [])
