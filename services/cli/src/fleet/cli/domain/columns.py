"""The printer columns of Fleet's kinds, and tables laid out as kubectl lays them out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fleet.cli.domain.printable import printable_line
from fleet.cli.objects.kinds import Kind

READY_MESSAGE = "@ready"
"""Stands for the message of the condition Ready, which is what Fleet shows as Status."""

_AGE = "@age"
_STATUS = ("Status", READY_MESSAGE)
_DEPLOYMENTS = ("BundleDeployments-Ready", "status.display.readyBundleDeployments")

COLUMNS: Mapping[str, Sequence[tuple[str, str]]] = {
    "gitrepo": (("Repo", "spec.repo"), ("Commit", "status.commit"), _DEPLOYMENTS, _STATUS),
    "helmop": (
        ("Repo", "spec.helm.repo"),
        ("Chart", "spec.helm.chart"),
        ("Version", "status.version"),
        _DEPLOYMENTS,
        _STATUS,
    ),
    "bundle": (("BundleDeployments-Ready", "status.display.readyClusters"), _STATUS),
    "bundledeployment": (
        ("Deployed", "status.display.deployed"),
        ("Monitored", "status.display.monitored"),
        _STATUS,
    ),
    "cluster": (
        ("Bundles-Ready", "status.display.readyBundles"),
        ("Last-Seen", "status.agent.lastSeen"),
        _STATUS,
    ),
    "clustergroup": (
        ("Clusters-Ready", "status.display.readyClusters"),
        ("Bundles-Ready", "status.display.readyBundles"),
        _STATUS,
    ),
    "gitreporestriction": (
        ("Default-ServiceAccount", "defaultServiceAccount"),
        ("Allowed-ServiceAccounts", "allowedServiceAccounts"),
    ),
    "schedule": (
        ("Schedule", "spec.schedule"),
        ("Duration", "spec.duration"),
        ("Active", "status.active"),
        ("NextStart", "status.nextStartTime"),
    ),
    "policy": (("Age", _AGE),),
    "bundlenamespacemapping": (("Age", _AGE),),
}
"""Per kind: the heading and where in the object its value stands. Kinds without columns of their own show
their age, as kubectl does."""

WIDE: Mapping[str, Sequence[tuple[str, str]]] = {"gitrepo": (("Warnings", "status.reading.warnings.count"),)}
"""Columns of our own, which Fleet's tables do not have: they are only shown where they are asked for."""

_PADDING = 3
_MIN_WIDTH = 6


def rows(
    kind: Kind,
    objects: Sequence[Mapping[str, Any]],
    *,
    now: datetime,
    namespaced: bool,
    full: bool = False,
    wide: bool = False,
) -> list[list[str]]:
    """The heading and one row for each object; with `namespaced` the namespace comes first.

    With `full` a name comes with its kind, as kubectl has it where objects of several kinds are shown; with
    `wide` the columns of WIDE come before the last one.
    """
    *columns, last = COLUMNS[kind.word]
    columns += [*(WIDE.get(kind.word, ()) if wide else ()), last]
    heading = ["NAME", *(title.upper() for title, _ in columns)]
    table = [["NAMESPACE", *heading] if namespaced else heading]
    for item in objects:
        name = item["metadata"]["name"]
        row = [kind.reference(name) if full else name, *(_cell(item, where, now) for _, where in columns)]
        table.append([item["metadata"].get("namespace", ""), *row] if namespaced else row)
    return table


def table_text(table: Sequence[Sequence[str]]) -> str:
    """Rows with aligned columns: at least three spaces between, the last column as long as it is."""
    table = [[printable_line(cell) for cell in row] for row in table]
    widths = [max(_MIN_WIDTH, *(len(row[n]) + _PADDING for row in table)) for n in range(len(table[0]) - 1)]
    lines = (
        "".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)) + row[-1]
        for row in table
    )
    return "".join(f"{line}\n" for line in lines)


def condition(item: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """The condition of this type, or an empty one."""
    conditions = item.get("status", {}).get("conditions") or ()
    return next((found for found in conditions if found.get("type") == kind), {})


def age(created: str, now: datetime) -> str:
    """How long ago an RFC 3339 time is, as kubectl writes it: `45s`, `3m20s`, `5h`, `2d`."""
    if not created:
        return "<unknown>"
    seconds = int((now.astimezone(UTC) - datetime.fromisoformat(created)).total_seconds())
    if seconds < 120:
        return f"{max(0, seconds)}s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if minutes < 10:
        return f"{minutes}m{seconds % 60}s" if seconds % 60 else f"{minutes}m"
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return f"{hours}h{minutes % 60}m" if minutes % 60 else f"{hours}h"
    return f"{hours}h" if hours < 48 else f"{days}d"


def _cell(item: Mapping[str, Any], where: str, now: datetime) -> str:
    if where == READY_MESSAGE:
        return one_line(str(condition(item, "Ready").get("message", "")))
    if where == _AGE:
        return age(item["metadata"].get("creationTimestamp", ""), now)
    value: Any = item
    for step in where.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    if value is None:
        return ""
    return one_line(value) if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def one_line(text: str) -> str:
    """A text for a table cell: line breaks become visible, as kubectl shows them cut off with dots."""
    first, rest = text.partition("\n")[::2]
    return f"{first}..." if rest else first
