"""Which lists of built-in kinds are maps in disguise, and by which key (`x-kubernetes-patch-merge-key`).

Source: the OpenAPI description of Kubernetes 1.36. Lists of custom resources are never in here: without
their schema a list is one value.
"""

from collections.abc import Mapping
from typing import Any

_BUILT_IN_GROUPS = frozenset({"", "apps", "batch", "autoscaling", "policy", "extensions"})

_KEYS: Mapping[str, str] = {
    "conditions": "type",
    "containers": "name",
    "env": "name",
    "ephemeralContainers": "name",
    "hostAliases": "ip",
    "imagePullSecrets": "name",
    "initContainers": "name",
    "ownerReferences": "uid",
    "resourceClaims": "name",
    "schedulingGates": "name",
    "secrets": "name",
    "topologySpreadConstraints": "topologyKey",
    "volumeDevices": "devicePath",
    "volumeMounts": "mountPath",
    "volumes": "name",
    "webhooks": "name",
}


def is_built_in(api_version: str) -> bool:
    """Whether the kinds of this API are part of Kubernetes itself."""
    group = api_version.rpartition("/")[0]
    return group in _BUILT_IN_GROUPS or group.endswith(".k8s.io")


def merge_key(field: str, items: list[Any]) -> str | None:
    """The field by which the items of this list are told apart; None where the list is one value."""
    key = _KEYS.get(field)
    if field == "ports" and items and isinstance(items[0], Mapping):
        key = "containerPort" if "containerPort" in items[0] else "port"
    if key is None or not all(isinstance(item, Mapping) and key in item for item in items):
        return None
    return key


def identity(item: Mapping[str, Any], key: str) -> tuple[Any, ...]:
    """What tells an item from its siblings; ports may share a number between protocols."""
    if key in ("port", "containerPort"):
        return item.get(key), item.get("protocol") or "TCP"
    return (item.get(key),)
