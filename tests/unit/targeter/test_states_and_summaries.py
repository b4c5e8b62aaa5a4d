"""States from reports, and what a summary says about them (fleet.md 4.4 and 4.5)."""

import pytest

from fleet.events import ResourceReport
from fleet.targeter.domain.states import RANK, BundleState, Report, behind, judge, worst
from fleet.targeter.domain.summaries import NonReady, Summary, added, spelled, trouble_of
from support.reports import a_report, a_trouble
from support.targeting import Draft, World, a_cluster

STATE = BundleState


def resource(state: str, message: str = "", *, api: str = "v1", kind: str = "Service") -> ResourceReport:
    return ResourceReport(
        api_version=api, kind=kind, namespace="ns", name="svc-test", state=state, message=message
    )


def report(*applied: str) -> Report:
    return Report("u", 1, 1, "d", frozenset(applied))


def test_states_rank_as_in_fleet() -> None:
    assert sorted(STATE, key=RANK.__getitem__, reverse=True) == [
        STATE.ERR_APPLIED,
        STATE.WAIT_APPLIED,
        STATE.MODIFIED,
        STATE.OUT_OF_SYNC,
        STATE.PENDING,
        STATE.NOT_READY,
        STATE.READY,
    ]
    assert worst([STATE.NOT_READY, STATE.MODIFIED, STATE.READY]) == "Modified"
    assert worst([STATE.READY]) == ""


def test_an_entry_that_is_applied_and_not_listed_is_ready() -> None:
    assert judge("e", fresh=False, report=report("e")) is STATE.READY


@pytest.mark.parametrize("given", [None, report(), report("other")])
def test_an_entry_that_the_report_does_not_know_waits(given: Report | None) -> None:
    assert judge("e", fresh=False, report=given) is STATE.WAIT_APPLIED


def test_a_report_from_before_the_entry_was_given_counts_for_nothing() -> None:
    assert judge("e", fresh=True, report=report("e")) is STATE.WAIT_APPLIED


def test_what_is_held_back_shows_out_of_sync_unless_it_is_worse() -> None:
    assert behind(STATE.READY) is behind(STATE.MODIFIED) is STATE.OUT_OF_SYNC
    assert behind(STATE.NOT_READY) is STATE.NOT_READY
    assert behind(STATE.ERR_APPLIED) is STATE.ERR_APPLIED


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (resource("missing"), "service.v1 ns/svc-test missing"),
        (resource("not-owned"), "service.v1 ns/svc-test is not owned by us"),
        (resource("extra"), "service.v1 ns/svc-test extra"),
        (resource("modified", '{"a":1}'), 'service.v1 ns/svc-test modified {"a":1}'),
        (resource("in-progress", "[progressing] 0 of 1"), "service.v1 ns/svc-test [progressing] 0 of 1"),
        (resource("failed", "error] crashed"), "service.v1 ns/svc-test error] crashed"),
        (resource("pending"), "service.v1 ns/svc-test pending"),
        (resource("missing", api="apps/v1", kind="Deployment"), "deployment.apps ns/svc-test missing"),
    ],
)
def test_an_object_is_written_as_fleet_writes_it(given: ResourceReport, text: str) -> None:
    assert spelled(given) == text


def test_the_message_has_every_state_with_its_first_example_sorted() -> None:
    listed = (
        NonReady("ns/a", STATE.WAIT_APPLIED),
        NonReady("ns/b", STATE.ERR_APPLIED, "no chart"),
        NonReady("ns/c", STATE.WAIT_APPLIED),
    )
    summary = Summary(5, {STATE.WAIT_APPLIED: 2, STATE.ERR_APPLIED: 1}, listed)
    assert (
        summary.message("Cluster") == "ErrApplied(1) [Cluster ns/b: no chart]; WaitApplied(2) [Cluster ns/a]"
    )
    assert summary.ready == 2
    assert summary.state == "ErrApplied"


def test_the_message_spells_out_four_objects_of_each_sort() -> None:
    resources = tuple(resource("missing") for _ in range(6)) + tuple(resource("pending") for _ in range(6))
    summary = Summary(1, {STATE.MODIFIED: 1}, (NonReady("ns/a", STATE.MODIFIED, "", resources),))
    parts = summary.message("Cluster").split("; ")
    assert parts.count("service.v1 ns/svc-test missing") == 4
    assert parts.count("service.v1 ns/svc-test pending") == 4
    assert parts[0] == "Modified(1) [Cluster ns/a]"


def test_a_state_whose_members_are_not_listed_makes_no_text() -> None:
    assert Summary(20, {STATE.MODIFIED: 1}, (NonReady("ns/a", STATE.NOT_READY),)).message("Cluster") == ""


def test_a_summary_has_ready_and_desired_ready_always_and_the_rest_when_not_zero() -> None:
    assert Summary().to_json() == {"ready": 0, "desiredReady": 0}
    entry = NonReady("ns/a", STATE.MODIFIED, "", (resource("modified", "{}"), resource("not-owned")))
    found = Summary(2, {STATE.MODIFIED: 1}, (entry,)).to_json()
    assert found["modified"] == 1
    one, other = found["nonReadyResources"][0]["modifiedStatus"]
    assert one == {
        "kind": "Service",
        "apiVersion": "v1",
        "namespace": "ns",
        "name": "svc-test",
        "patch": "{}",
    }
    assert (other["missing"], other["exist"]) == (True, True)


def test_an_object_that_is_not_ready_tells_why_in_its_own_summary() -> None:
    found = NonReady("a", STATE.NOT_READY, "", (resource("failed", "[progressing,error] x"),)).to_json()
    summary = found["nonReadyStatus"][0]["summary"]
    assert summary == {"state": "failed", "transitioning": True, "error": True, "message": ["x"]}


def test_a_sum_lists_ten_at_most() -> None:
    many = Summary(9, {STATE.MODIFIED: 9}, tuple(NonReady(f"{n}", STATE.MODIFIED) for n in range(9)))
    found = added([many, many])
    assert (found.desired, found.counts[STATE.MODIFIED], len(found.listed)) == (18, 18, 10)


def test_a_message_that_only_repeats_an_object_is_left_out() -> None:
    world = World().clusters(a_cluster("one")).begin()
    world.deliver(Draft(targets=[{"clusterSelector": {}}])).flush()
    entry = world.entry_on("one")
    drift = resource("missing")
    repeated = a_trouble(entry, "Modified", "service.v1 ns/svc-test missing", [drift])
    own = a_trouble(entry, "Modified", "cannot be corrected", [drift])
    assert trouble_of("a", STATE.MODIFIED, repeated).message == ""
    assert trouble_of("a", STATE.MODIFIED, own).message == "cannot be corrected"
    world.put(a_report(world.desired["one"], troubles=[repeated]))
    assert world.view("bundle", "web")["ready"][2] == (
        "Modified(1) [Cluster fleet-default/one]; service.v1 ns/svc-test missing"
    )
