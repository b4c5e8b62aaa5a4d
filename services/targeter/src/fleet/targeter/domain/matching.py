"""Which clusters a bundle goes to, and which of its targets' options apply there (fleet.md 3.1 and 3.2)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Self

from pyroaring import BitMap

from fleet.targeter.domain.errors import InvalidSelector, TargetingError
from fleet.targeter.domain.index import DISPLAY_NAME, NOTHING, ClusterIndex, Group
from fleet.targeter.domain.selectors import Selector, Term

Choice = tuple[int, ...]
"""Positions in `spec.targets` whose options apply, in the order in which they are merged."""

Shares = dict[Choice, BitMap]
"""A bundle's clusters, by what applies to them; disjoint."""

ALL_MATCHES = "AllMatches"
_MODES = frozenset({"", "FirstMatch", ALL_MATCHES})


@dataclass(frozen=True, slots=True)
class Criteria:
    """Conditions that must all hold; without any, nothing matches."""

    name: str = ""
    group: str = ""
    group_selector: Selector | None = None
    selector: Selector | None = None

    @classmethod
    def parse(cls, where: str, value: Mapping[str, Any]) -> Self:
        """Read the four fields of a target. Raises TargetingError with `where` and the field's name."""
        return cls(
            name=_text(where, value, "clusterName"),
            group=_text(where, value, "clusterGroup"),
            group_selector=_selector(where, value, "clusterGroupSelector"),
            selector=_selector(where, value, "clusterSelector"),
        )

    @property
    def empty(self) -> bool:
        """Whether no condition is given."""
        return not (self.name or self.group) and self.group_selector is None and self.selector is None

    @property
    def by_group(self) -> bool:
        """Whether the answer depends on the groups that a cluster is in."""
        return bool(self.group) or self.group_selector is not None

    def accepts(self, name: str, labels: Mapping[str, str]) -> bool:
        """Whether the conditions on the group hold for this one ("" where a cluster is in none)."""
        if self.group and self.group != name:
            return False
        return self.group_selector is None or self.group_selector.matches(labels)

    def terms(self) -> frozenset[Term]:
        """The labels of clusters that the answer depends on."""
        named: frozenset[Term] = frozenset({(DISPLAY_NAME, self.name)}) if self.name else frozenset()
        return named | (self.selector.terms() if self.selector else frozenset())


@dataclass(frozen=True, slots=True)
class Target:
    """One entry of `spec.targets`; `position` is its place there."""

    position: int
    criteria: Criteria
    do_not_deploy: bool


@dataclass(frozen=True, slots=True)
class Targeting:
    """The public part of a bundle's spec, read: who gets it.

    With restrictions the first entries of `targets`, as many as there are more targets than
    restrictions, customize what the others choose; without, every entry is a regular target.
    """

    regular: tuple[Target, ...]
    customizations: tuple[Target, ...]
    restrictions: tuple[Criteria, ...]
    all_matches: bool

    @classmethod
    def parse(cls, spec: Mapping[str, Any]) -> Self:
        """Read a bundle's spec. Raises TargetingError naming the first entry that cannot be used."""
        entries, restricting = _entries(spec, "targets"), _entries(spec, "targetRestrictions")
        customizing = max(0, len(entries) - len(restricting)) if restricting else 0
        targets = tuple(_target(n, value, customizing) for n, value in enumerate(entries))
        restrictions = tuple(
            Criteria.parse(f"targetRestrictions[{n}]", value) for n, value in enumerate(restricting)
        )
        mode = spec.get("targetCustomizationMode") or ""
        if mode not in _MODES:
            raise TargetingError(
                "targetCustomizationMode", f"{mode!r} is neither FirstMatch nor {ALL_MATCHES}"
            )
        return cls(
            regular=targets[customizing:],
            customizations=targets[:customizing],
            restrictions=restrictions,
            all_matches=mode == ALL_MATCHES,
        )

    @property
    def criteria(self) -> list[Criteria]:
        """Every condition that decides."""
        return [target.criteria for target in (*self.regular, *self.customizations)] + [*self.restrictions]

    def terms(self) -> frozenset[Term]:
        """The labels of clusters that the placement depends on."""
        return frozenset().union(*(criteria.terms() for criteria in self.criteria))

    @property
    def by_group(self) -> bool:
        """Whether the placement depends on ClusterGroups."""
        return any(criteria.by_group for criteria in self.criteria)


def place(
    targeting: Targeting, index: ClusterIndex, workspaces: Sequence[str], within: BitMap | None = None
) -> Shares:
    """Decide what applies where.

    Takes the candidate workspaces and, where only some clusters changed, those; gives every share that
    has clusters. The regular target is the first that matches; then customizations, which FirstMatch
    puts in its place and AllMatches merges onto it. `doNotDeploy` of either takes the cluster out.
    """
    matcher = _Matcher(index, workspaces, within)
    shares = _regular(targeting, matcher)
    if targeting.all_matches:
        return reduce(lambda found, target: _also(found, target, matcher), targeting.customizations, shares)
    return _first(targeting.customizations, shares, matcher)


def matching(
    criteria: Criteria, index: ClusterIndex, workspaces: Sequence[str], within: BitMap | None = None
) -> BitMap:
    """The clusters that fulfil criteria in at least one of their groups, or without any."""
    return _Matcher(index, workspaces, within).matching(criteria)


def _regular(targeting: Targeting, matcher: "_Matcher") -> Shares:
    shares: Shares = {}
    left = matcher.universe
    for target in targeting.regular:
        taken = matcher.permitted(target.criteria, targeting.restrictions) & left
        left = left - taken
        if taken and not target.do_not_deploy:
            shares[(target.position,)] = taken
    return shares


def _first(customizations: Iterable[Target], shares: Shares, matcher: "_Matcher") -> Shares:
    left = BitMap.union(NOTHING, *shares.values())
    found: Shares = {}
    for target in customizations:
        taken = matcher.matching(target.criteria) & left
        left = left - taken
        if taken and not target.do_not_deploy:
            found[(target.position,)] = taken
    return found | {choice: rest for choice, members in shares.items() if (rest := members & left)}


def _also(shares: Shares, target: Target, matcher: "_Matcher") -> Shares:
    matching = matcher.matching(target.criteria)
    found: Shares = {}
    for choice, members in shares.items():
        if rest := members - matching:
            found[choice] = rest
        if not target.do_not_deploy and (inside := members & matching):
            found[(*choice, target.position)] = inside
    return found


class _Matcher:
    """Evaluates criteria over a universe; the part that is not about groups only once each."""

    def __init__(self, index: ClusterIndex, workspaces: Sequence[str], within: BitMap | None) -> None:
        everything = index.clusters(workspaces)
        self.universe = everything if within is None else everything & within
        self._index = index
        self._workspaces = workspaces
        self._plain: dict[Criteria, BitMap] = {}
        self._views: list[tuple[str, Mapping[str, str], BitMap]] | None = None

    def matching(self, criteria: Criteria) -> BitMap:
        """The clusters that fulfil the criteria in at least one of their groups (or without any)."""
        plain = self._without_groups(criteria)
        if not criteria.by_group or not plain:
            return plain
        views = (members for name, labels, members in self._groups() if criteria.accepts(name, labels))
        return plain & BitMap.union(NOTHING, *views)

    def permitted(self, criteria: Criteria, restrictions: Sequence[Criteria]) -> BitMap:
        """The clusters that fulfil the criteria and, in the same group, some restriction."""
        if not restrictions:
            return self.matching(criteria)
        found = BitMap()
        for restriction in restrictions:
            plain = self._without_groups(criteria) & self._without_groups(restriction)
            if not plain:
                continue
            if criteria.by_group or restriction.by_group:
                views = (
                    members
                    for name, labels, members in self._groups()
                    if criteria.accepts(name, labels) and restriction.accepts(name, labels)
                )
                plain = plain & BitMap.union(NOTHING, *views)
            found |= plain
        return found

    def _without_groups(self, criteria: Criteria) -> BitMap:
        if criteria.empty:
            return NOTHING
        if criteria not in self._plain:
            found = self.universe
            if criteria.name:
                found = self._index.named(criteria.name, self._workspaces, found)
            if criteria.selector is not None:
                found = self._index.select(criteria.selector, found)
            self._plain[criteria] = found
        return self._plain[criteria]

    def _groups(self) -> list[tuple[str, Mapping[str, str], BitMap]]:
        """Every group, and one without name or labels for the clusters that are in none."""
        if self._views is None:
            groups: list[Group] = self._index.groups(self._workspaces)
            views = [(group.name, group.labels, group.members & self.universe) for group in groups]
            grouped = BitMap.union(NOTHING, *(members for _, _, members in views))
            self._views = [*views, ("", {}, self.universe - grouped)]
        return self._views


def _entries(spec: Mapping[str, Any], field: str) -> list[Any]:
    value = spec.get(field) or []
    if not isinstance(value, list | tuple):
        raise TargetingError(field, "is not a list")
    return list(value)


def _target(position: int, value: Any, customizing: int) -> Target:
    """One of a bundle's targets; its name is where people wrote it: in fleet.yaml, or in the GitRepo."""
    before = position < customizing
    where = f"targetCustomizations[{position}]" if before else f"targets[{position - customizing}]"
    if not isinstance(value, Mapping):
        raise TargetingError(where, "is not an object")
    return Target(position, Criteria.parse(where, value), value.get("doNotDeploy") is True)


def _text(where: str, value: Any, field: str) -> str:
    if not isinstance(value, Mapping):
        raise TargetingError(where, "is not an object")
    found = value.get(field) or ""
    if not isinstance(found, str):
        raise TargetingError(f"{where}.{field}", "is not a name")
    return found


def _selector(where: str, value: Mapping[str, Any], field: str) -> Selector | None:
    try:
        return Selector.parse(value.get(field))
    except InvalidSelector as error:
        raise TargetingError(f"{where}.{field}", str(error)) from None
