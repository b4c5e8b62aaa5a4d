"""What a real API server refuses about built-in kinds beyond the types of their fields."""

from collections.abc import Callable, Iterator
from typing import Any

from .errors import Cause

Object = dict[str, Any]

_ENUMS: dict[str, dict[str, tuple[str, ...]]] = {
    "Service": {"spec.type": ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")},
    "Deployment": {"spec.strategy.type": ("Recreate", "RollingUpdate")},
    "StatefulSet": {"spec.updateStrategy.type": ("OnDelete", "RollingUpdate")},
    "DaemonSet": {"spec.updateStrategy.type": ("OnDelete", "RollingUpdate")},
    "CronJob": {"spec.concurrencyPolicy": ("Allow", "Forbid", "Replace")},
}

_IMMUTABLE: dict[str, tuple[str, ...]] = {
    "Deployment": ("spec.selector",),
    "DaemonSet": ("spec.selector",),
    "ReplicaSet": ("spec.selector",),
    "Job": ("spec.selector", "spec.template", "spec.completionMode"),
    "Secret": ("type",),
    "RoleBinding": ("roleRef",),
    "ClusterRoleBinding": ("roleRef",),
    "StorageClass": ("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"),
    "PriorityClass": ("value",),
    "CustomResourceDefinition": ("spec.group", "spec.scope", "spec.names.plural"),
}

_STATEFUL_SET_MAY_CHANGE = frozenset(
    [
        "minReadySeconds",
        "ordinals",
        "persistentVolumeClaimRetentionPolicy",
        "replicas",
        "revisionHistoryLimit",
        "template",
        "updateStrategy",
    ]
)
_POD_MAY_CHANGE = frozenset(
    {"activeDeadlineSeconds", "terminationGracePeriodSeconds", "tolerations", "nodeName"}
)
_TEMPLATES = {"Deployment": "Always", "StatefulSet": "Always", "DaemonSet": "Always", "ReplicaSet": "Always"}


def causes(kind: str, obj: Object, before: Object | None) -> Iterator[Cause]:
    """Everything that is wrong with an object after defaulting; `before` is what it replaces."""
    for path, allowed in _ENUMS.get(kind, {}).items():
        value = at(obj, path)
        if value is not None and value not in allowed:
            said = ", ".join(f'"{v}"' for v in allowed)
            message = f'Unsupported value: "{value}": supported values: {said}'
            yield Cause(path, "FieldValueNotSupported", message)
    if kind in _RULES:
        yield from _RULES[kind](obj)
    if kind in _TEMPLATES:
        yield from _workload(obj, _TEMPLATES[kind])
    if before is not None:
        yield from _changes(kind, before, obj)


def at(obj: Any, path: str) -> Any:
    """The value at a dotted path; None when nothing is there."""
    for step in path.split("."):
        obj = obj.get(step) if isinstance(obj, dict) else None
    return obj


def _changes(kind: str, before: Object, after: Object) -> Iterator[Cause]:
    for path in _IMMUTABLE.get(kind, ()):
        if at(before, path) != at(after, path):
            yield Cause(path, "FieldValueInvalid", f"Invalid value: {at(after, path)}: field is immutable")
    if before.get("immutable") and kind in ("ConfigMap", "Secret"):
        for path in ("data", "binaryData", "immutable"):
            if before.get(path) != after.get(path):
                yield _forbidden(path, "field is immutable when `immutable` is set")
    if kind == "Service" and at(before, "spec.type") == at(after, "spec.type") != "ExternalName":
        old, new = at(before, "spec.clusterIP"), at(after, "spec.clusterIP")
        if old and old != new:
            yield Cause(
                "spec.clusterIPs[0]",
                "FieldValueInvalid",
                f'Invalid value: ["{new}"]: may not change once set',
            )
    if kind == "StatefulSet" and _others(before, _STATEFUL_SET_MAY_CHANGE) != _others(
        after, _STATEFUL_SET_MAY_CHANGE
    ):
        allowed = ", ".join(f"'{name}'" for name in sorted(_STATEFUL_SET_MAY_CHANGE))
        yield _forbidden("spec", f"updates to statefulset spec for fields other than {allowed} are forbidden")
    if kind == "PersistentVolumeClaim" and _claim(before) != _claim(after):
        yield _forbidden(
            "spec", "spec is immutable after creation except resources.requests for bound claims"
        )
    if kind == "Pod" and _pod(before) != _pod(after):
        yield _forbidden(
            "spec",
            "pod updates may not change fields other than `spec.containers[*].image`,"
            "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations`",
        )


def _others(obj: Object, allowed: frozenset[str]) -> Object:
    return {k: v for k, v in obj["spec"].items() if k not in allowed}


def _claim(obj: Object) -> Object:
    free = frozenset({"resources", "volumeName", "volumeAttributesClassName"})
    return _others(obj, free)


def _pod(obj: Object) -> Object:
    spec = _others(obj, _POD_MAY_CHANGE)
    for name in ("containers", "initContainers"):
        spec[name] = [{k: v for k, v in c.items() if k != "image"} for c in spec.get(name) or ()]
    return spec


def _workload(obj: Object, restart: str) -> Iterator[Cause]:
    spec = obj["spec"]
    if (replicas := spec.get("replicas")) is not None and replicas < 0:
        said = f"Invalid value: {replicas}: must be greater than or equal to 0"
        yield Cause("spec.replicas", "FieldValueInvalid", said)
    template, selector = spec.get("template"), spec.get("selector")
    if isinstance(template, dict):
        labels = (template.get("metadata") or {}).get("labels") or {}
        wanted = (selector or {}).get("matchLabels") or {}
        if selector is not None and not wanted and not (selector.get("matchExpressions")):
            said = "Invalid value: {}: empty selector is invalid for " + obj["kind"].lower()
            yield Cause("spec.selector", "FieldValueInvalid", said)
        elif any(labels.get(k) != v for k, v in wanted.items()):
            said = f"Invalid value: {labels}: `selector` does not match template `labels`"
            yield Cause("spec.template.metadata.labels", "FieldValueInvalid", said)
        yield from _pod_spec(template.get("spec") or {}, "spec.template.spec", (restart,))


def _job(obj: Object) -> Iterator[Cause]:
    template = obj["spec"].get("template") or {}
    yield from _pod_spec(template.get("spec") or {}, "spec.template.spec", ("OnFailure", "Never"))


def _cron_job(obj: Object) -> Iterator[Cause]:
    spec = obj["spec"]
    schedule = spec.get("schedule", "")
    if not schedule.startswith("@") and len(schedule.split()) != 5:
        said = f'Invalid value: "{schedule}": expected exactly 5 fields, found {len(schedule.split())}'
        yield Cause("spec.schedule", "FieldValueInvalid", said)
    template = at(spec, "jobTemplate.spec.template.spec") or {}
    yield from _pod_spec(template, "spec.jobTemplate.spec.template.spec", ("OnFailure", "Never"))


def _bare_pod(obj: Object) -> Iterator[Cause]:
    yield from _pod_spec(obj["spec"], "spec", ("Always", "OnFailure", "Never"))


def _pod_spec(spec: Object, path: str, restarts: tuple[str, ...]) -> Iterator[Cause]:
    if spec.get("restartPolicy") not in restarts:
        allowed = ", ".join(f'"{value}"' for value in restarts)
        said = f'Unsupported value: "{spec.get("restartPolicy")}": supported values: {allowed}'
        yield Cause(f"{path}.restartPolicy", "FieldValueNotSupported", said)
    if not spec.get("containers"):
        yield Cause(f"{path}.containers", "FieldValueRequired", "Required value")
    volumes = {volume.get("name") for volume in spec.get("volumes") or ()}
    for field in ("initContainers", "containers"):
        for n, container in enumerate(spec.get(field) or ()):
            yield from _container(container, f"{path}.{field}[{n}]", volumes)


def _container(container: Object, path: str, volumes: set[Any]) -> Iterator[Cause]:
    if not container.get("image"):
        yield Cause(f"{path}.image", "FieldValueRequired", "Required value")
    if (policy := container.get("imagePullPolicy")) not in ("Always", "IfNotPresent", "Never"):
        said = f'Unsupported value: "{policy}": supported values: "Always", "IfNotPresent", "Never"'
        yield Cause(f"{path}.imagePullPolicy", "FieldValueNotSupported", said)
    for n, mount in enumerate(container.get("volumeMounts") or ()):
        if mount.get("name") not in volumes:
            yield Cause(
                f"{path}.volumeMounts[{n}].name", "FieldValueNotFound", f'Not found: "{mount.get("name")}"'
            )
    for n, port in enumerate(container.get("ports") or ()):
        yield from _port(port.get("containerPort"), f"{path}.ports[{n}].containerPort")


def _service(obj: Object) -> Iterator[Cause]:
    spec = obj["spec"]
    ports = spec.get("ports") or ()
    if not ports and spec["type"] != "ExternalName" and spec.get("clusterIP") != "None":
        yield Cause("spec.ports", "FieldValueRequired", "Required value")
    if spec["type"] == "ExternalName" and not spec.get("externalName"):
        yield Cause("spec.externalName", "FieldValueRequired", "Required value")
    names = set()
    for n, port in enumerate(ports):
        yield from _port(port.get("port"), f"spec.ports[{n}].port")
        if len(ports) > 1 and not port.get("name"):
            yield Cause(f"spec.ports[{n}].name", "FieldValueRequired", "Required value")
        elif port.get("name") in names:
            yield Cause(f"spec.ports[{n}].name", "FieldValueDuplicate", f'Duplicate value: "{port["name"]}"')
        names.add(port.get("name"))


def _port(value: Any, path: str) -> Iterator[Cause]:
    if isinstance(value, int) and not 1 <= value <= 65535:
        yield Cause(
            path, "FieldValueInvalid", f"Invalid value: {value}: must be between 1 and 65535, inclusive"
        )


def _claim_rules(obj: Object) -> Iterator[Cause]:
    if not obj["spec"].get("accessModes"):
        yield Cause(
            "spec.accessModes", "FieldValueRequired", "Required value: at least 1 access mode is required"
        )
    if at(obj, "spec.resources.requests.storage") is None:
        yield Cause("spec.resources[storage]", "FieldValueRequired", "Required value")


def _small(obj: Object) -> Iterator[Cause]:
    size = sum(len(str(v)) for field in ("data", "binaryData") for v in (obj.get(field) or {}).values())
    if size > 1 << 20 and (obj["kind"] != "Secret" or size * 3 // 4 > 1 << 20):
        yield Cause("data" if obj["kind"] == "Secret" else "", "FieldValueTooLong", "Too long: may not be more than 1048576 bytes")  # fmt: skip  # noqa: E501


def _definition(obj: Object) -> Iterator[Cause]:
    spec = obj["spec"]
    wanted = f"{at(spec, 'names.plural')}.{spec.get('group')}"
    if obj["metadata"]["name"] != wanted:
        said = f'Invalid value: "{obj["metadata"]["name"]}": must be spec.names.plural+"."+spec.group'
        yield Cause("metadata.name", "FieldValueInvalid", said)
    if sum(bool(version.get("storage")) for version in spec.get("versions") or ()) != 1:
        said = "Invalid value: must have exactly one version marked as storage version"
        yield Cause("spec.versions", "FieldValueInvalid", said)
    for n, version in enumerate(spec.get("versions") or ()):
        if not at(version, "schema.openAPIV3Schema"):
            yield Cause(f"spec.versions[{n}].schema.openAPIV3Schema", "FieldValueRequired", "Required value: schemas are required")  # fmt: skip  # noqa: E501


def _forbidden(path: str, why: str) -> Cause:
    return Cause(path, "FieldValueForbidden", f"Forbidden: {why}")


_RULES: dict[str, Callable[[Object], Iterator[Cause]]] = {
    "Job": _job,
    "CronJob": _cron_job,
    "Pod": _bare_pod,
    "Service": _service,
    "PersistentVolumeClaim": _claim_rules,
    "ConfigMap": _small,
    "Secret": _small,
    "CustomResourceDefinition": _definition,
}
