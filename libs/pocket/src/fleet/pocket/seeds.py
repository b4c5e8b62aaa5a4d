"""What a new cluster has from the start."""

from typing import TYPE_CHECKING, Any

from .errors import ApiError
from .pod_defaults import NODE
from .store import Key
from .writes import Options

if TYPE_CHECKING:
    from .cluster import Cluster

NAMESPACES = ("default", "kube-public", "kube-node-lease", "kube-system")
SYSTEM = Options(manager="pocket")


def seed(cluster: "Cluster") -> None:
    """Make the namespaces, the node and the storage class, once in a cluster's life.

    kube-system comes last: it is the sign that everything else was made.
    """
    if cluster.store.get("namespaces", Key("", NAMESPACES[-1])):
        return
    _make(cluster, "", "nodes", _node())
    _make(cluster, "storage.k8s.io", "storageclasses", _storage_class())
    for name in NAMESPACES:
        _make(cluster, "", "namespaces", {"metadata": {"name": name}})


def _make(cluster: "Cluster", group: str, plural: str, obj: dict[str, Any]) -> None:
    resource = cluster.registry.find(group, "v1", plural)
    try:
        cluster.create(resource, "", obj, SYSTEM)
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise
    if plural == "nodes":
        cluster.patch(resource, "", NODE, _with_status, Options(manager="pocket", subresource="status"))


def _node() -> dict[str, Any]:
    labels = {"kubernetes.io/hostname": NODE, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    return {"metadata": {"name": NODE, "labels": labels}, "spec": {"podCIDR": "10.244.0.0/24"}}


def _with_status(node: dict[str, Any]) -> dict[str, Any]:
    since = node["metadata"]["creationTimestamp"]
    room = {"cpu": "8", "memory": "16Gi", "pods": "110"}
    ready = {
        "type": "Ready",
        "status": "True",
        "reason": "PocketReady",
        "message": "a pocket cluster runs nothing",
    }
    node["status"] = {
        "capacity": room,
        "allocatable": room,
        "conditions": [{**ready, "lastHeartbeatTime": since, "lastTransitionTime": since}],
        "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}, {"type": "Hostname", "address": NODE}],
        "nodeInfo": {
            "architecture": "amd64",
            "bootID": "",
            "containerRuntimeVersion": "pocket://1",
            "kernelVersion": "",
            "kubeProxyVersion": "",
            "kubeletVersion": "v1.36.0+pocket",
            "machineID": "",
            "operatingSystem": "linux",
            "osImage": "pocket",
            "systemUUID": "",
        },
    }
    return node


def _storage_class() -> dict[str, Any]:
    annotations = {"storageclass.kubernetes.io/is-default-class": "true"}
    return {"metadata": {"name": "standard", "annotations": annotations}, "provisioner": "fleet.pocket/none"}
