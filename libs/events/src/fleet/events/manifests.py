"""Manifests of many clusters that are alike: what they have in common is encoded once."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fleet.events._base import canonical
from fleet.events.placement import Entry


@dataclass(frozen=True, slots=True)
class ManifestForm:
    """A `DeploymentTargeted` without what is a cluster's own; its fields are as there.

    Encoding the whole for each cluster is what writing a million manifests took longest for.
    """

    epoch: int
    digest: str
    entries: tuple[str, ...]
    inline: Mapping[str, Entry]
    _middle: bytes = field(init=False, repr=False)
    _end: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Encode the common parts, in the order that canonical JSON has them."""
        middle = {"digest": self.digest, "entries": self.entries, "epoch": self.epoch}
        inline = {
            digest: entry.model_dump(mode="json", by_alias=True, exclude_none=True)
            for digest, entry in self.inline.items()
        }
        object.__setattr__(self, "_middle", b"," + canonical(middle)[1:-1] + b',"generation":')
        object.__setattr__(self, "_end", b"," + canonical({"inline": inline})[1:-1] + b',"uid":')

    def fill(self, *, workspace: str, cluster: str, uid: str, generation: int) -> bytes:
        """The bytes that `DeploymentTargeted.encode` gives for this cluster."""
        parts = (
            b'{"cluster":',
            canonical(cluster),
            self._middle,
            b"%d" % generation,
            self._end,
            canonical(uid),
            b',"workspace":',
            canonical(workspace),
            b"}",
        )
        return b"".join(parts)
