"""Records and the parts of their status become objects as the Kubernetes API would show them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from fleet.events import (
    API_VERSION,
    BundleRendered,
    ClusterRecord,
    Owner,
    Resource,
    Stored,
    ViewPart,
    manifest_of,
    merge_view,
)

_NO_STATUS = frozenset({"policy", "gitreporestriction", "bundlenamespacemapping"})


def declared_object(
    stored: Stored[Resource] | Stored[ClusterRecord], parts: Iterable[ViewPart]
) -> dict[str, Any]:
    """A declared object with its status; its resourceVersion is the sequence of its record."""
    record = stored.event
    item = manifest_of(record)
    item["metadata"]["resourceVersion"] = str(stored.sequence)
    if record.kind not in _NO_STATUS:
        meta = record.metadata
        status = merge_view(kind=record.kind, uid=meta.uid, generation=meta.generation, parts=parts)
        item["status"] = status
    return item


def bundle_object(stored: Stored[BundleRendered], parts: Iterable[ViewPart]) -> dict[str, Any]:
    """A bundle of a repository with its status; values and files stay sealed."""
    bundle = stored.event
    metadata: dict[str, Any] = {
        "name": bundle.bundle,
        "namespace": bundle.workspace,
        "uid": bundle.uid,
        "generation": bundle.generation,
        "resourceVersion": str(stored.sequence),
        "ownerReferences": [_reference(bundle.owner)],
    }
    if bundle.labels:
        metadata["labels"] = dict(bundle.labels)
    if bundle.annotations:
        metadata["annotations"] = dict(bundle.annotations)
    return {
        "apiVersion": API_VERSION,
        "kind": "Bundle",
        "metadata": metadata,
        "spec": dict(bundle.spec),
        "status": merge_view(kind="bundle", uid=bundle.uid, generation=bundle.generation, parts=parts),
    }


def _reference(owner: Owner) -> dict[str, str]:
    return {"apiVersion": API_VERSION, "kind": owner.kind, "name": owner.name, "uid": owner.uid}


def still_there(record: Resource | ClusterRecord, owners: Collection[str]) -> bool:
    """Whether an object is to be shown: it is declared, or it is deleted but a bundle of it is left.

    `owners` has the uids of those that bundles belong to. As with Kubernetes' finalizers, a GitRepo that is
    being deleted stays visible until its bundles are gone.
    """
    return not record.deleted or record.metadata.uid in owners


def listing(items: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Objects as one `List`, as kubectl prints several."""
    return {"apiVersion": "v1", "items": list(items), "kind": "List", "metadata": {"resourceVersion": ""}}
