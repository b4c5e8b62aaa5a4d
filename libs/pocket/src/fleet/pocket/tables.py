"""`kubectl get` as the server prints it: the Table form of objects."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from .jsonpath import find
from .resources import Resource

Object = dict[str, Any]
Cell = Callable[[Object], Any]


def table(resource: Resource, objects: Iterable[Object], metadata: Object, include: str) -> Object:
    """A Table; `include` is the `includeObject` parameter: None, Metadata or Object."""
    columns = _custom(resource) if resource.custom and resource.columns else _built_in(resource.kind)
    now = datetime.now(UTC)
    rows = []
    for obj in objects:
        cells = [_shown(column, cell(obj), now) for column, cell in columns]
        row: Object = {"cells": cells}
        if include == "Object":
            row["object"] = obj
        elif include != "None":
            row["object"] = partial(obj)
        rows.append(row)
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": [column for column, _ in columns],
        "rows": rows,
    }


def partial(obj: Object) -> Object:
    """The metadata of an object, as an object of its own."""
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]}


def _column(name: str, sort: str = "string", priority: int = 0, description: str = "") -> Object:
    form = "name" if name == "Name" else ""
    return {"name": name, "type": sort, "format": form, "description": description, "priority": priority}


def _custom(resource: Resource) -> list[tuple[Object, Cell]]:
    columns: list[tuple[Object, Cell]] = [(_column("Name"), _name)]
    for column in resource.columns:
        cell = _path(column.path)
        columns.append((_column(column.name, column.type, column.priority, column.description), cell))
    return columns


def _path(path: str) -> Cell:
    return lambda obj: next(iter(find(obj, path)), None)


def _shown(column: Object, value: Any, now: datetime) -> Any:
    if column["type"] == "date" or column["name"] in ("Age", "Last Seen"):
        return age(value, now)
    return value if not isinstance(value, dict | list) else str(value)


def age(text: str | None, now: datetime) -> str:
    """How long ago a timestamp was, as kubectl writes durations."""
    if not text:
        return "<unknown>"
    try:
        then = datetime.fromisoformat(text)
    except ValueError:
        return "<invalid>"
    seconds = max(int((now - then).total_seconds()), 0)
    for size, unit, until in (
        (1, "s", 120),
        (60, "m", 10_800),
        (3600, "h", 172_800),
        (86400, "d", 63_072_000),
    ):
        if seconds < until:
            return f"{seconds // size}{unit}"
    return f"{seconds // 31_536_000}y"


def _name(obj: Object) -> Any:
    return obj["metadata"]["name"]


def _born(obj: Object) -> Any:
    return obj["metadata"].get("creationTimestamp")


def _of(path: str, default: Any = None) -> Cell:
    return lambda obj: next(iter(find(obj, path)), default)


def _ratio(ready: str, wanted: str) -> Cell:
    return lambda obj: f"{_of(ready, 0)(obj)}/{_of(wanted, 0)(obj)}"


def _joined(path: str) -> Cell:
    return lambda obj: ",".join(str(value) for value in find(obj, path)) or "<none>"


def _size(*fields: str) -> Cell:
    return lambda obj: sum(len(obj.get(field) or ()) for field in fields)


def _ports(obj: Object) -> str:
    shown = []
    for port in (obj.get("spec") or {}).get("ports") or ():
        node = f":{port['nodePort']}" if port.get("nodePort") else ""
        shown.append(f"{port.get('port')}{node}/{port.get('protocol', 'TCP')}")
    return ",".join(shown) or "<none>"


def _selector(obj: Object) -> str:
    selector = obj["spec"].get("selector") or {}
    return ",".join(f"{k}={v}" for k, v in (selector.get("matchLabels", selector)).items()) or "<none>"


def _node_ready(obj: Object) -> str:
    return "Ready" if find(obj, '.status.conditions[?(@.type=="Ready")].status') == ["True"] else "NotReady"


def _pod_status(obj: Object) -> Any:
    waiting = find(obj, ".status.containerStatuses[*].state.waiting.reason")
    finished = find(obj, ".status.containerStatuses[*].state.terminated.reason")
    return next(iter([*waiting, *finished]), _of(".status.phase", "Unknown")(obj))


def _pod_ready(obj: Object) -> str:
    ready = find(obj, ".status.containerStatuses[*].ready")
    return f"{sum(map(bool, ready))}/{len(obj['spec'].get('containers') or ())}"


def _job_status(obj: Object) -> str:
    return "Complete" if find(obj, ".status.completionTime") else "Running"


_CONTAINERS: list[tuple[str, str, int, Cell]] = [
    ("Containers", "string", 1, _joined(".spec.template.spec.containers[*].name")),
    ("Images", "string", 1, _joined(".spec.template.spec.containers[*].image")),
]
_SELECTOR: list[tuple[str, str, int, Cell]] = [("Selector", "string", 1, _selector)]

# name, type, priority, cell: the columns between Name and Age
_KINDS: dict[str, list[tuple[str, str, int, Cell]]] = {
    "Namespace": [("Status", "string", 0, _of(".status.phase"))],
    "Node": [
        ("Status", "string", 0, _node_ready),
        ("Roles", "string", 0, lambda obj: "<none>"),
        ("Version", "string", 0, _of(".status.nodeInfo.kubeletVersion")),
    ],
    "ConfigMap": [("Data", "integer", 0, _size("data", "binaryData"))],
    "Secret": [("Type", "string", 0, _of(".type")), ("Data", "integer", 0, _size("data"))],
    "Service": [
        ("Type", "string", 0, _of(".spec.type")),
        ("Cluster-IP", "string", 0, _of(".spec.clusterIP", "<none>")),
        ("External-IP", "string", 0, _joined(".status.loadBalancer.ingress[*].ip")),
        ("Port(s)", "string", 0, _ports),
        ("Selector", "string", 1, _selector),
    ],
    "Deployment": [
        ("Ready", "string", 0, _ratio(".status.readyReplicas", ".spec.replicas")),
        ("Up-to-date", "integer", 0, _of(".status.updatedReplicas", 0)),
        ("Available", "integer", 0, _of(".status.availableReplicas", 0)),
    ],
    "StatefulSet": [("Ready", "string", 0, _ratio(".status.readyReplicas", ".spec.replicas"))],
    "DaemonSet": [
        ("Desired", "integer", 0, _of(".status.desiredNumberScheduled", 0)),
        ("Current", "integer", 0, _of(".status.currentNumberScheduled", 0)),
        ("Ready", "integer", 0, _of(".status.numberReady", 0)),
        ("Up-to-date", "integer", 0, _of(".status.updatedNumberScheduled", 0)),
        ("Available", "integer", 0, _of(".status.numberAvailable", 0)),
    ],
    "ReplicaSet": [
        ("Desired", "integer", 0, _of(".spec.replicas", 0)),
        ("Current", "integer", 0, _of(".status.replicas", 0)),
        ("Ready", "integer", 0, _of(".status.readyReplicas", 0)),
    ],
    "Job": [
        ("Status", "string", 0, _job_status),
        ("Completions", "string", 0, _ratio(".status.succeeded", ".spec.completions")),
    ],
    "CronJob": [
        ("Schedule", "string", 0, _of(".spec.schedule")),
        ("Suspend", "boolean", 0, _of(".spec.suspend")),
        ("Active", "integer", 0, lambda obj: len(find(obj, ".status.active[*]"))),
    ],
    "Pod": [
        ("Ready", "string", 0, _pod_ready),
        ("Status", "string", 0, _pod_status),
        ("Restarts", "string", 0, lambda obj: "0"),
        ("IP", "string", 1, _of(".status.podIP", "<none>")),
        ("Node", "string", 1, _of(".spec.nodeName", "<none>")),
    ],
    "PersistentVolumeClaim": [
        ("Status", "string", 0, _of(".status.phase")),
        ("Volume", "string", 0, _of(".spec.volumeName", "")),
        ("Capacity", "string", 0, _of(".status.capacity.storage", "")),
        ("StorageClass", "string", 0, _of(".spec.storageClassName", "")),
    ],
    "Ingress": [
        ("Class", "string", 0, _of(".spec.ingressClassName", "<none>")),
        ("Hosts", "string", 0, _joined(".spec.rules[*].host")),
    ],
    "Event": [
        ("Last Seen", "string", 0, _of(".lastTimestamp")),
        ("Type", "string", 0, _of(".type")),
        ("Reason", "string", 0, _of(".reason")),
        ("Message", "string", 0, _of(".message")),
    ],
}
for _kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"):
    _KINDS[_kind] += _CONTAINERS + (_SELECTOR if _kind != "StatefulSet" else [])


def _built_in(kind: str) -> list[tuple[Object, Cell]]:
    columns: list[tuple[Object, Cell]] = [(_column("Name"), _name)]
    inner = [(_column(name, sort, priority), cell) for name, sort, priority, cell in _KINDS.get(kind, ())]
    age_column: tuple[Object, Cell] = (_column("Age"), _born)
    normal = [pair for pair in inner if not pair[0]["priority"]]
    wide = [pair for pair in inner if pair[0]["priority"]]
    return columns + normal + [age_column] + wide
