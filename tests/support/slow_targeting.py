"""Targeting again, cluster by cluster and as obviously as possible: what the index is held against.

It shares nothing with the targeter but the shape of what people declare.
"""

from collections.abc import Mapping, Sequence
from typing import Any

Labels = Mapping[str, str]
Spec = Mapping[str, Any]

DISPLAY_NAME = "management.cattle.io/cluster-display-name"


def selects(selector: Mapping[str, Any], labels: Labels) -> bool:
    """Kubernetes' LabelSelector, word for word."""
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    for expression in selector.get("matchExpressions") or []:
        key, operator, values = expression["key"], expression["operator"], expression.get("values") or []
        if operator == "In" and not (key in labels and labels[key] in values):
            return False
        if operator == "NotIn" and (key in labels and labels[key] in values):
            return False
        if operator == "Exists" and key not in labels:
            return False
        if operator == "DoesNotExist" and key in labels:
            return False
    return True


def fits(target: Spec, name: str, labels: Labels, group: str, group_labels: Labels) -> bool:
    """Whether one cluster, seen as a member of one group, fulfils all conditions of a target."""
    conditions = []
    if target.get("clusterName"):
        conditions.append(target["clusterName"] in (name, labels.get(DISPLAY_NAME)))
    if target.get("clusterGroup"):
        conditions.append(target["clusterGroup"] == group)
    if target.get("clusterGroupSelector") is not None:
        conditions.append(selects(target["clusterGroupSelector"], group_labels))
    if target.get("clusterSelector") is not None:
        conditions.append(selects(target["clusterSelector"], labels))
    return bool(conditions) and all(conditions)


def choice(spec: Spec, name: str, labels: Labels, groups: Sequence[Spec]) -> tuple[int, ...] | None:
    """The targets whose options apply to one cluster, in order; None where the bundle does not go.

    Each group is `{"name", "labels", "selector"}`.
    """
    own = [
        (group["name"], group["labels"])
        for group in groups
        if group["selector"] is not None and selects(group["selector"], labels)
    ] or [("", {})]
    targets, restrictions = spec.get("targets", []), spec.get("targetRestrictions", [])
    first_regular = max(0, len(targets) - len(restrictions)) if restrictions else 0
    regular = None
    for position in range(first_regular, len(targets)):
        for group, group_labels in own:
            allowed = not restrictions or any(
                fits(restriction, name, labels, group, group_labels) for restriction in restrictions
            )
            if allowed and fits(targets[position], name, labels, group, group_labels):
                regular = position
                break
        if regular is not None:
            break
    if regular is None or targets[regular].get("doNotDeploy"):
        return None
    matching = [
        position
        for position in range(first_regular)
        if any(fits(targets[position], name, labels, group, group_labels) for group, group_labels in own)
    ]
    if spec.get("targetCustomizationMode") == "AllMatches":
        if any(targets[position].get("doNotDeploy") for position in matching):
            return None
        return (regular, *matching)
    if matching:
        return None if targets[matching[0]].get("doNotDeploy") else (matching[0],)
    return (regular,)
