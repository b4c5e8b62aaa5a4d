"""An object told at length: what it is, what was asked for, how far it is, and why not further."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from fleet.cli.domain.columns import table_text
from fleet.cli.domain.declaration import LAST_APPLIED

_META = frozenset({"apiVersion", "kind", "metadata", "spec", "status"})


def description(item: Mapping[str, Any], history: Sequence[Sequence[str]] = ()) -> str:
    """The text of `describe`: heading, spec, status, conditions, what is not ready, then `history`.

    `history` has rows (time, what happened), oldest first.
    """
    status = dict(item.get("status", {}))
    conditions = status.pop("conditions", [])
    summary, unready = _without(status.get("summary", {}), "nonReadyResources")
    reading, warnings = _without(status.get("reading", {}), "warnings")
    status |= {name: kept for name, kept in (("summary", summary), ("reading", reading)) if name in status}
    spec = item.get("spec") or {key: value for key, value in item.items() if key not in _META}
    parts = [
        _heading(item),
        _section("Spec", spec),
        _section("Status", status),
        _conditions(conditions),
        _unready(unready or (), summary.get("desiredReady", 0) - summary.get("ready", 0)),
        _warnings(warnings or {}),
        _table("History", ("TIME", "WHAT"), history),
    ]
    return "".join(parts)


def _heading(item: Mapping[str, Any]) -> str:
    meta = item["metadata"]
    annotations = {k: v for k, v in meta.get("annotations", {}).items() if k != LAST_APPLIED}
    lines = {
        "Name": meta["name"],
        "Namespace": meta.get("namespace", ""),
        "Kind": f"{item['kind']} ({item['apiVersion']})",
        "Labels": _pairs(meta.get("labels", {})),
        "Annotations": _pairs(annotations),
        "UID": meta.get("uid", ""),
        "Generation": str(meta.get("generation", "")),
        "Created": meta.get("creationTimestamp", ""),
        "Deleted": meta.get("deletionTimestamp", ""),
    }
    return "".join(f"{title + ':':<14}{value}\n" for title, value in lines.items() if value)


def _pairs(pairs: Mapping[str, str]) -> str:
    return ("\n" + " " * 14).join(f"{key}={value}" for key, value in sorted(pairs.items())) or "<none>"


def _section(title: str, value: Mapping[str, Any]) -> str:
    if not value:
        return ""
    text = yaml.safe_dump(dict(value), sort_keys=False, allow_unicode=True, width=100)
    return f"{title}:\n" + "".join(f"  {line}\n" for line in text.splitlines())


def _conditions(conditions: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        [found.get(key, "") for key in ("type", "status", "reason", "lastUpdateTime", "message")]
        for found in conditions
    ]
    return _table("Conditions", ("TYPE", "STATUS", "REASON", "UPDATED", "MESSAGE"), rows)


def _without(value: Mapping[str, Any], name: str) -> tuple[dict[str, Any], Any]:
    """A map without one of its fields, which is told apart from it, and the field."""
    return {key: item for key, item in value.items() if key != name}, value.get(name)


def _unready(resources: Sequence[Mapping[str, Any]], every: int) -> str:
    """What is not ready: the status lists the first of them only, and counts all (`every`).

    A bundle that waits on several clusters for one reason is told once.
    """
    times = Counter(
        (found.get("bundleState", ""), found.get("name", ""), _detail(found)) for found in resources
    )
    rows = [
        [state, name + (f" ({count} times)" if count > 1 else ""), why]
        for (state, name, why), count in times.items()
    ]
    if rows and (more := every - len(resources)) > 0:
        rows.append(["", f"and {more} more", ""])
    return _table("Not ready", ("STATE", "NAME", "WHY"), rows)


def _warnings(warnings: Mapping[str, Any]) -> str:
    """What was passed over in the last reading: the first lines, and how many there are."""
    if not warnings:
        return ""
    shown = warnings.get("first", ())
    lines = [f"Warnings ({warnings.get('count', len(shown))}):", *(f"  {one}" for one in shown)]
    return "\n".join(lines) + "\n"


def _detail(found: Mapping[str, Any]) -> str:
    objects = [*found.get("modifiedStatus", []), *found.get("nonReadyStatus", [])]
    named = "; ".join(
        f"{one.get('kind', '')} {one.get('namespace', '')}/{one.get('name', '')}" for one in objects
    )
    return " ".join(filter(None, (found.get("message", ""), named)))


def _table(title: str, heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    text = table_text([list(heading), *rows])
    return f"{title}:\n" + "".join(f"  {line}\n" for line in text.splitlines())
