"""Who owns which field of an object: `metadata.managedFields`, read, tracked and written."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .fieldset import MISSING, SELF, FieldSet, decode, encode, fields_of, value_at
from .typetable import Schema


@dataclass(frozen=True, slots=True)
class Owner:
    """A field manager: its name, `Apply` or `Update`, and the subresource it wrote through."""

    manager: str
    operation: str
    subresource: str = ""


@dataclass(frozen=True, slots=True)
class Owned:
    """What an owner has, and since when."""

    fields: FieldSet
    time: str


Ownership = dict[Owner, Owned]


def read(metadata: Mapping[str, Any]) -> Ownership:
    """The owners in an object's metadata; an entry without fields owns nothing and is dropped."""
    found: Ownership = {}
    for entry in metadata.get("managedFields") or ():
        fields = frozenset(decode(entry.get("fieldsV1") or {}))
        if fields:
            who = Owner(
                entry.get("manager", ""), entry.get("operation", "Update"), entry.get("subresource", "")
            )
            found[who] = Owned(fields, entry.get("time", ""))
    return found


def write(ownership: Ownership, api_version: str) -> list[dict[str, Any]]:
    """The entries of `managedFields`; owners of nothing are left out."""
    entries = []
    for who, owned in ownership.items():
        if not owned.fields:
            continue
        entry: dict[str, Any] = {
            "manager": who.manager,
            "operation": who.operation,
            "apiVersion": api_version,
            "time": owned.time,
            "fieldsType": "FieldsV1",
            "fieldsV1": encode(owned.fields),
        }
        if who.subresource:
            entry["subresource"] = who.subresource
        entries.append(entry)
    return entries


def same(left: Ownership, right: Ownership) -> bool:
    """Whether two ownerships differ in times at most."""
    return {w: o.fields for w, o in left.items()} == {w: o.fields for w, o in right.items()}


def track_update(
    *,
    before: dict[str, Any],
    after: dict[str, Any],
    ownership: Ownership,
    who: Owner,
    schema: Schema,
    now: str,
) -> Ownership:
    """Ownership after `who` changed an object by anything but an apply.

    What changed is theirs, is taken from everyone else, and what is gone belongs to nobody.
    """
    present = fields_of(after, schema)
    changed = frozenset(p for p in present if _differs(before, after, p))
    result: Ownership = {}
    for other, owned in ownership.items():
        kept = frozenset(p for p in owned.fields if value_at(after, p) is not MISSING)
        result[other] = replace(owned, fields=kept if other == who else kept - changed)
    if changed:
        mine = result.pop(who, Owned(frozenset(), now)).fields
        result[who] = Owned(mine | changed, now)
    return result


def _differs(before: dict[str, Any], after: dict[str, Any], path: tuple[str, ...]) -> bool:
    old = value_at(before, path)
    if path[-1] == SELF:
        return old is MISSING
    return bool(old is MISSING or old != value_at(after, path))
