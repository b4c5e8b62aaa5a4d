"""What an object's view says about its reading."""

from fleet.bundler.domain.outcome import Failure, Outcome, conditions, refusal
from fleet.bundler.domain.warnings import ReadWarning
from fleet.events import Condition, ViewPart
from support.rows import OTHER, whole_of

BROKEN = Failure("InvalidContent", "repo@sha fleet.yaml:1: is wrong")


def view(failure: Failure | None, now: str) -> ViewPart:
    return ViewPart(
        kind="gitrepo",
        workspace="fleet-default",
        name="web",
        part="reading",
        uid="u",
        conditions=conditions(failure, None, now),
    )


def test_a_reading_that_worked_is_neither_reconciling_nor_stalled() -> None:
    assert conditions(None, None, "now") == (
        Condition(type="Reconciling", status="False", last_update_time="now"),
        Condition(type="Stalled", status="False", last_update_time="now"),
    )


def test_a_failure_stands_in_the_condition_stalled() -> None:
    stalled = conditions(BROKEN, None, "now")[1]

    assert (stalled.status, stalled.reason, stalled.message) == ("True", BROKEN.reason, BROKEN.message)


def test_a_condition_keeps_its_time_as_long_as_it_says_the_same() -> None:
    before = view(BROKEN, "then")

    assert [c.last_update_time for c in conditions(BROKEN, before, "now")] == ["then", "then"]
    assert [c.last_update_time for c in conditions(None, before, "now")] == ["then", "now"]


def test_a_failed_reading_leaves_what_was_read_before() -> None:
    before = {"commit": "a", "commitSequence": 3}

    assert Outcome(failure=BROKEN).reading(before) == before
    assert Outcome(commit="b", commit_sequence=4, set=whole_of(a="1")).reading(before) == {
        "commit": "b",
        "commitSequence": 4,
        "set": {"size": 1, "digest": whole_of(a="1").digest},
    }


def test_refused_names_are_listed_with_their_owners() -> None:
    outcome = Outcome(commit="b", commit_sequence=4, set=whole_of(), refused={"x": OTHER})
    failure = refusal({"x": OTHER, "z": OTHER})

    assert outcome.reading({})["refused"] == {"x": "GitRepo/other"}
    assert refusal({}) is None
    assert failure is not None
    assert '"x" (of GitRepo other), "z" (of GitRepo other) are taken' in failure.message


def test_of_many_refused_names_some_are_shown_and_the_others_are_counted() -> None:
    many = {f"b{n:04}": OTHER for n in range(5000)}
    found = Outcome(commit="b", commit_sequence=4, set=whole_of(), refused=many).reading({})
    failure = refusal(many)

    assert failure is not None
    assert '"b0003" (of GitRepo other), "b0004" (of GitRepo other) and 4995 more are taken' in failure.message
    assert list(found["refused"]) == [f"b{n:04}" for n in range(20)]
    assert found["refusedMore"] == 4980


def test_of_many_warnings_some_are_shown_and_all_are_counted() -> None:
    said = [f"{n:02}" for n in range(30)]
    warnings = (ReadWarning("and 70 more", count=70), *map(ReadWarning, said[::-1]))
    found = Outcome(commit="b", set=whole_of(), warnings=warnings).reading({})

    assert found["warnings"] == {"count": 100, "first": said[:10]}
