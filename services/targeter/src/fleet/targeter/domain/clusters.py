"""The clusters and their groups as declared, and what a change of them can touch."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyroaring import BitMap

from fleet.events import ClusterRecord, Member, Record, Resource, Stored
from fleet.targeter.domain.errors import InvalidSelector
from fleet.targeter.domain.index import ClusterFacts, ClusterIndex
from fleet.targeter.domain.ledger import ClusterKey
from fleet.targeter.domain.order import NameOrder
from fleet.targeter.domain.preparing import ClusterView, shown
from fleet.targeter.domain.selectors import Selector, Term


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that has its number."""

    ordinal: int
    stored: Stored[ClusterRecord]

    @property
    def record(self) -> ClusterRecord:
        """What is declared of it."""
        return self.stored.event

    @property
    def key(self) -> ClusterKey:
        """Workspace and name."""
        return self.record.workspace, self.record.name

    @property
    def uid(self) -> str:
        """The uid of the object."""
        return self.record.metadata.uid

    @property
    def paused(self) -> bool:
        """Whether nothing new is let out to it."""
        return self.record.spec.get("paused") is True

    def view(self) -> ClusterView:
        """What templates see of it."""
        record = self.record
        values = record.spec.get("templateValues")
        return ClusterView(
            namespace=record.workspace,
            name=record.name,
            labels=record.metadata.labels,
            annotations=record.metadata.annotations,
            values=values if isinstance(values, dict) else {},
        )


@dataclass(frozen=True, slots=True)
class Change:
    """Clusters of a workspace for which something changed, and what.

    `everything` is for those that are new, paused or not any more, or have their first or no label that
    templates see; else `terms` has the labels that changed, `groups` says whether the groups did, and
    `values` whether annotations or templateValues did.
    """

    workspace: str
    members: BitMap
    cause: Stored[ClusterRecord] | Stored[Resource] | None = None
    terms: frozenset[Term] = frozenset()
    groups: bool = False
    values: bool = False
    everything: bool = False


class ClusterBook:
    """All declared clusters; those that have a number are in the index, and in the order of their names.

    A cluster gets its number by a write-once message, so records and numbers may be read in any order.
    """

    def __init__(self) -> None:
        self.index = ClusterIndex()
        self.paused = BitMap()
        self.last_number = 0
        self._declared: dict[ClusterKey, Stored[ClusterRecord]] = {}
        self._numbered: dict[ClusterKey, Cluster] = {}
        self._at: dict[int, Cluster] = {}
        self._ordinals: dict[tuple[str, str, str], int] = {}
        self._waiting: set[ClusterKey] = set()
        self._groups: dict[ClusterKey, Stored[Resource]] = {}
        self._invalid: dict[ClusterKey, str] = {}
        self._sorted: list[Cluster] | None = None
        self.order = NameOrder(self._named)

    def __iter__(self) -> Iterator[Cluster]:
        return iter(self._at.values())

    def __len__(self) -> int:
        return len(self._at)

    def ordinals(self) -> list[int]:
        """The numbers of all clusters as they are now."""
        return list(self._at)

    def by_name(self) -> list[Cluster]:
        """All clusters that have a number, by workspace and name."""
        if self._sorted is None:
            self._sorted = sorted(self._at.values(), key=lambda cluster: cluster.key)
        return self._sorted

    def get(self, key: ClusterKey) -> Cluster | None:
        """A cluster by workspace and name, if it has a number."""
        return self._numbered.get(key)

    def at(self, ordinal: int) -> Cluster | None:
        """A cluster by its number, if it is still declared."""
        return self._at.get(ordinal)

    def put(self, stored: Stored[ClusterRecord]) -> tuple[Cluster | None, list[Change]]:
        """Take over a record.

        Gives the cluster that is gone by it (retired, or its name taken by a new object), and what changes
        for the one that it declares.
        """
        record = stored.event
        key = (record.workspace, record.name)
        known = self._declared.get(key)
        if known and known.sequence >= stored.sequence:
            return None, []
        self._declared[key] = stored
        self._waiting.add(key)
        before = self._numbered.get(key)
        gone = before if before and (record.deleted or before.uid != record.metadata.uid) else None
        if gone:
            self._remove(gone)
        return gone, self._enter(key)

    def number(self, member: Member, ordinal: int) -> list[Change]:
        """Take over a cluster's number."""
        self._ordinals[member.workspace, member.cluster, member.uid] = ordinal
        self.last_number = max(self.last_number, ordinal)
        return self._enter((member.workspace, member.cluster))

    def workspaces(self) -> set[str]:
        """The workspaces in which clusters are declared."""
        return {workspace for workspace, _ in self._declared}

    def without_number(self) -> list[Member]:
        """The clusters that need a number, by name."""
        waiting = [(key, self._declared[key].event.metadata.uid) for key in sorted(self._waiting)]
        return [Member(workspace=key[0], cluster=key[1], uid=uid) for key, uid in waiting]

    def needs_number(self, member: Member) -> bool:
        """Whether this cluster still waits for its number."""
        return (member.workspace, member.cluster, member.uid) not in self._ordinals

    def put_group(self, stored: Stored[Resource]) -> Change:
        """Take over a ClusterGroup, or its end; a selector that cannot be read selects nothing."""
        record = stored.event
        key = (record.workspace, record.name)
        self._invalid.pop(key, None)
        if record.deleted:
            self._groups.pop(key, None)
            members = self.index.remove_group(*key)
        else:
            self._groups[key] = stored
            selector = self._selector(key, record)
            members = self.index.put_group(*key, labels=record.metadata.labels, selector=selector)
        return Change(record.workspace, members, stored, groups=True)

    def groups(self, workspace: str | None = None) -> list[Stored[Resource]]:
        """The declared groups, of one workspace or all."""
        return [stored for key, stored in self._groups.items() if workspace in (None, key[0])]

    def group(self, key: ClusterKey) -> Stored[Resource] | None:
        """A group by workspace and name."""
        return self._groups.get(key)

    def group_error(self, key: ClusterKey) -> str:
        """Why a group's selector cannot be used; empty when it can."""
        return self._invalid.get(key, "")

    def settle(self, workspace: str) -> Change:
        """The clusters of a workspace that are in other groups than before."""
        return Change(workspace, self.index.settle(workspace), groups=True)

    def _enter(self, key: ClusterKey) -> list[Change]:
        """Put the declared cluster into the index if it has its number."""
        stored = self._declared.get(key)
        if stored is None or key not in self._waiting:
            return []
        record = stored.event
        ordinal = self._ordinals.get((*key, record.metadata.uid))
        if record.deleted or ordinal is not None:
            self._waiting.discard(key)
        if record.deleted or ordinal is None:
            return []
        before = self._at.get(ordinal)
        cluster = self._numbered[key] = self._at[ordinal] = Cluster(ordinal, stored)
        (self.paused.add if cluster.paused else self.paused.discard)(ordinal)
        self._sorted = None
        if before is None:
            self.order.add(ordinal)
        terms = self.index.put(ClusterFacts(ordinal, *key, dict(record.metadata.labels)))
        everything = before is None or _standing(before) != _standing(cluster)
        values = before is None or _values(before) != _values(cluster)
        return [
            Change(
                record.workspace,
                BitMap([ordinal]),
                stored,
                frozenset(terms),
                values=values,
                everything=everything,
            )
        ]

    def _remove(self, cluster: Cluster) -> None:
        del self._numbered[cluster.key], self._at[cluster.ordinal]
        self._sorted = None
        self.paused.discard(cluster.ordinal)
        self.order.remove(cluster.ordinal)
        self.index.remove(cluster.ordinal)

    def _named(self, ordinal: int) -> tuple[str, str]:
        workspace, name = self._at[ordinal].key
        return name, workspace

    def _selector(self, key: ClusterKey, record: Record) -> Selector | None:
        try:
            return Selector.parse(record.spec.get("selector"))
        except InvalidSelector as error:
            self._invalid[key] = f"spec.selector: {error}"
            return None


def _standing(cluster: Cluster) -> tuple[bool, bool]:
    """What every bundle depends on: whether it is paused, and has a label that templates see."""
    return cluster.paused, any(shown(key) for key in cluster.record.metadata.labels)


def _values(cluster: Cluster) -> tuple[Any, Any]:
    return cluster.record.metadata.annotations, cluster.record.spec.get("templateValues")
