"""Declared objects as records: what kubectl would store, in a stream (kinds of fleet.cattle.io/v1alpha1)."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeVar

from pydantic import Field

from fleet.events._base import Body, Event
from fleet.names import API_VERSION

RESOURCE_KINDS: Mapping[str, str] = {
    "gitrepo": "GitRepo",
    "bundle": "Bundle",
    "clustergroup": "ClusterGroup",
    "helmop": "HelmOp",
    "policy": "Policy",
    "gitreporestriction": "GitRepoRestriction",
    "bundlenamespacemapping": "BundleNamespaceMapping",
    "schedule": "Schedule",
}
"""The kinds in RESOURCES, by the word that stands in their subjects. Clusters have a stream of their own."""

APPROVED_COMMIT = "fleet.cattle.io/approved-commit"
"""The annotation of a GitRepo that lets one commit remove more bundles than the guard lets pass."""


def approval(commit: str, sequence: int) -> str:
    """The value of APPROVED_COMMIT for a commit that was detected at this sequence of COMMITS."""
    return f"{commit}@{sequence}"


_TOP_LEVEL = frozenset({"policy", "gitreporestriction", "bundlenamespacemapping"})
_NOT_SPEC = frozenset({"apiVersion", "kind", "metadata", "status"})


class ObjectMeta(Body):
    """The part of Kubernetes' ObjectMeta that a declared object has; times are RFC 3339 in UTC.

    A record whose `deletion_timestamp` is set is a tombstone: the object is gone, its name may be taken
    by a new object with a new uid. `resourceVersion` is not kept: it is the sequence of the record.
    """

    name: str
    namespace: str
    uid: str
    generation: int = 1
    creation_timestamp: str = ""
    deletion_timestamp: str | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)


class Record(Event):
    """A declared object as the last value of its subject."""

    metadata: ObjectMeta
    spec: dict[str, Any] = Field(default_factory=dict)

    @property
    def workspace(self) -> str:
        """The namespace of the object: the tenant."""
        return self.metadata.namespace

    @property
    def name(self) -> str:
        """The object's name."""
        return self.metadata.name

    @property
    def deleted(self) -> bool:
        """Whether this record is a tombstone."""
        return self.metadata.deletion_timestamp is not None


class Resource(Record):
    """A GitRepo, ClusterGroup, Bundle or another declared object; `kind` is a key of RESOURCE_KINDS."""

    STREAM: ClassVar[str] = "RESOURCES"
    SUBJECT: ClassVar[str] = "fleet.resource.{kind}.{workspace}.{name}"

    kind: str


class ClusterRecord(Record):
    """A downstream cluster: its labels (what selectors see), annotations and spec."""

    STREAM: ClassVar[str] = "CLUSTERS"
    SUBJECT: ClassVar[str] = "fleet.cluster.{workspace}.{name}"

    @property
    def kind(self) -> str:
        """Always `cluster`, so that a reader can treat all records alike."""
        return "cluster"


R = TypeVar("R", Resource, ClusterRecord)


def timestamp(now: datetime) -> str:
    """RFC 3339 in UTC with whole seconds, as Kubernetes writes times."""
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def spec_of(kind: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The declared part of a manifest: `spec`, or all top-level fields for the kinds that have no spec."""
    if kind in _TOP_LEVEL:
        return {key: value for key, value in manifest.items() if key not in _NOT_SPEC}
    return dict(manifest.get("spec") or {})


def manifest_of(record: Resource | ClusterRecord) -> dict[str, Any]:
    """The Kubernetes object that a record stands for, without status and resourceVersion."""
    kind = "Cluster" if isinstance(record, ClusterRecord) else RESOURCE_KINDS[record.kind]
    metadata = record.metadata.model_dump(mode="json", by_alias=True, exclude_none=True)
    slim = {key: value for key, value in metadata.items() if value not in ({}, "")}
    body = dict(record.spec) if record.kind in _TOP_LEVEL else {"spec": record.spec}
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": slim, **body}


def declare(present: R | None, wanted: R, *, now: datetime, uid: str | None = None) -> R | None:
    """Decide what the writer of a declared object stores.

    Takes the record that is there (or None, or a tombstone) and the wanted one, whose uid, generation and
    creation time do not count. Returns the record to store, or None where nothing changed. As in
    Kubernetes the uid is minted once and the generation rises when the spec changes, not with labels.
    """
    if present is None or present.deleted:
        metadata = wanted.metadata.model_copy(
            update={
                "uid": uid or str(uuid.uuid4()),
                "generation": 1,
                "creation_timestamp": timestamp(now),
                "deletion_timestamp": None,
            }
        )
        return wanted.model_copy(update={"metadata": metadata})
    changed = present.spec != wanted.spec
    metadata = present.metadata.model_copy(
        update={
            "labels": wanted.metadata.labels,
            "annotations": wanted.metadata.annotations,
            "generation": present.metadata.generation + (1 if changed else 0),
        }
    )
    if not changed and metadata == present.metadata:
        return None
    return present.model_copy(update={"metadata": metadata, "spec": wanted.spec})


def retire(present: R, *, now: datetime) -> R:
    """The tombstone of an object: the same record with a deletion time."""
    metadata = present.metadata.model_copy(update={"deletion_timestamp": timestamp(now)})
    return present.model_copy(update={"metadata": metadata})


class Member(Event):
    """The number of a cluster: the sequence of this write-once message is its ordinal, never used again."""

    STREAM: ClassVar[str] = "MEMBERS"
    SUBJECT: ClassVar[str] = "fleet.member.{workspace}.{cluster}.{uid}"

    workspace: str
    cluster: str
    uid: str
