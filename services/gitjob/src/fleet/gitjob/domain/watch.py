"""What one GitRepo asks to be watched, read out of its record."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from fleet.events import Resource
from fleet.events.durations import InvalidDuration, parse_duration

DEFAULT_BRANCH = "master"
"""As in Fleet (fleet.md 1.9)."""

DEFAULT_INTERVAL = 15.0
"""Seconds between two polls where the GitRepo names none, or 0 (fleet.md 1.9, 7.1)."""


class Key(NamedTuple):
    """Which GitRepo."""

    workspace: str
    name: str


@dataclass(frozen=True, slots=True)
class Watch:
    """One GitRepo at one generation of its spec.

    `interval` is in seconds; `polling` is False where only a change of the spec starts a look. `problem`
    says what is wrong with the spec itself, empty if nothing. `spec` may hold credentials in its URL.
    """

    key: Key
    uid: str
    generation: int
    force: int = 0
    branch: str = DEFAULT_BRANCH
    revision: str = ""
    interval: float = DEFAULT_INTERVAL
    polling: bool = True
    problem: str = ""
    spec: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def wanted(self) -> str:
        """The branch or revision that is watched; a revision counts before a branch (fleet.md 1.9)."""
        return self.revision or self.branch


def watch_of(record: Resource) -> Watch:
    """Read a GitRepo's record; a value that cannot be used becomes the watch's `problem`."""
    spec = record.spec
    interval, force, problem = 0.0, 0, ""
    try:
        interval = parse_duration(str(spec.get("pollingInterval") or "0"))
        force = int(spec.get("forceSyncGeneration") or 0)
    except InvalidDuration as error:
        problem = f"spec.pollingInterval: {error}"
    except (TypeError, ValueError):
        problem = "spec.forceSyncGeneration is not a number"
    return Watch(
        key=Key(record.workspace, record.name),
        uid=record.metadata.uid,
        generation=record.metadata.generation,
        force=force,
        branch=str(spec.get("branch") or DEFAULT_BRANCH),
        revision=str(spec.get("revision") or ""),
        interval=interval or DEFAULT_INTERVAL,
        polling=not spec.get("disablePolling"),
        problem=problem,
        spec=spec,
    )
