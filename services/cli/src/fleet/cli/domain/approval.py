"""What waits for an approval, as an object's status says it; and the annotation that gives it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fleet.cli.errors import CommandFailed, Usage
from fleet.cli.objects.kinds import Kind
from fleet.events import APPROVED_COMMIT, approval


@dataclass(frozen=True, slots=True)
class Waiting:
    """A commit, detected at this sequence, that removes some of the bundles that are present."""

    commit: str
    sequence: int
    removes: int
    present: int


def waiting_commit(kind: Kind, item: Mapping[str, Any]) -> Waiting:
    """The commit of a GitRepo that waits.

    Raises:
        Usage: the object is no GitRepo.
        CommandFailed: nothing waits.
    """
    if kind.word != "gitrepo":
        raise Usage(f"a {kind.name} needs no approval; name a GitRepo: gitrepo/NAME")
    waiting = item.get("status", {}).get("reading", {}).get("waiting")
    if not waiting:
        name = item["metadata"]["name"]
        raise CommandFailed(
            f"error: no commit of {kind.reference(name)} waits for approval; `fleet describe gitrepo {name}`"
            " tells how far it is"
        )
    return Waiting(waiting["commit"], waiting["commitSequence"], waiting["removes"], waiting["of"])


def approved(annotations: Mapping[str, str], waiting: Waiting) -> dict[str, str]:
    """The annotations of a GitRepo whose commit is approved; an earlier approval ends."""
    return {**annotations, APPROVED_COMMIT: approval(waiting.commit, waiting.sequence)}
