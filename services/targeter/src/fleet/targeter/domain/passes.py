"""Passes over a bundle's partitions: who gets it first, and who its newest version (fleet.md 4.3).

A pass decides from what is present and keeps nothing; the next one goes on from there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pyroaring import BitMap

from fleet.targeter.domain.order import NameOrder
from fleet.targeter.domain.strategy import Partition, Strategy


@dataclass(frozen=True, slots=True)
class Present:
    """How far a bundle's clusters are.

    `having` have a deployment, whatever its version. `current` are told to run the newest version, `applied`
    have applied it. `ready` say that all is well with what they run; `unavailable` do not, or have not
    applied what they are told to run. `paused` take nothing new.
    """

    everybody: BitMap
    having: BitMap
    current: BitMap
    applied: BitMap
    ready: BitMap
    unavailable: BitMap
    paused: BitMap

    def after(self, *, told: BitMap, made: BitMap) -> "Present":
        """What is present when some were told to run the newest version, others only got a deployment."""
        up = self.applied & self.ready
        return replace(
            self,
            having=self.having | told | made,
            current=self.current | told,
            unavailable=(self.unavailable - told) | (told - up) | made,
        )


@dataclass(frozen=True, slots=True)
class PartitionPass:
    """A partition after the pass; behind one that holds up the others, as it was before."""

    name: str
    count: int
    max_unavailable: int
    unavailable: int


@dataclass(slots=True)
class Pass:
    """What a pass decides, and what it counts (as in a Bundle's status)."""

    max_unavailable: int
    max_unavailable_partitions: int
    unavailable: int
    unavailable_partitions: int = 0
    partitions: list[PartitionPass] = field(default_factory=list)
    created: BitMap = field(default_factory=BitMap)
    promoted: BitMap = field(default_factory=BitMap)


def all_passes(
    strategy: Strategy, partitions: Sequence[Partition], present: Present, order: NameOrder
) -> tuple[BitMap, Pass]:
    """Pass after pass until one promotes nobody: everybody who is promoted, and that last pass.

    As Fleet's passes follow each other at once, how many it creates in each makes no difference to where they
    end: who is new counts neither for nor against a partition. So each creates all, if any. Who is new and
    paused has a deployment that is told nothing, and is unavailable like any other.
    """
    unbound = replace(strategy, max_new=len(present.everybody)) if strategy.max_new > 0 else strategy
    promoted = BitMap()
    while True:
        found = one_pass(unbound, partitions, present, order)
        if made := found.created & present.paused:
            present = present.after(told=BitMap(), made=made)
        elif found.promoted:
            promoted |= found.promoted
            present = present.after(told=found.promoted, made=BitMap())
        else:
            return promoted, found


def one_pass(strategy: Strategy, partitions: Sequence[Partition], present: Present, order: NameOrder) -> Pass:
    """Go through the partitions in order until too many of them are unavailable."""
    done = present.current & present.applied & present.ready
    found = Pass(
        max_unavailable=strategy.limit_of(len(present.everybody)),
        max_unavailable_partitions=strategy.limit_of_partitions(len(partitions)),
        unavailable=len(present.unavailable),
    )
    for partition in partitions:
        if found.unavailable_partitions > found.max_unavailable_partitions:
            unavailable = len(present.unavailable & partition.members)
        elif partition.members.issubset(done):
            unavailable = 0
        else:
            unavailable = _through(partition, present, found, strategy.max_new, order)
            found.unavailable_partitions += unavailable > partition.max_unavailable
        found.partitions.append(
            PartitionPass(partition.name, len(partition.members), partition.max_unavailable, unavailable)
        )
    return found


def _through(partition: Partition, present: Present, found: Pass, max_new: int, order: NameOrder) -> int:
    """Create and promote within one partition; gives how many of it are not up to date and ready after."""
    members = partition.members
    missing = members - present.having - found.created
    found.created |= order.first(missing, max_new - len(found.created))
    having = members & (present.having | found.created)
    up = present.applied & present.ready
    # What was promoted in a partition that shares clusters with this one is judged by the newest version.
    down = ((present.unavailable | found.created) - found.promoted) | (found.promoted - up)
    behind = having - present.current - found.promoted - present.paused
    room = min(
        found.max_unavailable - found.unavailable,
        partition.max_unavailable - len(present.unavailable & members),
    )
    available = order.first(behind - down, room)
    found.unavailable += len(available)
    found.promoted |= (behind & down) | available
    return len(members - ((present.current | found.promoted) & up))
