"""A bundle's rolloutStrategy, and the partitions that it makes of the bundle's clusters (fleet.md 4.2)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from pyroaring import BitMap

from fleet.targeter.domain.errors import TargetingError
from fleet.targeter.domain.limits import limit
from fleet.targeter.domain.matching import Criteria

MAX_NEW = 50
THRESHOLD = 200
SIZE = "25%"

Matching = Callable[[Criteria], BitMap]
"""The places of the clusters that fulfil criteria."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A partition as somebody wrote it down."""

    name: str
    criteria: Criteria
    max_unavailable: Any


@dataclass(frozen=True, slots=True)
class Partition:
    """Clusters that are updated together, and how many of them may be unavailable meanwhile."""

    name: str
    members: BitMap
    max_unavailable: int


@dataclass(frozen=True, slots=True)
class Strategy:
    """How a new version goes out. Limits are numbers or texts as written; None is Fleet's default."""

    max_unavailable: Any = None
    max_unavailable_partitions: Any = None
    partition_size: Any = None
    threshold: int = THRESHOLD
    max_new: int = MAX_NEW
    declared: tuple[Declared, ...] = ()

    @classmethod
    def parse(cls, value: Any) -> Self:
        """Read a rolloutStrategy; None is the default one. Raises TargetingError naming what is wrong."""
        where = "rolloutStrategy"
        if value is None:
            return cls()
        if not isinstance(value, Mapping):
            raise TargetingError(where, "is not an object")
        partitions = value.get("partitions") or []
        if not isinstance(partitions, list | tuple):
            raise TargetingError(f"{where}.partitions", "is not a list")
        return cls(
            max_unavailable=value.get("maxUnavailable"),
            max_unavailable_partitions=value.get("maxUnavailablePartitions"),
            partition_size=value.get("autoPartitionSize"),
            threshold=_number(value, "autoPartitionThreshold", THRESHOLD),
            max_new=_number(value, "maxNew", MAX_NEW),
            declared=tuple(_declared(f"{where}.partitions[{n}]", item) for n, item in enumerate(partitions)),
        )

    def partitions(self, everybody: BitMap, matching: Matching) -> list[Partition]:
        """Part a bundle's clusters.

        Takes them by their place in the order of names. Declared partitions may share clusters, and leave
        some out, which then never get the bundle; else the order is cut into equal parts.
        """
        if not self.declared:
            return list(self._automatic(everybody))
        return [
            self._partition(found.name, everybody & matching(found.criteria), found.max_unavailable)
            for found in self.declared
        ]

    def limit_of(self, count: int) -> int:
        """How many of a bundle's clusters may be unavailable at once."""
        return limit("rolloutStrategy.maxUnavailable", count, self.max_unavailable)

    def limit_of_partitions(self, count: int) -> int:
        """How many partitions may be unavailable before those behind them wait."""
        where = "rolloutStrategy.maxUnavailablePartitions"
        return limit(where, count, self.max_unavailable_partitions, 0)

    def _automatic(self, everybody: BitMap) -> Iterator[Partition]:
        count, size = len(everybody), self.partition_size
        disabled = isinstance(size, int) and size <= 0
        if disabled or self.threshold <= 0 or count < self.threshold:
            yield self._partition("All", everybody)
            return
        step = limit("rolloutStrategy.autoPartitionSize", count, size, SIZE)
        for start in range(0, count, step):
            end = min(start + step, count)
            yield self._partition(f"Partition {start} - {end}", everybody[start:end])

    def _partition(self, name: str, members: BitMap, *limits: Any) -> Partition:
        where = "rolloutStrategy.maxUnavailable"
        return Partition(name, members, limit(where, len(members), *limits, self.max_unavailable))


def _declared(where: str, value: Any) -> Declared:
    if not isinstance(value, Mapping):
        raise TargetingError(where, "is not an object")
    name = value.get("name") or ""
    return Declared(str(name), Criteria.parse(where, value), value.get("maxUnavailable"))


def _number(value: Mapping[str, Any], field: str, default: int) -> int:
    found = value.get(field)
    if found is None:
        return default
    if not isinstance(found, int) or isinstance(found, bool):
        raise TargetingError(f"rolloutStrategy.{field}", "is not a number")
    return found


def names(places: BitMap, of: Sequence[str]) -> list[str]:
    """The names of clusters by their places."""
    return [of[place] for place in places]
