"""Before live and wanted are compared: what never counts, and what the options say does not count."""

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from fnmatch import fnmatchcase
from typing import Any

import orjson

from fleet.agent.domain.objects import Kind, Object, Ref, ref_of
from fleet.agent.domain.options import ComparePatch, PatchOperation
from fleet.agent.domain.patches import json_patch

_KEPT_METADATA = ("labels", "annotations")
_WEBHOOKS = frozenset({"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"})


def normalise(
    wanted: Object, live: Object, ref: Ref, patches: Iterable[ComparePatch], scalers: Iterable[Object]
) -> tuple[Object, Object]:
    """Make two objects comparable.

    Status and most metadata are dropped on both sides. `scalers` are the HorizontalPodAutoscalers of the
    bundle: replicas that one of them may have set do not count.
    """
    pair = (_trimmed(wanted), _trimmed(live))
    for rule in (_plain_secret, _ca_bundles, _aggregated_rules):
        pair = rule(*pair)
    if any(_scales(scaler, ref, pair[1]) for scaler in scalers):
        pair = (_without(pair[0], "/spec/replicas"), pair[1])
    for patch in patches:
        pair = (_patched(pair[0], patch, ref), _patched(pair[1], patch, ref))
    return pair


def hides_missing(ref: Ref, patches: Iterable[ComparePatch]) -> bool:
    """Whether an `ignore` operation says that this object may be missing."""
    return any(
        operation.op == "ignore"
        and (patch.api_version, patch.kind) == tuple(ref.type)
        and patch.namespace == ref.namespace
        and _names(patch.name, ref.name)
        for patch in patches
        for operation in patch.operations
    )


def _trimmed(item: Object) -> Object:
    metadata = item.get("metadata") or {}
    kept = {key: metadata[key] for key in _KEPT_METADATA if metadata.get(key)}
    rest = {key: value for key, value in item.items() if key not in ("metadata", "status")}
    return {**rest, "metadata": kept}


def _plain_secret(wanted: Object, live: Object) -> tuple[Object, Object]:
    """`stringData` is only a way to write `data`."""
    if wanted.get("kind") != "Secret" or not isinstance(wanted.get("stringData"), Mapping):
        return wanted, live
    encoded = {
        key: base64.b64encode(str(value).encode()).decode() for key, value in wanted["stringData"].items()
    }
    rest = {key: value for key, value in wanted.items() if key != "stringData"}
    return {**rest, "data": {**(wanted.get("data") or {}), **encoded}}, live


def _ca_bundles(wanted: Object, live: Object) -> tuple[Object, Object]:
    """A CA that somebody injects into a webhook is not ours to compare."""
    if wanted.get("kind") not in _WEBHOOKS:
        return wanted, live
    webhooks = deepcopy(wanted.get("webhooks") or [])
    for webhook in webhooks:
        client = webhook.get("clientConfig") or {}
        if client.get("caBundle") in ("\n", "Cg==", "", None):
            client.pop("caBundle", None)
    return {**wanted, "webhooks": webhooks}, live


def _aggregated_rules(wanted: Object, live: Object) -> tuple[Object, Object]:
    """The rules of an aggregated ClusterRole are written by a controller."""
    if wanted.get("kind") == "ClusterRole" and wanted.get("aggregationRule"):
        return {key: value for key, value in wanted.items() if key != "rules"}, live
    return wanted, live


def _scales(scaler: Object, ref: Ref, live: Object) -> bool:
    spec = scaler.get("spec") or {}
    target = spec.get("scaleTargetRef") or {}
    if (target.get("kind"), target.get("name")) != (ref.kind, ref.name):
        return False
    if target.get("apiVersion") and target["apiVersion"] != ref.api_version:
        return False
    if ref_of(scaler, ref.namespace).namespace != ref.namespace:
        return False
    replicas = (live.get("spec") or {}).get("replicas")
    least, most = spec.get("minReplicas") or 1, spec.get("maxReplicas") or 0
    return isinstance(replicas, int) and least <= replicas <= most


def _patched(item: Object, patch: ComparePatch, ref: Ref) -> Object:
    if _points_at(patch, ref):
        for path in patch.json_pointers:
            item = _without(item, path)
    if (patch.api_version, patch.kind, patch.name) == (ref.api_version, ref.kind, ref.name) and (
        patch.namespace in ("", ref.namespace)
    ):
        for operation in patch.operations:
            item = _operated(item, operation)
    return item


def _points_at(patch: ComparePatch, ref: Ref) -> bool:
    """JSON pointers may name group and kind by a glob, and leave out namespace and name."""
    return (
        fnmatchcase(ref.type.group, Kind(patch.api_version, "").group)
        and fnmatchcase(ref.kind, patch.kind or "*")
        and patch.namespace in ("", ref.namespace)
        and patch.name in ("", ref.name)
    )


def _operated(item: Object, operation: PatchOperation) -> Object:
    """Each operation is applied alone; one that does not fit changes nothing."""
    if operation.op == "ignore":
        return item
    step: dict[str, Any] = {"op": operation.op, "path": operation.path}
    if operation.op in ("add", "replace", "test"):
        step["value"] = _value(operation.value)
    return _tried(item, lambda: json_patch(item, [step]))


def _without(item: Object, path: str) -> Object:
    return _tried(item, lambda: json_patch(item, [{"op": "remove", "path": path}]))


def _tried(item: Object, change: Callable[[], Any]) -> Object:
    try:
        changed = change()
    except ValueError:
        return item
    return changed if isinstance(changed, dict) else {}


def _value(value: Any) -> Any:
    """The value of an operation is JSON in a string in Fleet's API; what is no JSON is a string."""
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except ValueError:
        return value


def _names(pattern: str, name: str) -> bool:
    if not pattern or pattern == name:
        return True
    try:
        return re.search(pattern, name) is not None
    except re.error:
        return False
