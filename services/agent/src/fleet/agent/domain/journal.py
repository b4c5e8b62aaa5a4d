"""What an agent must not forget when it dies: the newest manifest, and which Helm operations it began."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from fleet.agent.domain.acceptance import Floor


@dataclass(frozen=True, slots=True)
class Begun:
    """A Helm operation, and the revision that it makes; 0 for one that makes none."""

    operation: str
    revision: int


@dataclass(frozen=True, slots=True)
class Journal:
    """The agent's own state. `begun` has the last operation by release, as `namespace/name`.

    An operation stands here before it starts. So a revision that is pending after a crash and stands here
    was left so by us, and can be taken up at once; any other one belongs to somebody else.
    """

    floor: Floor = field(default_factory=Floor)
    begun: Mapping[str, Begun] = field(default_factory=dict)

    def encode(self) -> bytes:
        """The bytes to keep."""
        begun = {release: asdict(one) for release, one in self.begun.items()}
        return orjson.dumps({"floor": asdict(self.floor), "begun": begun})


def read_journal(data: bytes) -> Journal:
    """Read a journal; one that is damaged or of a newer version counts for what can be read of it."""
    try:
        found: dict[str, Any] = orjson.loads(data)
        floor = found.get("floor") or {}
        return Journal(
            floor=Floor(
                uid=str(floor.get("uid", "")),
                epoch=int(floor.get("epoch", 0)),
                generation=int(floor.get("generation", 0)),
                digest=str(floor.get("digest", "")),
            ),
            begun={
                str(release): Begun(str(one["operation"]), int(one["revision"]))
                for release, one in (found.get("begun") or {}).items()
            },
        )
    except (ValueError, TypeError, AttributeError, KeyError):
        return Journal()
