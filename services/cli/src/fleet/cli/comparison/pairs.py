"""The comparison itself: three readings of who runs what, held against each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple


class Pair(NamedTuple):
    """A bundle on a cluster; `cluster` is `workspace/name`."""

    cluster: str
    bundle: str


class Running(NamedTuple):
    """What a pair runs: the deploymentID (what is deployed) and the entry's digest (how and when)."""

    deployment_id: str
    entry: str

    def to_json(self) -> dict[str, str]:
        """As it is printed."""
        return {"deploymentId": self.deployment_id, "entry": self.entry}


Reading = Mapping[Pair, Running]


@dataclass(frozen=True, slots=True)
class Difference:
    """A pair on which the sources disagree; None where a source does not have it."""

    pair: Pair
    desired: Running | None
    delivered: Running | None
    reported: Running | None

    def to_json(self) -> dict[str, Any]:
        """The difference as it is printed; null where a source does not have the pair."""
        return {
            "cluster": self.pair.cluster,
            "bundle": self.pair.bundle,
            "desired": self.desired and self.desired.to_json(),
            "delivered": self.delivered and self.delivered.to_json(),
            "reported": self.reported and self.reported.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many pairs each source has, and those on which they disagree, in order."""

    desired: int
    delivered: int
    reported: int
    clusters: int
    bundles: int
    differences: tuple[Difference, ...]

    @property
    def equal(self) -> bool:
        """Whether desired = delivered = reported, by id and digest."""
        return not self.differences

    def to_json(self) -> dict[str, Any]:
        """The comparison as it is printed."""
        return {
            "desired": self.desired,
            "delivered": self.delivered,
            "reported": self.reported,
            "equal": self.equal,
            "clusters": self.clusters,
            "bundles": self.bundles,
            "differences": [found.to_json() for found in self.differences],
        }


def compare(*, desired: Reading, delivered: Reading, reported: Reading) -> Comparison:
    """Hold the three readings against each other."""
    pairs = sorted({*desired, *delivered, *reported})
    differences = tuple(
        Difference(pair, desired.get(pair), delivered.get(pair), reported.get(pair))
        for pair in pairs
        if len({desired.get(pair), delivered.get(pair), reported.get(pair)}) > 1
    )
    return Comparison(
        desired=len(desired),
        delivered=len(delivered),
        reported=len(reported),
        clusters=len({pair.cluster for pair in pairs}),
        bundles=len({pair.bundle for pair in pairs}),
        differences=differences,
    )
