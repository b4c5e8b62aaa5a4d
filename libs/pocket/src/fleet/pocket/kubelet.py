"""What a cluster's controllers and kubelets would report about an object: its status, at once or waiting."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from .starting import Blocked, Find, blocker

Object = dict[str, Any]

REVISION = "deployment.kubernetes.io/revision"


@dataclass(frozen=True, slots=True)
class View:
    """An object to report on: what stands in its way, and the present time."""

    obj: Object
    blocked: Blocked | None
    now: str

    @property
    def spec(self) -> Object:
        """What is wanted."""
        found: Object = self.obj.get("spec") or {}
        return found

    @property
    def status(self) -> Object:
        """What was reported so far."""
        found: Object = self.obj.get("status") or {}
        return found

    @property
    def generation(self) -> int:
        """The generation to report on."""
        return int(self.obj["metadata"].get("generation", 1))

    @property
    def uid(self) -> str:
        """The object's uid."""
        return str(self.obj["metadata"]["uid"])

    def condition(self, kind: str, holds: bool, reason: str, message: str) -> Object:
        """A condition that keeps its times as long as nothing about it changes."""
        value = {"type": kind, "status": "True" if holds else "False", "reason": reason, "message": message}
        for old in self.status.get("conditions") or ():
            if old.get("type") == kind and old.get("status") == value["status"]:
                times = {k: v for k, v in old.items() if k.endswith("Time")}
                return {**value, **times}
        return {**value, "lastTransitionTime": self.now}


def report(obj: Object, find: Find, now: str) -> tuple[Object, Blocked | None] | None:
    """The status an object should have, and what it waits for; None when its kind is nobody's to report on.

    What runs once for a generation goes on running, whatever becomes of the things it refers to.
    """
    make = _KINDS.get(obj["kind"])
    if make is None:
        return None
    blocked = None if _runs(obj) else _blocked(obj, find)
    status = make(View(obj, blocked, now))
    return {k: v for k, v in status.items() if v not in (None, [])}, blocked


def _runs(obj: Object) -> bool:
    status, generation = obj.get("status") or {}, obj["metadata"].get("generation", 1)
    if obj["kind"] in ("Pod", "PersistentVolumeClaim"):
        return status.get("phase") in ("Running", "Succeeded", "Bound")
    if obj["kind"] == "Job":
        return bool(status.get("completionTime"))
    if status.get("observedGeneration") != generation:
        return False
    if obj["kind"] == "DaemonSet":
        return bool(status.get("numberReady"))
    wanted = obj["spec"].get("replicas", 1)
    ready, updated = status.get("readyReplicas", 0), status.get("updatedReplicas", wanted)
    return bool(wanted == ready == updated and not status.get("unavailableReplicas"))


def _blocked(obj: Object, find: Find) -> Blocked | None:
    spec, namespace = obj.get("spec") or {}, obj["metadata"].get("namespace", "")
    if obj["kind"] == "PersistentVolumeClaim":
        wanted = spec.get("storageClassName")
        if wanted and find("storageclasses.storage.k8s.io", "", wanted) is None:
            return Blocked("ProvisioningFailed", f'storageclass.storage.k8s.io "{wanted}" not found')
        return None
    if obj["kind"] == "Service":
        return None
    pod = spec if obj["kind"] == "Pod" else (spec.get("template") or {}).get("spec") or {}
    claims = [claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates") or ()]
    volumes = [volume for volume in pod.get("volumes") or () if volume.get("name") not in claims]
    return blocker({**pod, "volumes": volumes}, namespace, find)


def revision(obj: Object) -> str:
    """A name for the pod template, as controllers append it to their name."""
    template = orjson.dumps(obj["spec"].get("template"), option=orjson.OPT_SORT_KEYS)
    return f"{obj['metadata']['name']}-{hashlib.blake2b(template, digest_size=5).hexdigest()}"


def next_revision(obj: Object) -> Object | None:
    """What to change about a Deployment so that its annotation counts its pod templates; None when nothing.

    The template that was counted last is the one named in the Progressing condition.
    """
    annotations = obj["metadata"].get("annotations") or {}
    said = [c.get("message", "") for c in (obj.get("status") or {}).get("conditions") or ()]
    if REVISION in annotations and any(f'"{revision(obj)}"' in message for message in said):
        return None
    number = int(annotations.get(REVISION) or 0)
    if not said and number:
        return None
    return {"metadata": {**obj["metadata"], "annotations": {**annotations, REVISION: str(number + 1)}}}


def _deployment(view: View) -> Object:
    wanted = view.spec.get("replicas", 1)
    old = min(view.status.get("availableReplicas", 0), wanted)
    name = revision(view.obj)
    if not view.blocked or not wanted:
        counts = _counts(wanted, "replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
        progress = ("NewReplicaSetAvailable", f'ReplicaSet "{name}" has successfully progressed.')
    else:
        new = 1 if old else wanted
        counts = _counts(old, "readyReplicas", "availableReplicas")
        counts |= {"replicas": old + new, "updatedReplicas": new, "unavailableReplicas": new}
        why = f"{view.blocked.reason}: {view.blocked.message}"
        progress = ("ReplicaSetUpdated", f'ReplicaSet "{name}" is progressing: {why}')
    available = not view.blocked or not wanted or old > 0
    said = (
        "Deployment has minimum availability."
        if available
        else "Deployment does not have minimum availability."
    )
    reason = "MinimumReplicasAvailable" if available else "MinimumReplicasUnavailable"
    conditions = [
        view.condition("Available", available, reason, said),
        view.condition("Progressing", True, *progress),
    ]
    return {
        "observedGeneration": view.generation,
        **counts,
        "conditions": [_updated(c, view) for c in conditions],
    }


def _updated(condition: Object, view: View) -> Object:
    return {**condition, "lastUpdateTime": condition.get("lastUpdateTime", view.now)}


def _counts(number: int, *names: str) -> Object:
    return dict.fromkeys(names, number) if number else {}


def _stateful_set(view: View) -> Object:
    wanted, name = view.spec.get("replicas", 1), revision(view.obj)
    current = view.status.get("currentRevision", name) if view.blocked else name
    old = min(view.status.get("readyReplicas", 0), wanted)
    ready = min(old, max(wanted - 1, 0)) if view.blocked else wanted
    shown = max(old, min(1, wanted)) if view.blocked else wanted
    updated = (0 if current != name else shown) if view.blocked else wanted
    return {
        "observedGeneration": view.generation,
        "replicas": shown,
        **_counts(ready, "readyReplicas"),
        "availableReplicas": ready,
        **_counts(updated, "updatedReplicas"),
        **_counts(ready if view.blocked else wanted, "currentReplicas"),
        "currentRevision": current,
        "updateRevision": name,
        "collisionCount": 0,
    }


def _daemon_set(view: View) -> Object:
    ready = 0 if view.blocked else 1
    return {
        "observedGeneration": view.generation,
        "currentNumberScheduled": 1,
        "desiredNumberScheduled": 1,
        "numberMisscheduled": 0,
        "numberReady": ready,
        "updatedNumberScheduled": 1,
        **(_counts(1, "numberAvailable") if ready else _counts(1, "numberUnavailable")),
    }


def _replica_set(view: View) -> Object:
    wanted = view.spec.get("replicas", 1)
    ready = 0 if view.blocked else wanted
    return {
        "observedGeneration": view.generation,
        "replicas": wanted,
        **_counts(wanted, "fullyLabeledReplicas"),
        **_counts(ready, "readyReplicas", "availableReplicas"),
    }


def _job(view: View) -> Object:
    if view.spec.get("suspend"):
        return {"conditions": [view.condition("Suspended", True, "JobSuspended", "Job suspended")]}
    start = view.status.get("startTime", view.now)
    if view.blocked:
        return {"startTime": start, "active": view.spec.get("parallelism", 1), "ready": 0, "terminating": 0}
    said = ("CompletionsReached", "Reached expected number of succeeded pods")
    conditions = [view.condition(kind, True, *said) for kind in ("SuccessCriteriaMet", "Complete")]
    return {
        "startTime": start,
        "completionTime": view.status.get("completionTime", view.now),
        "succeeded": view.spec.get("completions") or 1,
        "ready": 0,
        "terminating": 0,
        "uncountedTerminatedPods": {},
        "conditions": [{**c, "lastProbeTime": c["lastTransitionTime"]} for c in conditions],
    }


def _pod(view: View) -> Object:
    done = view.spec.get("restartPolicy") != "Always" and not view.blocked
    ready = not view.blocked and not done
    waits = view.blocked.reason if view.blocked else ""
    why = ("PodCompleted" if done else f"ContainersNotReady{waits and ': ' + waits}") if not ready else ""
    conditions = [
        view.condition(
            "PodScheduled", waits != "Unschedulable", waits if waits == "Unschedulable" else "", ""
        )
    ]
    conditions += [
        view.condition(kind, ready, why, "") for kind in ("Initialized", "ContainersReady", "Ready")
    ]
    place = int.from_bytes(hashlib.blake2b(view.uid.encode(), digest_size=2).digest())
    return {
        "phase": "Pending" if view.blocked else "Succeeded" if done else "Running",
        "conditions": [{k: v for k, v in c.items() if v != ""} for c in conditions],
        "hostIP": "127.0.0.1",
        "podIP": None if view.blocked else f"10.244.{place >> 8}.{place & 255}",
        "startTime": view.status.get("startTime", view.now),
        "qosClass": "BestEffort",
        "containerStatuses": [_container(c, view, done=done) for c in view.spec.get("containers") or ()],
    }


def _container(container: Object, view: View, *, done: bool) -> Object:
    old: Object = next(
        (s for s in view.status.get("containerStatuses") or () if s["name"] == container["name"]), {}
    )
    since = (old.get("state", {}).get("running") or {}).get("startedAt", view.now)
    if view.blocked:
        state: Object = {"waiting": {"reason": view.blocked.reason, "message": view.blocked.message}}
    elif done:
        since = (old.get("state", {}).get("terminated") or {}).get("finishedAt", view.now)
        state = {
            "terminated": {"exitCode": 0, "reason": "Completed", "startedAt": since, "finishedAt": since}
        }
    else:
        state = {"running": {"startedAt": since}}
    running = not view.blocked and not done
    return {
        "name": container["name"],
        "image": container.get("image", ""),
        "imageID": "",
        "ready": running,
        "started": running,
        "restartCount": 0,
        "state": state,
    }


def _claim(view: View) -> Object:
    if view.blocked:
        return {"phase": "Pending"}
    return {
        "phase": "Bound",
        "accessModes": view.spec.get("accessModes"),
        "capacity": {
            "storage": ((view.spec.get("resources") or {}).get("requests") or {}).get("storage", "1Gi")
        },
    }


def _service(view: View) -> Object:
    if view.spec.get("type") != "LoadBalancer":
        return {"loadBalancer": {}}
    place = int.from_bytes(hashlib.blake2b(view.uid.encode(), digest_size=2).digest())
    address = f"10.97.{place >> 8}.{place & 255}"
    return {"loadBalancer": {"ingress": [{"ip": address, "ipMode": "VIP"}]}}


_KINDS: dict[str, Callable[[View], Object]] = {
    "Deployment": _deployment,
    "StatefulSet": _stateful_set,
    "DaemonSet": _daemon_set,
    "ReplicaSet": _replica_set,
    "ReplicationController": _replica_set,
    "Job": _job,
    "Pod": _pod,
    "PersistentVolumeClaim": _claim,
    "Service": _service,
}
