"""How far an object is, read from its own status (the rules of sigs.k8s.io/cli-utils `kstatus`)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from fleet.agent.domain.conditions import Condition, conditions_of, find
from fleet.agent.domain.objects import Object, block

Progress = Literal["Current", "InProgress", "Failed", "Terminating"]

UNSCHEDULABLE_PATIENCE = 15.0
"""Seconds for which a pod may be unschedulable before that counts as a failure."""


@dataclass(frozen=True, slots=True)
class Result:
    """Where an object stands, and a message for people."""

    progress: Progress
    message: str = ""


_CURRENT = Result("Current")


def compute(item: Object, age: float) -> Result:
    """Judge an object.

    Args:
        item: the live object.
        age: seconds since it was made.
    """
    generic = _generic(item)
    if generic is not None:
        return generic
    rule = _RULES.get(_group_and_kind(item))
    if rule is not None:
        return rule(item, age)
    ready = find(conditions_of(item), "Ready")
    if ready is not None and ready.status != "True":
        return _waiting(ready.message or "Ready condition is not True")
    return _CURRENT


def has_rule(item: Object) -> bool:
    """Whether there is a rule for this very kind, so that its conditions and phase are not all there is."""
    return _group_and_kind(item) in _RULES


def _group_and_kind(item: Object) -> tuple[str, str]:
    return str(item.get("apiVersion", "")).partition("/")[0], str(item.get("kind", ""))


def _generic(item: Object) -> Result | None:
    """What holds for every kind: being deleted, an old observation, conditions for controllers."""
    metadata, status = block(item, "metadata"), block(item, "status")
    if metadata.get("deletionTimestamp"):
        return Result("Terminating", "Resource scheduled for deletion")
    observed, generation = status.get("observedGeneration"), metadata.get("generation")
    if observed is not None and generation is not None and observed != generation:
        return _waiting(
            f"{item.get('kind')} generation is {generation}, but latest observed generation is {observed}"
        )
    conditions = conditions_of(item)
    reconciling, stalled = find(conditions, "Reconciling"), find(conditions, "Stalled")
    if reconciling is not None and reconciling.status == "True":
        return _waiting(reconciling.message)
    if stalled is not None and stalled.status == "True":
        return Result("Failed", stalled.message)
    return None


def _waiting(message: str) -> Result:
    return Result("InProgress", message)


def _count(block: Mapping[str, Any], field: str, default: int = 0) -> int:
    value = block.get(field, default)
    return int(value) if value is not None else default


def _short_of(*counts: tuple[str, int, int]) -> Result | None:
    """The first of (what, have, want) of which there is not enough."""
    for what, have, want in counts:
        if have < want:
            return _waiting(f"{what}: {have}/{want}")
    return None


def _deployment(item: Object, _age: float) -> Result:
    spec, status = block(item, "spec"), block(item, "status")
    want = _count(spec, "replicas", 1)
    conditions = conditions_of(item)
    progressing, available = find(conditions, "Progressing"), find(conditions, "Available")
    if progressing is not None and progressing.reason == "ProgressDeadlineExceeded":
        return Result("Failed", "Progress deadline exceeded")
    have, updated = _count(status, "replicas"), _count(status, "updatedReplicas")
    short = _short_of(("Replicas", have, want), ("Updated", updated, want))
    if short is not None:
        return short
    if have > want:
        return _waiting(f"Pending termination: {have - want}")
    short = _short_of(
        ("Available", _count(status, "availableReplicas"), updated),
        ("Ready", _count(status, "readyReplicas"), want),
    )
    if short is not None:
        return short
    if available is None or available.status != "True":
        return _waiting("Deployment not Available")
    return Result("Current", f"Deployment is available. Replicas: {have}")


def _stateful_set(item: Object, _age: float) -> Result:
    spec, status = block(item, "spec"), block(item, "status")
    strategy = spec.get("updateStrategy") or {}
    want = _count(spec, "replicas", 1)
    have = _count(status, "replicas")
    if strategy.get("type") == "OnDelete":
        return Result("Current", "StatefulSet is using the ondelete update strategy")
    short = _short_of(("Replicas", have, want), ("Ready", _count(status, "readyReplicas"), want))
    if short is not None:
        return short
    if have > want:
        return _waiting(f"Pending termination: {have - want}")
    partition = _count(strategy.get("rollingUpdate") or {}, "partition")
    updated = _count(status, "updatedReplicas")
    if partition:
        if updated < want - partition:
            return _waiting(f"updated: {updated}/{want - partition}")
        return Result("Current", f"Partition rollout complete. updated: {updated}")
    if _count(status, "currentReplicas") < want:
        return _waiting(f"current: {_count(status, 'currentReplicas')}/{want}")
    if status.get("currentRevision") != status.get("updateRevision"):
        return _waiting("Waiting for updated revision to match current")
    return Result("Current", f"All replicas scheduled as expected. Replicas: {have}")


def _daemon_set(item: Object, _age: float) -> Result:
    status = block(item, "status")
    if status.get("observedGeneration") is None:
        return _waiting("Missing .status.desiredNumberScheduled")
    want = _count(status, "desiredNumberScheduled")
    short = _short_of(
        ("Current", _count(status, "currentNumberScheduled"), want),
        ("Updated", _count(status, "updatedNumberScheduled"), want),
        ("Available", _count(status, "numberAvailable"), want),
        ("Ready", _count(status, "numberReady"), want),
    )
    return short or Result("Current", f"All replicas scheduled as expected. Replicas: {want}")


def _replica_set(item: Object, _age: float) -> Result:
    spec, status = block(item, "spec"), block(item, "status")
    want, have = _count(spec, "replicas", 1), _count(status, "replicas")
    failure = find(conditions_of(item), "ReplicaFailure")
    if failure is not None and failure.status == "True":
        return _waiting("Replica Failure condition. Check Pods")
    short = _short_of(
        ("Labelled", _count(status, "fullyLabeledReplicas"), want),
        ("Available", _count(status, "availableReplicas"), want),
        ("Ready", _count(status, "readyReplicas"), want),
    )
    if short is not None:
        return short
    if have > want:
        return _waiting(f"Pending termination: {have - want}")
    return Result("Current", f"ReplicaSet is available. Replicas: {want}")


def _claim(item: Object, _age: float) -> Result:
    phase = block(item, "status").get("phase", "Unknown")
    if phase != "Bound":
        return _waiting(f"PVC is not Bound. phase: {phase}")
    return Result("Current", "PVC is Bound")


def _pod(item: Object, age: float) -> Result:
    status = block(item, "status")
    phase = status.get("phase")
    conditions = conditions_of(item)
    if phase == "Succeeded":
        return Result("Current", "Pod has completed successfully")
    if phase == "Failed":
        return Result("Current", "Pod has completed, but not successfully")
    crashing = [
        container.get("name", "")
        for container in status.get("containerStatuses") or []
        if ((container.get("state") or {}).get("waiting") or {}).get("reason") == "CrashLoopBackOff"
    ]
    if crashing:
        return Result("Failed", f"Containers in CrashLoop state: {','.join(crashing)}")
    if phase == "Running":
        return _running_pod(conditions)
    scheduled = find(conditions, "PodScheduled")
    if scheduled is not None and scheduled.status == "False" and scheduled.reason == "Unschedulable":
        if age > UNSCHEDULABLE_PATIENCE:
            return Result("Failed", "Pod could not be scheduled")
        return _waiting("Pod has not been scheduled")
    return _waiting("Pod is in the Pending phase" if phase == "Pending" else "Pod phase not available")


def _running_pod(conditions: tuple[Condition, ...]) -> Result:
    ready = find(conditions, "Ready")
    if ready is not None and ready.status == "True":
        return Result("Current", "Pod is Ready")
    return _waiting("Pod is running but is not Ready")


def _job(item: Object, _age: float) -> Result:
    status = block(item, "status")
    conditions = conditions_of(item)
    complete, failed = find(conditions, "Complete"), find(conditions, "Failed")
    done = _count(status, "succeeded")
    if complete is not None and complete.status == "True":
        return Result("Current", f"Job Completed. succeeded: {done}")
    if failed is not None and failed.status == "True":
        return Result("Failed", f"Job Failed. failed: {_count(status, 'failed')}")
    if not status.get("startTime"):
        return _waiting("Job not started")
    return Result("Current", f"Job in progress. success:{done}, active: {_count(status, 'active')}")


def _service(item: Object, _age: float) -> Result:
    spec = block(item, "spec")
    if spec.get("type") == "LoadBalancer" and not spec.get("clusterIP"):
        return _waiting("ClusterIP not set. Service type: LoadBalancer")
    return Result("Current", "Service is ready")


def _definition(item: Object, _age: float) -> Result:
    conditions = conditions_of(item)
    names, established = find(conditions, "NamesAccepted"), find(conditions, "Established")
    if names is not None and names.status == "False":
        return Result("Failed", names.message)
    if established is not None and established.status == "True":
        return Result("Current", "CRD is established")
    if established is not None and established.status == "False" and established.reason != "Installing":
        return Result("Failed", established.message)
    return _waiting("Install in progress")


def _always(_item: Object, _age: float) -> Result:
    return Result("Current", "Resource is always ready")


_RULES: Mapping[tuple[str, str], Callable[[Object, float], Result]] = {
    ("apps", "Deployment"): _deployment,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "ReplicaSet"): _replica_set,
    ("v1", "PersistentVolumeClaim"): _claim,
    ("v1", "Pod"): _pod,
    ("v1", "Service"): _service,
    ("v1", "Secret"): _always,
    ("v1", "ConfigMap"): _always,
    ("batch", "Job"): _job,
    ("batch", "CronJob"): _always,
    ("policy", "PodDisruptionBudget"): _always,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
}
