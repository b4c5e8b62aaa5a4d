"""How a new state of an object follows from the old one and what a client sent."""

from dataclasses import dataclass
from typing import Any

from .errors import Cause, conflict, invalid
from .resources import Resource

Object = dict[str, Any]

# Only these kinds of the built-in ones count generations, besides those with a spec under apps and batch.
_COUNTED = frozenset(
    [
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "ReplicaSet",
        "ReplicationController",
        "Job",
        "CronJob",
        "Pod",
        "Ingress",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "IngressClass",
        "CustomResourceDefinition",
        "PriorityClass",
        "EndpointSlice",
        "MutatingWebhookConfiguration",
        "ValidatingWebhookConfiguration",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
    ]
)
_FIXED = ("uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds", "name")


def next_generation(resource: Resource, before: Object | None, after: Object) -> int | None:
    """The generation of the new state; None for kinds that have none."""
    if not resource.custom and resource.kind not in _COUNTED:
        return None
    if before is None:
        return 1
    present: int = before["metadata"].get("generation", 1)
    left_out = {"metadata", "apiVersion"} | ({"status"} if resource.status else set())
    changed = any(
        before.get(name) != after.get(name) for name in (before.keys() | after.keys()) - left_out
    ) or before["metadata"].get("deletionTimestamp") != after["metadata"].get("deletionTimestamp")
    return present + 1 if changed else present


@dataclass(frozen=True, slots=True)
class Revision:
    """An object's present state, and the state that a client wants through `subresource`."""

    before: Object
    sent: Object
    subresource: str = ""

    def check_preconditions(self, resource: Resource, name: str) -> None:
        """409 for a write that rests on another version or another object; 422 for a late finalizer."""
        old, new = self.before["metadata"], self.sent["metadata"]
        if new.get("resourceVersion") and new["resourceVersion"] != old["resourceVersion"]:
            raise conflict(resource.plural, resource.group, name)
        if new.get("uid") and new["uid"] != old["uid"]:
            why = f"Precondition failed: UID in precondition: {new['uid']}, UID in object meta: {old['uid']}"
            raise conflict(resource.plural, resource.group, name, why)
        added = set(new.get("finalizers") or ()) - set(old.get("finalizers") or ())
        if old.get("deletionTimestamp") and added and not self.subresource:
            rule = "no new finalizers can be added if the object is being deleted"
            said = f"Forbidden: {rule}, found new finalizers {sorted(added)}"
            cause = Cause("metadata.finalizers", "FieldValueForbidden", said)
            raise invalid(resource.kind, resource.group, name, [cause])

    def merged(self, resource: Resource) -> Object:
        """The new state: what the client may change from `sent`, all else from `before`."""
        if self.subresource == "status":
            result = {k: v for k, v in self.before.items() if k != "status"}
            if "status" in self.sent:
                result["status"] = self.sent["status"]
            return {**result, "metadata": dict(self.before["metadata"])}
        result = dict(self.sent)
        if resource.status:
            result.pop("status", None)
            if "status" in self.before:
                result["status"] = self.before["status"]
        old = self.before["metadata"]
        metadata = {
            k: v for k, v in self.sent["metadata"].items() if k not in (*_FIXED, "managedFields", "selfLink")
        }
        metadata |= {k: old[k] for k in _FIXED if k in old}
        return {**result, "metadata": metadata}
