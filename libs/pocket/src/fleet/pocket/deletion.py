"""When an object may go: finalizers, grace and propagation."""

from dataclasses import dataclass
from typing import Any

from .errors import Cause, bad_request
from .resources import Resource

Object = dict[str, Any]

FOREGROUND = "foregroundDeletion"
INSTANCES = "customresourcecleanup.apiextensions.k8s.io"


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """What a deletion asks for; `uid` and `version` are preconditions."""

    propagation: str = "Background"
    uid: str | None = None
    version: str | None = None
    dry_run: bool = False


def read_options(body: Any, query: dict[str, str]) -> DeleteOptions:
    """From a DeleteOptions object and the query's parameters; raises 400."""
    body = body if isinstance(body, dict) else {}
    wanted = body.get("propagationPolicy") or query.get("propagationPolicy") or "Background"
    if wanted not in ("Background", "Foreground", "Orphan"):
        raise bad_request(f'propagationPolicy: unsupported value "{wanted}"')
    preconditions = body.get("preconditions") or {}
    return DeleteOptions(
        propagation=wanted,
        uid=preconditions.get("uid"),
        version=preconditions.get("resourceVersion"),
        dry_run="All" in (body.get("dryRun") or ()) or query.get("dryRun") == "All",
    )


def arm(resource: Resource, obj: Object, now: str) -> None:
    """Give a new object that has content what says that it is in use, and what holds its deletion."""
    if resource.plural == "customresourcedefinitions":
        obj["status"] = _established(obj["spec"], now)
    if resource.table == "namespaces":
        obj.setdefault("spec", {})["finalizers"] = ["kubernetes"]
        obj["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = obj["metadata"]["name"]
        obj["status"] = {"phase": "Active"}


def _established(spec: Object, now: str) -> Object:
    conditions = [
        {"type": kind, "status": "True", "reason": reason, "message": said, "lastTransitionTime": now}
        for kind, reason, said in (
            ("NamesAccepted", "NoConflicts", "no conflicts found"),
            ("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        )
    ]
    stored = [version["name"] for version in spec["versions"] if version.get("storage")]
    return {"conditions": conditions, "acceptedNames": spec["names"], "storedVersions": stored}


def marked(resource: Resource, obj: Object, propagation: str, now: str) -> Object:
    """The object with its deletion noted in it, as it is kept when something holds it."""
    metadata = dict(obj["metadata"])
    marked_before = "deletionTimestamp" in metadata
    finalizers = list(metadata.get("finalizers") or ())
    if propagation == "Foreground" and FOREGROUND not in finalizers and not marked_before:
        finalizers.append(FOREGROUND)
    if resource.plural == "customresourcedefinitions" and not marked_before:
        finalizers.append(INSTANCES)
    if finalizers:
        metadata["finalizers"] = finalizers
    metadata.setdefault("deletionTimestamp", now)
    metadata.setdefault("deletionGracePeriodSeconds", 0)
    if "generation" in metadata and not marked_before:
        metadata["generation"] += 1
    result = {**obj, "metadata": metadata}
    if resource.table == "namespaces":
        result["status"] = {**(obj.get("status") or {}), "phase": "Terminating"}
    return result


def is_due(obj: Object) -> bool:
    """Whether an object that is marked has nothing left to hold it."""
    metadata = obj["metadata"]
    if "deletionTimestamp" not in metadata or metadata.get("finalizers"):
        return False
    return not (obj["kind"] == "Namespace" and (obj.get("spec") or {}).get("finalizers"))


def name_required() -> Cause:
    """Neither a name nor the beginning of one."""
    return Cause("metadata.name", "FieldValueRequired", "Required value: name or generateName is required")


def must_be_specified() -> Cause:
    """A custom resource is replaced by version only."""
    said = "Invalid value: 0: must be specified for an update"
    return Cause("metadata.resourceVersion", "FieldValueInvalid", said)
