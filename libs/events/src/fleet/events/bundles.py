"""What a repository holds at a commit: bundles, each one member of its repository's set."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from fleet.events._base import Body, Event, canonical, digest16


class Owner(Body):
    """Which object a bundle belongs to; a name made again has another uid and inherits nothing."""

    kind: str
    name: str
    uid: str


class BundleSet(Body):
    """All bundles of one owner at one commit: how many, and the digest of their names and specs."""

    size: int
    digest: str


def set_digest(bundles: Mapping[str, str]) -> str:
    """The digest of a whole set, from bundle name to spec digest. The empty set has one too."""
    return digest16(canonical(dict(bundles)))


class BundleRendered(Event):
    """A bundle as one commit has it; "rendered" is historical, the agent renders.

    `spec` is the public part of Fleet's BundleSpec: who is targeted and in which order, no values.
    `content` and `options` name sealed content in CONTENT: the files (`{"resources": [...]}`) and the
    deployment options (`{"options": {...}, "targets": [...]}`, one entry per `spec.targets` entry).
    `commit_sequence` is the sequence of the commit's message; `set` is the owner's whole set at that
    commit, whether a member changed or not.
    """

    STREAM: ClassVar[str] = "BUNDLES"
    SUBJECT: ClassVar[str] = "fleet.bundle.{workspace}.{bundle}"

    workspace: str
    bundle: str
    uid: str
    generation: int = 1
    owner: Owner
    commit: str
    commit_sequence: int
    set: BundleSet
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    spec: dict[str, Any] = Field(default_factory=dict)
    content: str
    options: str
    spec_digest: str


class BundleRetired(Event):
    """A bundle that its owner no longer has; `set` is what remains, the empty set's digest included."""

    STREAM: ClassVar[str] = "BUNDLES"
    SUBJECT: ClassVar[str] = "fleet.bundle.{workspace}.{bundle}"

    workspace: str
    bundle: str
    uid: str
    owner: Owner
    commit: str = ""
    commit_sequence: int
    set: BundleSet


def spec_digest(
    *,
    labels: Mapping[str, str],
    spec: Mapping[str, Any],
    content: str,
    options: str,
    annotations: Mapping[str, str] | None = None,
) -> str:
    """Name everything that a repository says about a bundle; the commit does not matter."""
    named = {"labels": dict(labels), "spec": dict(spec), "content": content, "options": options}
    return digest16(canonical(named | ({"annotations": dict(annotations)} if annotations else {})))
