"""A bundle's rolloutStrategy, and the partitions that it makes of the bundle's clusters (fleet.md 4.2)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from pyroaring import BitMap

from fleet.targeter.domain.errors import TargetingError
from fleet.targeter.domain.limits import limit
from fleet.targeter.domain.matching import Criteria
from fleet.targeter.domain.order import NameOrder
from fleet.targeter.domain.selectors import Term

MAX_NEW = 50
THRESHOLD = 200
SIZE = "25%"
ALL = "100%"

Matching = Callable[[Criteria], BitMap]
"""The clusters that fulfil criteria."""


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

    @property
    def lets_all_out(self) -> bool:
        """Whether nobody ever waits: no partition leaves anybody out, and all may be unavailable at once."""
        return not self.declared and self.max_new > 0 and self.max_unavailable in (None, ALL)

    def terms(self) -> frozenset[Term]:
        """The labels of clusters that the partitions depend on."""
        return frozenset().union(*(found.criteria.terms() for found in self.declared))

    @property
    def by_group(self) -> bool:
        """Whether the partitions depend on ClusterGroups."""
        return any(found.criteria.by_group for found in self.declared)

    def check(self, count: int) -> None:
        """Raise TargetingError where a limit that counts for so many clusters cannot be read."""
        self.limit_of(count)
        self.limit_of_partitions(len(self.declared) or count)
        if not self.declared:
            self._size(count)
        for found in self.declared:
            limit("rolloutStrategy.maxUnavailable", count, found.max_unavailable, self.max_unavailable)

    def partitions(self, everybody: BitMap, matching: Matching, order: NameOrder) -> list[Partition]:
        """Part a bundle's clusters.

        Declared partitions may share clusters, and leave some out, which then never get the bundle; else the
        order of names is cut into equal parts. Raises TargetingError where a limit cannot be read.
        """
        if not self.declared:
            return list(self._automatic(everybody, order))
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

    def _automatic(self, everybody: BitMap, order: NameOrder) -> Iterator[Partition]:
        count = len(everybody)
        size = self._size(count)
        if size == 0:
            yield self._partition("All", everybody)
            return
        for number, members in enumerate(order.cut(everybody, size)):
            start = number * size
            yield self._partition(f"Partition {start} - {start + len(members)}", members)

    def _size(self, count: int) -> int:
        """How many clusters are in a partition that nobody declared; 0 where all are in one."""
        size = self.partition_size
        disabled = isinstance(size, int) and size <= 0
        if disabled or self.threshold <= 0 or count < self.threshold:
            return 0
        return limit("rolloutStrategy.autoPartitionSize", count, size, SIZE)

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
