"""Which clusters get a bundle, and with which options: a Bundle and its surroundings as API objects."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import orjson
from pyroaring import BitMap

from fleet.events import (
    BundleRendered,
    BundleSet,
    ClusterRecord,
    Envelope,
    Member,
    ObjectMeta,
    Owner,
    Resource,
    Stored,
    spec_of,
)
from fleet.targeter.domain.bundles import Bundle, BundleOptions, bundle_from
from fleet.targeter.domain.clusters import Cluster, ClusterBook
from fleet.targeter.domain.entries import object_labels
from fleet.targeter.domain.matching import matching
from fleet.targeter.domain.names import cluster_namespace
from fleet.targeter.domain.passes import Pass, Present, one_pass
from fleet.targeter.domain.placement import stage
from fleet.targeter.domain.preparing import failed_for
from fleet.targeter.domain.rules import RuleBook, namespace_labels
from fleet.targeter.domain.strategy import Strategy

NOT_OPTIONS = frozenset(
    {"targets", "targetRestrictions", "targetCustomizationMode", "resources", "paused", "rolloutStrategy"}
    | {"dependsOn", "contentsId", "valuesHash", "helmOpOptions"}
)
WHERE = frozenset(
    {"name", "clusterName", "clusterSelector", "clusterGroup", "clusterGroupSelector", "doNotDeploy"}
)
POINTERS = frozenset(
    {"helm", "kustomize", "yaml", "diff", "correctDrift", "createNamespace", "allowedTargetNamespaceSelector"}
)
OVERLAID = ("namespaceLabels", "namespaceAnnotations")
RULES = {
    "bundleNamespaceMappings": "bundlenamespacemapping",
    "gitRepoRestrictions": "gitreporestriction",
    "policies": "policy",
}


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """The targets of a bundle by the names of their clusters."""
    clusters = clusters_of(asked)
    bundle = bundle_of(asked)
    if bundle.error:
        return {"error": bundle.error.removeprefix("targeting error: ")}
    stage(bundle, clusters, named)
    failed = (clusters.at(ordinal) for ordinal in bundle.refused())
    for cluster in sorted((c for c in failed if c), key=lambda found: found.key):
        text = failed_for(cluster.view(), bundle.failure_of(cluster.ordinal))
        return {"error": text.removeprefix("targeting error: ")}
    return {"targets": targets_of(asked, bundle, clusters)}


def targets_of(asked: dict[str, Any], bundle: Bundle, clusters: ClusterBook) -> list[dict[str, Any]]:
    """The deployments after one pass in which everything may be created."""
    passed = first_pass(asked, bundle, clusters)
    found = [cluster for ordinal in passed.created if (cluster := clusters.at(ordinal))]
    ordered = sorted(found, key=lambda cluster: (cluster.record.name, cluster.record.workspace))
    return [
        target_of(asked, bundle, cluster, promoted=cluster.ordinal in passed.promoted) for cluster in ordered
    ]


def first_pass(asked: dict[str, Any], bundle: Bundle, clusters: ClusterBook) -> Pass:
    """What a first pass over the bundle's partitions creates and promotes."""
    declared = asked["bundle"]["spec"].get("rolloutStrategy") or {}
    everybody, none = bundle.targeted(), BitMap()
    strategy = Strategy.parse(declared | {"maxNew": len(everybody)})
    paused = everybody if bundle.paused else everybody & clusters.paused
    present = Present(everybody, none, none, none, none, none, paused)
    partitions = strategy.partitions(
        everybody,
        lambda criteria: matching(criteria, clusters.index, bundle.workspaces),
        clusters.order,
    )
    return one_pass(strategy, partitions, present, clusters.order)


def target_of(asked: dict[str, Any], bundle: Bundle, cluster: Cluster, *, promoted: bool) -> dict[str, Any]:
    """One deployment as an object."""
    key = next(key for key, members in bundle.staged.items() if cluster.ordinal in members)
    plan = bundle.plans[key]
    options = compact(orjson.loads(plan.plaintext))
    spec: dict[str, Any] = {"options": options if promoted else overlaid(asked)}
    if not promoted:
        spec["stagedOptions"] = options
    if bundle.paused or cluster.paused:
        spec["paused"] = True
    if depends_on := asked["bundle"]["spec"].get("dependsOn"):
        spec["dependsOn"] = depends_on
    if options.get("correctDrift") is not None:
        spec["correctDrift"] = options["correctDrift"]
    return {
        "cluster": "/".join(cluster.key),
        "deploymentID": plan.deployment_id,
        "promoted": promoted,
        "bundleDeployment": {
            "name": bundle.key[1],
            "namespace": namespace_of(asked, cluster),
            "labels": object_labels(cluster.key, {}, bundle.record),
            "spec": spec,
        },
    }


def namespace_of(asked: dict[str, Any], cluster: Cluster) -> str:
    """The namespace that a cluster's status names, or else the one that Fleet gives it."""
    own = (item for item in asked["clusters"] if meta(item).uid == cluster.uid)
    told = next(((item.get("status") or {}).get("namespace") for item in own), None)
    return told or cluster_namespace(*cluster.key)


def overlaid(asked: dict[str, Any]) -> dict[str, Any]:
    """The options of what was never promoted: only what all targets lay over every deployment."""
    found: dict[str, Any] = {"ignore": {}}
    for field in OVERLAID:
        for target in asked["bundle"]["spec"].get("targets") or ():
            if target.get(field):
                found[field] = found.get(field, {}) | target[field]
    return found


def compact(options: dict[str, Any]) -> dict[str, Any]:
    """Options as Go writes them: without what is empty, but for what is a pointer or always written."""
    found = {key: value for key, value in options.items() if key in POINTERS or value not in EMPTY}
    if found.get("helm"):
        helm = found["helm"].items()
        found["helm"] = {key: value for key, value in helm if key == "values" or value not in EMPTY}
    return {"ignore": {}} | {key: value for key, value in found.items() if value is not None}


EMPTY: tuple[Any, ...] = (None, "", 0, False, [], {})


def bundle_of(asked: dict[str, Any]) -> Bundle:
    """The bundle as a bundler would have handed it in, under the rules of its workspace."""
    given = asked["bundle"]
    spec, metadata = given.get("spec") or {}, meta(given)
    base = {key: value for key, value in spec.items() if key not in NOT_OPTIONS}
    targets = [{k: v for k, v in target.items() if k not in WHERE} for target in spec.get("targets") or ()]
    record = BundleRendered(
        workspace=metadata.namespace,
        bundle=metadata.name,
        uid=metadata.uid,
        owner=Owner(kind="GitRepo", name="oracle", uid="oracle"),
        commit="",
        commit_sequence=1,
        set=BundleSet(size=1, digest=""),
        labels=metadata.labels,
        spec={key: spec[key] for key in NOT_OPTIONS & spec.keys() if key != "resources"},
        content=str(asked.get("manifestID") or ""),
        options="",
        spec_digest="",
    )
    rules, others = RuleBook(), namespaces_of(asked)
    for field, kind in RULES.items():
        for item in asked.get(field) or ():
            own = meta(item)
            rules.declare(kind, own.namespace, own.name, spec_of(kind, item))
    return bundle_from(
        stored(record),
        BundleOptions(base, tuple(targets)),
        workspaces=rules.workspaces(metadata.namespace, metadata.labels, others),
        overrides=rules.overrides(metadata.namespace, metadata.labels),
    )


def namespaces_of(asked: dict[str, Any]) -> list[tuple[str, dict[str, str]]]:
    """The namespaces with their labels; where none are given, the clusters' as Kubernetes labels them."""
    given = asked.get("namespaces")
    if given is None:
        return [(n, namespace_labels(n)) for n in {meta(c).namespace for c in asked.get("clusters") or ()}]
    return [(meta(item).name, meta(item).labels) for item in given]


def clusters_of(asked: dict[str, Any]) -> ClusterBook:
    """The clusters and groups, numbered in the order in which they are given."""
    book = ClusterBook()
    for number, item in enumerate(asked.get("clusters") or (), 1):
        metadata = meta(item)
        book.put(stored(ClusterRecord(metadata=metadata, spec=item.get("spec") or {}), number))
        book.number(Member(workspace=metadata.namespace, cluster=metadata.name, uid=metadata.uid), number)
    for item in asked.get("clusterGroups") or ():
        group = Resource(kind="clustergroup", metadata=meta(item), spec=item.get("spec") or {})
        book.put_group(stored(group))
    for workspace in book.workspaces():
        book.settle(workspace)
    return book


def meta(item: dict[str, Any]) -> ObjectMeta:
    """The part of an object's metadata that counts."""
    found = item.get("metadata") or {}
    return ObjectMeta(
        name=found["name"],
        namespace=found.get("namespace") or "default",
        uid=found.get("uid") or f"{found.get('namespace')}/{found['name']}",
        labels=found.get("labels") or {},
        annotations=found.get("annotations") or {},
    )


def stored(event: Any, sequence: int = 1) -> Stored[Any]:
    """An event as its stream would hold it."""
    envelope = Envelope(id="oracle", type=event.type_name(), source="oracle", time="")
    return Stored(event, "", sequence, datetime.fromtimestamp(0, UTC), envelope)


def named(workspace: str, plaintext: bytes) -> str:
    """A name for a plaintext; the keyed one of the vault tells no more about which are equal."""
    return hashlib.sha256(workspace.encode() + b"\0" + plaintext).hexdigest()
