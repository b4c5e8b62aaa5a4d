"""Server-side apply: one manager's whole opinion of an object, merged into what is there."""

from dataclasses import dataclass, replace
from typing import Any

import orjson

from .errors import merge_conflict
from .fieldset import (
    MISSING,
    OWNED_METADATA,
    SELF,
    FieldSet,
    Path,
    dotted,
    fields_of,
    is_key,
    remove_at,
    value_at,
)
from .managers import Owned, Owner, Ownership
from .shapes import FREE, field_schema, is_atomic, item_schema, list_shape
from .typetable import Schema, resolve

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@dataclass(frozen=True, slots=True)
class Applied:
    """The merged object and who owns its fields now."""

    object: dict[str, Any]
    ownership: Ownership


def apply(
    *,
    live: dict[str, Any],
    config: dict[str, Any],
    ownership: Ownership,
    who: Owner,
    force: bool,
    schema: Schema,
    now: str,
) -> Applied:
    """Merge `config` into a copy of `live` that the caller hands over.

    What `who` applied before and does not name any more is removed unless somebody else owns it. Raises the
    409 of conflicting field managers unless `force`, which takes the fields from them.
    """
    wanted = fields_of(config, schema)
    disputed = _conflicts(live, config, ownership, who, wanted)
    if disputed and not force and not _is_upgrade(live, who, {path for _, path in disputed}, schema):
        raise merge_conflict([(other.manager, dotted(path)) for other, path in disputed])
    taken = frozenset(path for _, path in disputed)
    others = {o: replace(owned, fields=owned.fields - taken) for o, owned in ownership.items() if o != who}
    merged = _merge_top(live, config, schema)
    before = ownership.get(who, Owned(frozenset(), now))
    held = set(wanted).union(*(owned.fields for owned in others.values()))
    _drop_abandoned(merged, before.fields - wanted, held)
    mine = Owned(wanted, before.time if wanted == before.fields else now)
    ordered = {o: _remaining(others[o], merged) if o in others else mine for o in ownership}
    return Applied(merged, {**ordered, who: mine})


def _remaining(owned: Owned, merged: dict[str, Any]) -> Owned:
    return replace(owned, fields=frozenset(p for p in owned.fields if value_at(merged, p) is not MISSING))


def _is_upgrade(live: dict[str, Any], who: Owner, disputed: set[Path], schema: Schema) -> bool:
    """Whether kubectl only takes over what it applied itself before, from the client's side.

    The server knows that from the annotation in which kubectl keeps what it applied, where it still holds.
    """
    kept = (live["metadata"].get("annotations") or {}).get(LAST_APPLIED)
    if who.manager != "kubectl" or not kept:
        return False
    try:
        before = orjson.loads(kept)
        applied = fields_of(before, schema)
    except (orjson.JSONDecodeError, AttributeError):
        return False
    return all(path in applied and value_at(before, path) == value_at(live, path) for path in disputed)


def _conflicts(
    live: dict[str, Any], config: dict[str, Any], ownership: Ownership, who: Owner, wanted: FieldSet
) -> list[tuple[Owner, Path]]:
    found = []
    for other, owned in ownership.items():
        if other == who:
            continue
        for path in sorted(owned.fields & wanted):
            if path[-1] != SELF and value_at(live, path) != value_at(config, path):
                found.append((other, path))
    return found


def _drop_abandoned(merged: dict[str, Any], abandoned: FieldSet, held: set[Path]) -> None:
    """Remove what nobody wants any more: whole items first, with all in them, whoever changed that."""
    for path in sorted(abandoned, key=lambda p: (p[-1] != SELF, -len(p))):
        if path in held or is_key(path) or value_at(merged, path) is MISSING:
            continue
        if path[-1] == SELF or not any(other[: len(path)] == path for other in held):
            remove_at(merged, path)


def _merge_top(live: dict[str, Any], config: dict[str, Any], schema: Schema) -> dict[str, Any]:
    for name, value in config.items():
        if name in ("apiVersion", "kind"):
            continue
        if name == "metadata":
            value = {k: v for k, v in value.items() if k in OWNED_METADATA}
        live[name] = _merge(live.get(name), value, field_schema(schema, name) or FREE)
    return live


def _merge(live: Any, config: Any, schema: Schema) -> Any:
    if isinstance(live, dict) and isinstance(config, dict) and not is_atomic(schema):
        resolved = resolve(schema)
        for name, value in config.items():
            if name in live:
                live[name] = _merge(live[name], value, field_schema(resolved, name) or FREE)
            else:
                live[name] = value
        return live
    if isinstance(live, list) and isinstance(config, list):
        return _merge_lists(live, config, schema)
    return config


def _merge_lists(live: list[Any], config: list[Any], schema: Schema) -> list[Any]:
    shape = list_shape(schema)
    if shape.sort == "set":
        return live + [item for item in config if item not in live]
    if shape.sort == "atomic" or not all(isinstance(item, dict) for item in (*live, *config)):
        return config
    places = {shape.key(item): n for n, item in enumerate(live)}
    for item in config:
        at = places.get(shape.key(item))
        if at is None:
            live.append(item)
        else:
            live[at] = _merge(live[at], item, item_schema(schema))
    return live
