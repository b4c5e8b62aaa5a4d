"""How a schema says that values merge: which lists are maps or sets, which structs are one piece."""

from dataclasses import dataclass
from typing import Any

from .typetable import REF, Schema, reference, resolve, struct

FREE: Schema = {"x-kubernetes-preserve-unknown-fields": True}
META: Schema = reference("meta.v1.ObjectMeta")

# Server-side defaults of key fields: an item that omits them is the same item as one that has them.
KEY_DEFAULTS = {"protocol": "TCP"}


@dataclass(frozen=True, slots=True)
class ListShape:
    """`atomic`, `set`, or `map` with the names of the keys that tell items apart."""

    sort: str
    keys: tuple[str, ...] = ()

    def key(self, item: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
        """What tells this item from the others of a `map` list."""
        return tuple((k, item[k] if k in item else KEY_DEFAULTS.get(k)) for k in self.keys)


ATOMIC = ListShape("atomic")


def list_shape(schema: Schema) -> ListShape:
    """The shape of a list; atomic when the schema does not say."""
    sort = schema.get("x-kubernetes-list-type", "atomic")
    if sort == "map":
        return ListShape("map", tuple(sorted(schema.get("x-kubernetes-list-map-keys", ()))))
    return ListShape("set") if sort == "set" else ATOMIC


def merge_key(schema: Schema) -> str | None:
    """The key by which a strategic merge patch finds an item; None when the list is replaced."""
    named: str | None = schema.get("x-kubernetes-patch-merge-key")
    if named or schema.get("x-kubernetes-list-type") != "map":
        return named
    keys: list[str] = schema["x-kubernetes-list-map-keys"]
    return keys[0]


def is_atomic(schema: Schema) -> bool:
    """Whether a struct or map is owned and replaced as one piece."""
    if schema.get("x-kubernetes-map-type") == "atomic":
        return True
    target = schema.get("$ref", "")
    return target != "" and struct(target.removeprefix(REF)).get("x-kubernetes-map-type") == "atomic"


def field_schema(schema: Schema, name: str) -> Schema | None:
    """The schema of a field of an object; None when the type does not have the field."""
    schema = resolve(schema)
    properties = schema.get("properties")
    if properties and name in properties:
        found: Schema = properties[name]
        return found
    more = schema.get("additionalProperties")
    if isinstance(more, dict):
        return more
    return FREE if is_free(schema) else None


def is_free(schema: Schema) -> bool:
    """Whether fields that the schema does not name are kept."""
    return bool(
        schema.get("x-kubernetes-preserve-unknown-fields")
        or schema.get("additionalProperties") is True
        or not (schema.keys() & {"properties", "additionalProperties", "type", "$ref"})
    )


def item_schema(schema: Schema) -> Schema:
    """The schema of a list's items."""
    found: Schema = schema.get("items", FREE)
    return found
