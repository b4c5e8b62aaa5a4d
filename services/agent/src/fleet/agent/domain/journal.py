"""What an agent must not forget when it dies: the newest manifest, and which Helm operations it began."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from fleet.agent.domain.acceptance import Floor


@dataclass(frozen=True, slots=True)
class Journal:
    """The agent's own state. `begun` names the operation by release, as `namespace/name`.

    An operation stands here before it starts. So a release that is pending after a crash and stands here
    was left so by us, and can be taken up at once; any other one belongs to somebody else.
    """

    floor: Floor = field(default_factory=Floor)
    begun: Mapping[str, str] = field(default_factory=dict)

    def encode(self) -> bytes:
        """The bytes to keep."""
        return orjson.dumps({"floor": asdict(self.floor), "begun": dict(self.begun)})


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
            begun={str(key): str(value) for key, value in (found.get("begun") or {}).items()},
        )
    except (ValueError, TypeError, AttributeError):
        return Journal()
