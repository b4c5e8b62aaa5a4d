"""Status conditions of live objects."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fleet.agent.domain.objects import Object


@dataclass(frozen=True, slots=True)
class Condition:
    """One entry of `status.conditions`."""

    type: str
    status: str
    reason: str = ""
    message: str = ""


def conditions_of(item: Mapping[str, Any]) -> tuple[Condition, ...]:
    """The conditions of an object; entries that are no conditions are left out."""
    status = item.get("status")
    found = status.get("conditions") if isinstance(status, Mapping) else None
    if not isinstance(found, list):
        return ()
    return tuple(
        Condition(
            type=str(entry.get("type") or ""),
            status=str(entry.get("status") or ""),
            reason=str(entry.get("reason") or ""),
            message=str(entry.get("message") or ""),
        )
        for entry in found
        if isinstance(entry, Mapping)
    )


def find(conditions: Iterable[Condition], kind: str) -> Condition | None:
    """The condition of this type, if there is one."""
    return next((condition for condition in conditions if condition.type == kind), None)


def without_ignored(item: Object, ignored: Iterable[Mapping[str, str]]) -> Object:
    """The object without the conditions of which every given key is equal (option `ignore.conditions`)."""
    rules = [rule for rule in ignored if rule]
    status = item.get("status")
    if not rules or not isinstance(status, Mapping) or not isinstance(status.get("conditions"), list):
        return item
    kept = [
        entry
        for entry in status["conditions"]
        if not any(all(str(entry.get(key, "")) == value for key, value in rule.items()) for rule in rules)
    ]
    return {**item, "status": {**status, "conditions": kept}}
