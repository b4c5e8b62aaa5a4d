"""Which clusters a selector selects: bitmaps over ordinals, and set algebra on them.

A cluster's ordinal is the sequence of its MEMBERS message. Every label, every key and every group is a
roaring bitmap, so a selector over a million clusters costs microseconds, and over one changed cluster
(`within` has one bit) hardly more than a dictionary look-up. Bitmaps handed out are values: who gets one
never changes it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from pyroaring import BitMap

from fleet.targeter.domain.selectors import Operator, Requirement, Selector, Term, changed_terms

NOTHING = BitMap()

DISPLAY_NAME = "management.cattle.io/cluster-display-name"
"""The label whose value also counts as the cluster's name (fleet.md 3.1)."""


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """What selectors see of a cluster."""

    ordinal: int
    workspace: str
    name: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Group:
    """A ClusterGroup with its present members. No selector selects nothing, an empty one all."""

    workspace: str
    name: str
    labels: Mapping[str, str]
    selector: Selector | None
    members: BitMap


@dataclass(slots=True)
class _Workspace:
    clusters: BitMap = field(default_factory=BitMap)
    by_name: dict[str, int] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    unsettled: BitMap = field(default_factory=BitMap)


class ClusterIndex:
    """All clusters by workspace, name, label and group."""

    def __init__(self) -> None:
        self._facts: dict[int, ClusterFacts] = {}
        self._by_term: dict[Term, BitMap] = {}
        self._values: dict[str, set[str]] = {}
        self._workspaces: dict[str, _Workspace] = {}

    def put(self, facts: ClusterFacts) -> set[Term]:
        """Add a cluster or take over its new labels; give the terms whose truth changed for it.

        Its groups are looked at by the next `settle` of the workspace.
        """
        old = self._facts.get(facts.ordinal)
        changed = changed_terms(old.labels if old else {}, facts.labels)
        for term in changed:
            self._set(term, facts.ordinal, _holds(term, facts.labels))
        self._facts[facts.ordinal] = facts
        workspace = self._workspaces.setdefault(facts.workspace, _Workspace())
        workspace.clusters.add(facts.ordinal)
        workspace.by_name[facts.name] = facts.ordinal
        if changed or old is None:
            workspace.unsettled.add(facts.ordinal)
        return changed

    def remove(self, ordinal: int) -> None:
        """Forget a cluster; one that is not known is no error."""
        facts = self._facts.pop(ordinal, None)
        if facts is None:
            return
        for term in changed_terms(facts.labels, {}):
            self._set(term, ordinal, False)
        workspace = self._workspaces[facts.workspace]
        workspace.clusters.discard(ordinal)
        workspace.unsettled.discard(ordinal)
        if workspace.by_name.get(facts.name) == ordinal:
            del workspace.by_name[facts.name]
        for name, group in workspace.groups.items():
            if ordinal in group.members:
                workspace.groups[name] = _with_members(group, group.members - BitMap([ordinal]))

    def put_group(
        self, workspace: str, name: str, *, labels: Mapping[str, str], selector: Selector | None
    ) -> BitMap:
        """Add or change a group; give the clusters whose matching it may change."""
        space = self._workspaces.setdefault(workspace, _Workspace())
        self.settle(workspace)
        old = space.groups.get(name)
        if old and (old.labels, old.selector) == (dict(labels), selector):
            return NOTHING
        members = NOTHING if selector is None else self.select(selector, self.clusters([workspace]))
        space.groups[name] = Group(workspace, name, dict(labels), selector, members)
        if old and old.labels == labels:
            return old.members ^ members
        return (old.members if old else NOTHING) | members

    def remove_group(self, workspace: str, name: str) -> BitMap:
        """Forget a group; give the clusters that were in it."""
        space = self._workspaces.get(workspace)
        group = space.groups.pop(name, None) if space else None
        return group.members if group else NOTHING

    def settle(self, workspace: str) -> BitMap:
        """Bring groups up to date with clusters that are new or relabelled; give those that moved."""
        space = self._workspaces.get(workspace)
        if space is None or not space.unsettled:
            return NOTHING
        looked_at, space.unsettled = space.unsettled, BitMap()
        moved = BitMap()
        for name, group in space.groups.items():
            if group.selector is None:
                continue
            now = self.select(group.selector, looked_at)
            if different := (group.members & looked_at) ^ now:
                moved |= different
                space.groups[name] = _with_members(group, (group.members - looked_at) | now)
        return moved

    def select(self, selector: Selector, within: BitMap) -> BitMap:
        """Those of `within` whose labels fulfil the selector."""
        found = within
        for requirement in selector.requirements:
            found = self._narrow(found, requirement)
        return found

    def named(self, name: str, workspaces: Iterable[str], within: BitMap) -> BitMap:
        """Those of `within` that have this name, or show it (fleet.md 3.1)."""
        ordinals = [
            ordinal
            for workspace in workspaces
            if workspace in self._workspaces
            and (ordinal := self._workspaces[workspace].by_name.get(name)) is not None
        ]
        return (self._with((DISPLAY_NAME, name)) | BitMap(ordinals)) & within

    def clusters(self, workspaces: Iterable[str]) -> BitMap:
        """All clusters of these workspaces."""
        known = (self._workspaces[name].clusters for name in workspaces if name in self._workspaces)
        return BitMap.union(NOTHING, *known)

    def groups(self, workspaces: Iterable[str]) -> list[Group]:
        """All groups of these workspaces; call `settle` first when clusters changed."""
        known = (self._workspaces[name] for name in workspaces if name in self._workspaces)
        return [group for space in known for group in space.groups.values()]

    def values_of(self, key: str, within: BitMap) -> dict[str, BitMap]:
        """Those of `within` that have a label, by its value."""
        values: set[str] = self._values.get(key, set())
        if len(within) < len(values):  # asking each cluster is cheaper than asking each value
            return self._values_one_by_one(key, within)
        found = {value: self._with((key, value)) & within for value in values}
        return {value: members for value, members in found.items() if members}

    def _values_one_by_one(self, key: str, within: BitMap) -> dict[str, BitMap]:
        found: dict[str, BitMap] = {}
        for ordinal in within:
            facts = self._facts.get(ordinal)
            if facts and (value := facts.labels.get(key)) is not None:
                found.setdefault(value, BitMap()).add(ordinal)
        return found

    def with_any(self, wanted: Callable[[str], bool], within: BitMap) -> BitMap:
        """Those of `within` that have some label whose key is wanted."""
        left = within
        for key in self._values:
            if not left:
                break
            if wanted(key):
                left = left - self._with((key, None))
        return within - left

    def facts(self, ordinal: int) -> ClusterFacts | None:
        """What is known of a cluster."""
        return self._facts.get(ordinal)

    def _narrow(self, found: BitMap, requirement: Requirement) -> BitMap:
        # Each label is cut down to `found` first: that is what makes one changed cluster cheap.
        hit = BitMap.union(NOTHING, *(found & self._with(term) for term in requirement.terms()))
        if requirement.operator in (Operator.IN, Operator.EXISTS):
            return hit
        return found - hit

    def _with(self, term: Term) -> BitMap:
        return self._by_term.get(term, NOTHING)

    def _set(self, term: Term, ordinal: int, there: bool) -> None:
        key, value = term
        if there:
            self._by_term.setdefault(term, BitMap()).add(ordinal)
            if value is not None:
                self._values.setdefault(key, set()).add(value)
            return
        bitmap = self._by_term[term]
        bitmap.discard(ordinal)
        if bitmap:
            return
        del self._by_term[term]
        if value is not None:
            self._values[key].discard(value)
            if not self._values[key]:
                del self._values[key]


def _holds(term: Term, labels: Mapping[str, str]) -> bool:
    key, value = term
    return key in labels if value is None else labels.get(key) == value


def _with_members(group: Group, members: BitMap) -> Group:
    return Group(group.workspace, group.name, group.labels, group.selector, members)
