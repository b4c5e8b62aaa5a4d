"""Which hop had work left when a process died, told from facts that are fed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from fleet.events import (
    BundleRendered,
    BundleReport,
    BundleSet,
    DeploymentReported,
    DeploymentTargeted,
    Envelope,
    Event,
    GitCommitDetected,
    Owner,
    Stored,
)
from support.bus import WORKSPACE, a_commit
from support.kills import VICTIMS
from support.outstanding import WORKERS, Facts, is_own, outstanding_hop

NEW, OLD = a_commit(2), a_commit(1)
CLUSTERS = ("alpha", "beta")
ENTRIES = ("a" * 32, "b" * 32)
AT_KILL = datetime(2026, 1, 1, 12, tzinfo=UTC)
AFTER = AT_KILL + timedelta(milliseconds=1)

E = TypeVar("E", bound=Event)


def stored(event: E, *, id: str = "", correlation: str = "", time: datetime = AT_KILL) -> Stored[E]:
    envelope = Envelope(id=id, type="", source="test", time="", correlation_id=correlation)
    return Stored(event, event.subject(), 1, time, envelope)


def a_bundle(name: str, commit: str = NEW.commit, *, time: datetime = AT_KILL) -> Stored[BundleRendered]:
    bundle = BundleRendered(
        workspace=WORKSPACE,
        bundle=name,
        uid="1",
        owner=Owner(kind="GitRepo", name="web", uid="1"),
        commit=commit,
        commit_sequence=1,
        set=BundleSet(size=2, digest="0" * 32),
        content="c",
        options="o",
        spec_digest="s",
    )
    return stored(bundle, time=time)


def a_manifest(
    cluster: str, *, correlation: str = "new", time: datetime = AT_KILL
) -> Stored[DeploymentTargeted]:
    manifest = DeploymentTargeted(
        workspace=WORKSPACE,
        cluster=cluster,
        uid="1",
        epoch=3,
        generation=7,
        digest="0" * 32,
        entries=ENTRIES,
    )
    return stored(manifest, correlation=correlation, time=time)


def a_report(
    cluster: str,
    *,
    order: tuple[int, int] = (3, 7),
    entries: tuple[str, ...] = ENTRIES[::-1],
    not_ready: tuple[BundleReport, ...] = (),
    time: datetime = AT_KILL,
) -> Stored[DeploymentReported]:
    report = DeploymentReported(
        workspace=WORKSPACE,
        cluster=cluster,
        uid="1",
        epoch=order[0],
        generation=order[1],
        digest="0" * 32,
        entries=entries,
        not_ready=not_ready,
    )
    return stored(report, time=time)


def reported(*reports: Stored[DeploymentReported]) -> dict[tuple[str, str], Stored[DeploymentReported]]:
    return {(report.event.workspace, report.event.cluster): report for report in reports}


UNREADY = BundleReport(namespace=WORKSPACE, bundle="one", entry=ENTRIES[0], state="NotReady")
DONE = Facts(
    commit=stored(NEW, id="new"),
    bundles=(a_bundle("one"), a_bundle("two")),
    manifests=tuple(map(a_manifest, CLUSTERS)),
    reports=reported(*map(a_report, CLUSTERS)),
)


def hop(facts: Facts) -> str:
    return outstanding_hop(facts, NEW.commit, killed=AT_KILL)


def test_nothing_is_outstanding_once_every_cluster_has_reported_its_manifest() -> None:
    assert hop(DONE) == ""


@pytest.mark.parametrize(
    "commit",
    [None, stored(OLD, id="old"), stored(NEW, id="new", time=AFTER)],
    ids=["none", "another", "stored later"],
)
def test_until_the_commit_is_stored_it_is_to_be_detected(commit: Stored[GitCommitDetected] | None) -> None:
    assert hop(replace(DONE, commit=commit)) == "detect"


@pytest.mark.parametrize(
    "others",
    [[], [a_bundle("one"), a_bundle("two", OLD.commit)], [a_bundle("one"), a_bundle("two", time=AFTER)]],
    ids=["none", "of another commit", "stored later"],
)
def test_until_every_bundle_is_of_the_commit_it_is_to_be_read(others: list[Stored[BundleRendered]]) -> None:
    assert hop(replace(DONE, bundles=tuple(others))) == "read"


@pytest.mark.parametrize(
    "manifests",
    [
        [],
        [a_manifest("alpha"), a_manifest("beta", correlation="old")],
        [a_manifest("alpha"), a_manifest("beta", time=AFTER)],
    ],
    ids=["none", "of another cause", "stored later"],
)
def test_until_every_manifest_has_the_commit_as_its_cause_it_is_to_be_targeted(
    manifests: list[Stored[DeploymentTargeted]],
) -> None:
    assert hop(replace(DONE, manifests=tuple(manifests))) == "target"


@pytest.mark.parametrize("order", [(3, 6), (2, 7)], ids=str)
@pytest.mark.parametrize("time", [AT_KILL, AFTER], ids=["before", "after"])
def test_a_report_on_an_earlier_manifest_is_work_left_whenever_it_was_stored(
    order: tuple[int, int], time: datetime
) -> None:
    late = a_report("beta", order=order, time=time)
    assert hop(replace(DONE, reports=reported(a_report("alpha"), late))) == "deliver"


def test_a_cluster_that_never_reported_has_work_left() -> None:
    assert hop(replace(DONE, reports=reported(a_report("alpha")))) == "deliver"


@pytest.mark.parametrize(
    "unfinished",
    [{"entries": ENTRIES[:1]}, {"entries": (*ENTRIES, "c" * 32)}, {"not_ready": (UNREADY,)}],
    ids=["missing", "too many", "not ready"],
)
def test_what_was_unfinished_counts_only_where_it_was_so_before_the_kill(
    unfinished: dict[str, object],
) -> None:
    before = a_report("beta", **unfinished)
    assert hop(replace(DONE, reports=reported(a_report("alpha"), before))) == "deliver"
    after = replace(before, time=AFTER)
    assert hop(replace(DONE, reports=reported(a_report("alpha"), after))) == ""


def test_every_victim_has_a_hop_of_its_own_and_none_owns_what_is_done() -> None:
    assert frozenset().union(*WORKERS.values()) == set(VICTIMS)
    assert is_own("bundler", "read")
    assert not is_own("bundler", "target")
    assert is_own("nats", "detect")
    assert not any(is_own(victim, "") for victim in VICTIMS)
