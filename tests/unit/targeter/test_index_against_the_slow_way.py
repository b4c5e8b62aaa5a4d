"""The index against an obvious implementation that looks at one cluster after the other."""

from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from fleet.targeter.domain import index as index_module
from fleet.targeter.domain.index import ClusterFacts, ClusterIndex
from fleet.targeter.domain.matching import Targeting, place
from fleet.targeter.domain.selectors import Operator, Requirement, Selector
from support.slow_targeting import DISPLAY_NAME, choice

WORKSPACE = "fleet-default"
KEYS = ("env", "region", "ring", DISPLAY_NAME)
VALUES = ("a", "b", "c")
NAMES = tuple(f"c{n}" for n in range(200))
GROUPS = ("g0", "g1", "g2")

labels = st.dictionaries(st.sampled_from(KEYS), st.sampled_from((*VALUES, "c1")), max_size=4)
with_values = st.fixed_dictionaries(
    {
        "key": st.sampled_from(KEYS),
        "operator": st.sampled_from(("In", "NotIn")),
        "values": st.lists(st.sampled_from(VALUES), min_size=1, max_size=2, unique=True),
    }
)
without_values = st.fixed_dictionaries(
    {"key": st.sampled_from(KEYS), "operator": st.sampled_from(("Exists", "DoesNotExist"))}
)
selectors = st.fixed_dictionaries(
    {},
    optional={
        "matchLabels": st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES), max_size=2),
        "matchExpressions": st.lists(st.one_of(with_values, without_values), max_size=2),
    },
)
criteria: dict[str, st.SearchStrategy[Any]] = {
    "clusterName": st.sampled_from(NAMES[:5]),
    "clusterGroup": st.sampled_from(GROUPS),
    "clusterGroupSelector": selectors,
    "clusterSelector": selectors,
}
targets = st.fixed_dictionaries({}, optional={**criteria, "doNotDeploy": st.booleans()})
specs = st.fixed_dictionaries(
    {"targets": st.lists(targets, max_size=4)},
    optional={
        "targetRestrictions": st.lists(st.fixed_dictionaries({}, optional=criteria), max_size=2),
        "targetCustomizationMode": st.sampled_from(("FirstMatch", "AllMatches")),
    },
)
groups = st.lists(
    st.fixed_dictionaries(
        {"name": st.sampled_from(GROUPS), "labels": labels, "selector": st.one_of(st.none(), selectors)}
    ),
    max_size=3,
    unique_by=lambda group: group["name"],
)
fleets = st.one_of(
    st.dictionaries(st.sampled_from(NAMES[:20]), labels, min_size=1, max_size=12),
    st.builds(
        lambda own, size: {name: own[n % len(own)] for n, name in enumerate(NAMES[:size])},
        st.lists(labels, min_size=1, max_size=12),
        st.integers(1, len(NAMES)),
    ),
)


def indexed(fleet: dict[str, dict[str, str]], declared: list[dict[str, Any]]) -> ClusterIndex:
    found = ClusterIndex()
    for ordinal, (name, own) in enumerate(fleet.items(), 1):
        found.put(ClusterFacts(ordinal, WORKSPACE, name, own))
    for group in declared:
        selector = Selector.parse(group["selector"])
        found.put_group(WORKSPACE, group["name"], labels=group["labels"], selector=selector)
    return found


def placed(spec: dict[str, Any], index: ClusterIndex, within: BitMap | None = None) -> dict[int, Any]:
    shares = place(Targeting.parse(spec), index, [WORKSPACE], within)
    found = [(ordinal, picked) for picked, members in shares.items() for ordinal in members]
    assert len(found) == len(dict(found)), "a cluster is in two shares"
    return dict(found)


def expected(
    spec: dict[str, Any], fleet: dict[str, dict[str, str]], declared: list[dict[str, Any]]
) -> dict[int, Any]:
    found = {n: choice(spec, name, own, declared) for n, (name, own) in enumerate(fleet.items(), 1)}
    return {ordinal: picked for ordinal, picked in found.items() if picked is not None}


@settings(max_examples=200, deadline=None)
@given(spec=specs, fleet=fleets, declared=groups)
def test_every_placement_is_the_one_that_looking_at_each_cluster_gives(
    spec: dict[str, Any], fleet: dict[str, dict[str, str]], declared: list[dict[str, Any]]
) -> None:
    assert placed(spec, indexed(fleet, declared)) == expected(spec, fleet, declared)


@settings(max_examples=100, deadline=None)
@given(spec=specs, fleet=fleets, later=fleets, declared=groups)
def test_relabelled_new_and_removed_clusters_are_placed_as_if_they_had_always_been_so(
    spec: dict[str, Any],
    fleet: dict[str, dict[str, str]],
    later: dict[str, dict[str, str]],
    declared: list[dict[str, Any]],
) -> None:
    index = indexed(fleet, declared)
    now = {name: later.get(name, own) for name, own in fleet.items()}
    for ordinal, name in enumerate(fleet, 1):
        index.put(ClusterFacts(ordinal, WORKSPACE, name, now[name]))
    gone = len(fleet)
    if gone:
        index.remove(gone)
        now.pop(list(now)[-1])
    index.settle(WORKSPACE)
    wanted = expected(spec, now, declared)
    assert placed(spec, index) == wanted
    for ordinal in range(1, len(now) + 1):
        alone = placed(spec, index, BitMap([ordinal]))
        assert alone == {n: picked for n, picked in wanted.items() if n == ordinal}


@settings(max_examples=200, deadline=None)
@given(spec=specs, before=labels, after=labels)
def test_a_change_of_labels_that_moves_a_cluster_is_among_the_terms_that_the_bundle_reads(
    spec: dict[str, Any], before: dict[str, str], after: dict[str, str]
) -> None:
    index = ClusterIndex()
    index.put(ClusterFacts(1, WORKSPACE, "c0", before))
    old = placed(spec, index)
    changed = index.put(ClusterFacts(1, WORKSPACE, "c0", after))
    if placed(spec, index) != old:
        assert changed & Targeting.parse(spec).terms()


FAULTS = {
    Operator.IN: lambda requirement, labels: requirement.key in labels,
    Operator.NOT_IN: lambda requirement, labels: (
        requirement.key in labels and labels[requirement.key] not in requirement.values
    ),
    Operator.EXISTS: lambda requirement, labels: bool(labels),
    Operator.DOES_NOT_EXIST: lambda requirement, labels: not labels,
}


@pytest.mark.parametrize("operator", list(Operator))
def test_a_fault_planted_in_an_operator_is_found(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(self: ClusterIndex, found: BitMap, requirement: Requirement) -> BitMap:
        def holds(ordinal: int) -> bool:
            facts = self.facts(ordinal)
            assert facts is not None
            wrong = FAULTS[operator] if requirement.operator is operator else Requirement.holds
            return wrong(requirement, facts.labels)

        return BitMap(ordinal for ordinal in found if holds(ordinal))

    monkeypatch.setattr(index_module.ClusterIndex, "_narrow", faulty)

    expressions = with_values if operator in (Operator.IN, Operator.NOT_IN) else without_values
    one = st.builds(lambda expression: {**expression, "operator": operator.value}, expressions)

    @settings(max_examples=500, deadline=None, database=None, derandomize=True, phases=[Phase.generate])
    @given(expression=one, fleet=fleets)
    def compare(expression: dict[str, Any], fleet: dict[str, dict[str, str]]) -> None:
        spec = {"targets": [{"clusterSelector": {"matchExpressions": [expression]}}]}
        assert placed(spec, indexed(fleet, [])) == expected(spec, fleet, [])

    with pytest.raises(AssertionError):
        compare()
