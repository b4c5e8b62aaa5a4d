"""What `apply` makes of a file: as kubectl, it takes back only what it declared before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fleet.cli.objects.kinds import Kind
from fleet.cli.objects.manifests import Manifest
from fleet.events import API_VERSION, ClusterRecord, ObjectMeta, Resource

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""kubectl's own annotation, so that both may take turns on a mirrored object."""

_MAX_ANNOTATION = 256 * 1024

Record = Resource | ClusterRecord


def applied(present: Record | None, manifest: Manifest, workspace: str) -> Record:
    """The record that an apply asks for: the file, and what others have set since the last apply."""
    declared = {
        "labels": dict(manifest.labels),
        "annotations": _own(manifest.annotations),
        "spec": dict(manifest.spec),
    }
    merged = declared
    if present is not None:
        before = _last_applied(present)
        there = {
            "labels": present.metadata.labels,
            "annotations": _own(present.metadata.annotations),
            "spec": present.spec,
        }
        merged = three_way(_parts_of(before, manifest.kind), there, declared)
    text = json.dumps(_as_applied(manifest, workspace), sort_keys=True, separators=(",", ":"))
    if len(text) <= _MAX_ANNOTATION:
        merged["annotations"] = merged["annotations"] | {LAST_APPLIED: text}
    return _record(manifest.kind, manifest.name, workspace, merged)


def _own(annotations: Mapping[str, str]) -> dict[str, str]:
    """Annotations without the note of the last apply, which the output of `get` has and nobody means."""
    return {key: value for key, value in annotations.items() if key != LAST_APPLIED}


def _last_applied(present: Record) -> dict[str, Any]:
    """What was applied last; nothing where no apply, or something else, wrote the note."""
    try:
        note = json.loads(present.metadata.annotations.get(LAST_APPLIED, "{}"))
    except ValueError:
        return {}
    return note if isinstance(note, dict) else {}


def _as_applied(manifest: Manifest, workspace: str) -> dict[str, Any]:
    """The object as kubectl would note it down."""
    metadata: dict[str, Any] = {"name": manifest.name, "namespace": workspace}
    metadata |= {"annotations": _own(manifest.annotations)}
    metadata |= {"labels": dict(manifest.labels)} if manifest.labels else {}
    body = dict(manifest.spec) if manifest.kind.top_level else {"spec": dict(manifest.spec)}
    return {"apiVersion": API_VERSION, "kind": manifest.kind.name, "metadata": metadata, **body}


def _parts_of(note: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    metadata = note.get("metadata", {})
    frame = ("apiVersion", "kind", "metadata", "status")
    fields = {key: value for key, value in note.items() if key not in frame}
    return {
        "labels": metadata.get("labels", {}),
        "annotations": metadata.get("annotations", {}),
        "spec": fields if kind.top_level else fields.get("spec", {}),
    }


def _record(kind: Kind, name: str, workspace: str, parts: Mapping[str, Any]) -> Record:
    metadata = ObjectMeta(
        name=name,
        namespace=workspace,
        uid="",
        labels=parts["labels"],
        annotations=parts["annotations"],
    )
    if kind.word == "cluster":
        return ClusterRecord(metadata=metadata, spec=parts["spec"])
    return Resource(kind=kind.word, metadata=metadata, spec=parts["spec"])


def three_way(
    before: Mapping[str, Any], present: Mapping[str, Any], wanted: Mapping[str, Any]
) -> dict[str, Any]:
    """The object after an apply.

    `before` is what was applied last, `present` what is there, `wanted` what the file says now. Keys that
    the file had before and lacks now go; keys that others set stay; maps are merged, lists replaced.
    """
    merged = {key: value for key, value in present.items() if key in wanted or key not in before}
    for key, value in wanted.items():
        there, then = merged.get(key), before.get(key)
        if isinstance(value, Mapping) and isinstance(there, Mapping):
            merged[key] = three_way(then if isinstance(then, Mapping) else {}, there, value)
        else:
            merged[key] = value
    return merged
