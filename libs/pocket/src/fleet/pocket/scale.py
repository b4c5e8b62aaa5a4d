"""The `scale` subresource: a number of replicas, seen as an object of its own."""

from typing import Any

from .errors import bad_request
from .resources import Resource, Scale
from .rules import at

Object = dict[str, Any]


def read(resource: Resource, obj: Object) -> Object:
    """The Scale object of a workload."""
    paths = resource.scale or Scale()
    metadata = {
        k: obj["metadata"].get(k)
        for k in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    }
    labels = at(obj, "spec.selector.matchLabels") or {}
    selector = ",".join(f"{k}={v}" for k, v in sorted(labels.items()))
    if paths.selector_path:
        selector = at(obj, paths.selector_path) or ""
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {k: v for k, v in metadata.items() if v is not None},
        "spec": {"replicas": at(obj, paths.spec_path) or 0},
        "status": {"replicas": at(obj, paths.status_path) or 0, "selector": selector},
    }


def write(resource: Resource, obj: Object, scale: Any) -> Object:
    """The workload with the replicas of a Scale object; raises 400 when it has none."""
    wanted = at(scale, "spec.replicas")
    if wanted is None:
        wanted = 0
    if isinstance(wanted, bool) or not isinstance(wanted, int) or wanted < 0:
        raise bad_request(f"spec.replicas: {wanted!r} is no number of replicas")
    *parents, last = (resource.scale or Scale()).spec_path.split(".")
    place = obj
    for step in parents:
        place = place.setdefault(step, {})
    place[last] = wanted
    version = at(scale, "metadata.resourceVersion")
    if version:
        obj["metadata"]["resourceVersion"] = version
    return obj
