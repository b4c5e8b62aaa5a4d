"""Helm releases as their Secrets hold them."""

import base64
import binascii
import gzip
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from fleet.agent.domain.marks import ENTRY_ANNOTATION, ReleaseMarks
from fleet.agent.domain.objects import Object

SELECTOR = "owner=helm"
"""The label selector of all Secrets in which Helm keeps releases."""

_PENDING = "pending-"


@dataclass(frozen=True, slots=True)
class ReleaseName:
    """Where a release is, and how it is called."""

    namespace: str
    name: str

    def __str__(self) -> str:
        """As `namespace/name`."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision of a release; `manifest` is the YAML that Helm applied, `marks` is None for others'."""

    release: ReleaseName
    number: int
    status: str
    marks: ReleaseMarks | None
    manifest: str = field(default="", repr=False)

    @property
    def deployed(self) -> bool:
        """Whether Helm finished with it and it is the one that runs."""
        return self.status == "deployed"

    @property
    def pending(self) -> bool:
        """Whether an operation that makes this revision began and has not ended."""
        return self.status.startswith(_PENDING)

    @property
    def in_progress(self) -> bool:
        """Whether an operation is at work on the release, or was left off: pending, or being removed."""
        return self.pending or self.status == "uninstalling"

    @property
    def secret(self) -> str:
        """The name of the Secret that holds it."""
        return f"sh.helm.release.v1.{self.release.name}.v{self.number}"


def read_revision(secret: Mapping[str, Any]) -> Revision | None:
    """Open one of Helm's Secrets; None when it is not one, or damaged."""
    try:
        release = unpack(secret["data"]["release"])
        annotations = release["chart"]["metadata"].get("annotations") or {}
        return Revision(
            release=ReleaseName(release["namespace"], release["name"]),
            number=int(release["version"]),
            status=str(release["info"]["status"]),
            marks=ReleaseMarks.read(annotations),
            manifest=release.get("manifest") or "",
        )
    except (KeyError, ValueError, TypeError, AttributeError, OSError, EOFError, zlib.error, binascii.Error):
        return None


def unpack(data: str) -> dict[str, Any]:
    """JSON in gzip in base64, in the Secret's own base64. Raises ValueError, OSError or KeyError."""
    packed = base64.b64decode(base64.b64decode(data))
    release: dict[str, Any] = orjson.loads(gzip.decompress(packed))
    return release


def pack(release: Mapping[str, Any]) -> str:
    """The opposite of `unpack`."""
    return base64.b64encode(base64.b64encode(gzip.compress(orjson.dumps(release), mtime=0))).decode()


def failed_patch(secret: Object, reason: str) -> Object:
    """The merge patch that turns a pending revision into a failed one, so that Helm goes on from it.

    Helm itself refuses every operation on a release that is pending, whoever left it so.
    """
    release = unpack(secret["data"]["release"])
    info = {**release["info"], "status": "failed", "description": reason}
    return {
        "metadata": {"labels": {"status": "failed"}},
        "data": {"release": pack({**release, "info": info})},
    }


def deployed_patch(secret: Object) -> Object:
    """The merge patch that turns a superseded revision into the deployed one again."""
    release = unpack(secret["data"]["release"])
    info = {**release["info"], "status": "deployed"}
    return {
        "metadata": {"labels": {"status": "deployed"}},
        "data": {"release": pack({**release, "info": info})},
    }


def entry_patch(secret: Object, entry: str) -> Object:
    """The merge patch that writes down which entry a revision was found equal to, without a new revision."""
    release = unpack(secret["data"]["release"])
    metadata = release["chart"]["metadata"]
    annotations = {**(metadata.get("annotations") or {}), ENTRY_ANNOTATION: entry}
    chart = {**release["chart"], "metadata": {**metadata, "annotations": annotations}}
    return {"data": {"release": pack({**release, "chart": chart})}}


def settled(history: Sequence[Revision]) -> Revision | None:
    """The revision that a release stands at: the last one, or None where there is none.

    A failed correction counts as nothing: it is a failed revision of the very deployment that ran before.
    """
    last = history[-1] if history else None
    if last is None or last.status != "failed" or last.marks is None:
        return last
    for earlier in reversed(history[:-1]):
        same = earlier.marks is not None and earlier.marks.deployment_id == last.marks.deployment_id
        if same and earlier.status in ("deployed", "superseded"):
            return replace(earlier, status="deployed")
    return last


def newest(revisions: Iterable[Revision]) -> dict[ReleaseName, Revision]:
    """The last revision of every release."""
    found: dict[ReleaseName, Revision] = {}
    for revision in revisions:
        present = found.get(revision.release)
        if present is None or revision.number > present.number:
            found[revision.release] = revision
    return found
