"""What a cluster serves: the built-in kinds, and those that a CustomResourceDefinition adds."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from .shapes import FREE, META
from .typetable import Schema, reference

VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True, slots=True)
class Column:
    """A printer column of a custom resource."""

    name: str
    type: str
    path: str
    priority: int = 0
    description: str = ""


@dataclass(frozen=True, slots=True)
class Scale:
    """Where the `scale` subresource reads and writes; dotted paths."""

    spec_path: str = "spec.replicas"
    status_path: str = "status.replicas"
    selector_path: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """One resource in one version."""

    group: str
    version: str
    plural: str
    kind: str
    schema: Schema
    namespaced: bool = True
    singular: str = ""
    list_kind: str = ""
    status: bool = False
    scale: Scale | None = None
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    custom: bool = False
    stored_as: str = ""
    """The API version in which objects are kept, where it may be another one."""

    @property
    def api_version(self) -> str:
        """As it stands in objects, such as `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def table(self) -> str:
        """Where its objects are kept: the same for all versions."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


# apiVersion, kind, plural, type, marks, short names.
# Marks: c cluster-wide, s status, r scale, a in the category `all`.
_BUILT_IN = """
v1 Namespace namespaces core.v1.Namespace cs ns
v1 Node nodes core.v1.Node cs no
v1 PersistentVolume persistentvolumes core.v1.PersistentVolume cs pv
v1 PersistentVolumeClaim persistentvolumeclaims core.v1.PersistentVolumeClaim s pvc
v1 ConfigMap configmaps core.v1.ConfigMap - cm
v1 Secret secrets core.v1.Secret -
v1 ServiceAccount serviceaccounts core.v1.ServiceAccount - sa
v1 Service services core.v1.Service sa svc
v1 Endpoints endpoints core.v1.Endpoints - ep
v1 Event events core.v1.Event - ev
v1 Pod pods core.v1.Pod sa po
v1 PodTemplate podtemplates core.v1.PodTemplate -
v1 ReplicationController replicationcontrollers core.v1.ReplicationController sra rc
v1 ResourceQuota resourcequotas core.v1.ResourceQuota s quota
v1 LimitRange limitranges core.v1.LimitRange - limits
apps/v1 Deployment deployments apps.v1.Deployment sra deploy
apps/v1 StatefulSet statefulsets apps.v1.StatefulSet sra sts
apps/v1 DaemonSet daemonsets apps.v1.DaemonSet sa ds
apps/v1 ReplicaSet replicasets apps.v1.ReplicaSet sra rs
apps/v1 ControllerRevision controllerrevisions apps.v1.ControllerRevision -
batch/v1 Job jobs batch.v1.Job sa
batch/v1 CronJob cronjobs batch.v1.CronJob sa cj
autoscaling/v2 HorizontalPodAutoscaler horizontalpodautoscalers autoscaling.v2.HorizontalPodAutoscaler sa hpa
networking.k8s.io/v1 Ingress ingresses networking.v1.Ingress s ing
networking.k8s.io/v1 IngressClass ingressclasses networking.v1.IngressClass c
networking.k8s.io/v1 NetworkPolicy networkpolicies networking.v1.NetworkPolicy - netpol
policy/v1 PodDisruptionBudget poddisruptionbudgets policy.v1.PodDisruptionBudget s pdb
rbac.authorization.k8s.io/v1 Role roles rbac.v1.Role -
rbac.authorization.k8s.io/v1 RoleBinding rolebindings rbac.v1.RoleBinding -
rbac.authorization.k8s.io/v1 ClusterRole clusterroles rbac.v1.ClusterRole c
rbac.authorization.k8s.io/v1 ClusterRoleBinding clusterrolebindings rbac.v1.ClusterRoleBinding c
storage.k8s.io/v1 StorageClass storageclasses storage.v1.StorageClass c sc
storage.k8s.io/v1 VolumeAttachment volumeattachments storage.v1.VolumeAttachment cs
storage.k8s.io/v1 CSIDriver csidrivers storage.v1.CSIDriver c
storage.k8s.io/v1 CSINode csinodes storage.v1.CSINode c
storage.k8s.io/v1 CSIStorageCapacity csistoragecapacities storage.v1.CSIStorageCapacity -
scheduling.k8s.io/v1 PriorityClass priorityclasses scheduling.v1.PriorityClass c pc
coordination.k8s.io/v1 Lease leases coordination.v1.Lease -
discovery.k8s.io/v1 EndpointSlice endpointslices discovery.v1.EndpointSlice -
events.k8s.io/v1 Event events events.v1.Event - ev
node.k8s.io/v1 RuntimeClass runtimeclasses node.v1.RuntimeClass c
certificates.k8s.io/v1 CertificateSigningRequest certificatesigningrequests certificates.v1.CertificateSigningRequest cs csr
apiextensions.k8s.io/v1 CustomResourceDefinition customresourcedefinitions apiextensions.v1.CustomResourceDefinition cs crd,crds
apiregistration.k8s.io/v1 APIService apiservices apiregistration.v1.APIService cs
admissionregistration.k8s.io/v1 MutatingWebhookConfiguration mutatingwebhookconfigurations admissionregistration.v1.MutatingWebhookConfiguration c
admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration validatingwebhookconfigurations admissionregistration.v1.ValidatingWebhookConfiguration c
admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy validatingadmissionpolicies admissionregistration.v1.ValidatingAdmissionPolicy cs
admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding validatingadmissionpolicybindings admissionregistration.v1.ValidatingAdmissionPolicyBinding c
"""  # noqa: E501 - a table


@cache
def built_in() -> tuple[Resource, ...]:
    """The kinds that every cluster has; the same values for all clusters of the process."""
    return tuple(_row(line.split()) for line in _BUILT_IN.strip().splitlines())


def _row(cells: list[str]) -> Resource:
    api_version, kind, plural, type_name, marks, *short = cells
    group, _, version = api_version.rpartition("/")
    return Resource(
        group=group,
        version=version,
        plural=plural,
        kind=kind,
        schema=reference(type_name),
        namespaced="c" not in marks,
        singular=kind.lower(),
        list_kind=kind + "List",
        status="s" in marks,
        scale=Scale() if "r" in marks else None,
        short_names=tuple(short[0].split(",")) if short else (),
        categories=("all",) if "a" in marks else (),
    )


def from_definition(definition: dict[str, Any]) -> Iterator[Resource]:
    """The resources of a CustomResourceDefinition, one for each served version."""
    spec = definition["spec"]
    names = spec["names"]
    for version in spec["versions"]:
        if not version.get("served", True):
            continue
        subresources = version.get("subresources") or {}
        yield Resource(
            group=spec["group"],
            version=version["name"],
            plural=names["plural"],
            kind=names["kind"],
            schema=_custom_schema((version.get("schema") or {}).get("openAPIV3Schema") or FREE),
            namespaced=spec.get("scope") == "Namespaced",
            singular=names.get("singular") or names["kind"].lower(),
            list_kind=names.get("listKind") or names["kind"] + "List",
            status="status" in subresources,
            scale=_scale(subresources.get("scale")),
            short_names=tuple(names.get("shortNames") or ()),
            categories=tuple(names.get("categories") or ()),
            columns=tuple(_columns(version)),
            custom=True,
        )


def storage_version(definition: dict[str, Any]) -> str:
    """The version in which objects of the definition are kept."""
    versions = definition["spec"]["versions"]
    return str(next((v["name"] for v in versions if v.get("storage")), versions[0]["name"]))


def _custom_schema(declared: Schema) -> Schema:
    properties = {
        **(declared.get("properties") or {}),
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": META,
    }
    return {"type": "object", **declared, "properties": properties}


def _scale(declared: dict[str, Any] | None) -> Scale | None:
    if not declared:
        return None
    return Scale(
        spec_path=declared.get("specReplicasPath", "").lstrip("."),
        status_path=declared.get("statusReplicasPath", "").lstrip("."),
        selector_path=declared.get("labelSelectorPath", "").lstrip("."),
    )


def _columns(version: dict[str, Any]) -> Iterator[Column]:
    for column in version.get("additionalPrinterColumns") or ():
        yield Column(
            name=column["name"],
            type=column.get("type", "string"),
            path=column.get("jsonPath", ""),
            priority=column.get("priority", 0),
            description=column.get("description", ""),
        )
