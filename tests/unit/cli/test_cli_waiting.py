"""When an object is ready, at a commit, or gone; and what is said while it is not."""

import pytest

from fleet.cli.domain.waiting import Goal, verdict

READY = Goal("ready")
COMMIT = Goal("commit", "abcd")


def an_object(*, generation=1, observed=1, ready="True", message="", **status):
    return {
        "metadata": {"name": "web", "generation": generation},
        "status": {
            "observedGeneration": observed,
            "conditions": [{"type": "Ready", "status": ready, "message": message}],
            **status,
        },
    }


def test_ready_is_the_condition_for_the_present_generation():
    assert verdict(READY, an_object()).reached
    assert not verdict(READY, an_object(generation=2)).reached
    assert not verdict(READY, an_object(ready="False")).reached


def test_an_object_without_generations_is_ready_by_its_condition():
    item = {"metadata": {"name": "a"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    assert verdict(READY, item).reached


def test_a_commit_is_reached_when_it_was_found_read_and_reported_everywhere():
    reading = {"commit": "abcdef"}
    assert verdict(COMMIT, an_object(commit="abcdef", reading=reading)).reached
    assert not verdict(COMMIT, an_object(commit="abcdef", reading={"commit": "0000"})).reached
    assert not verdict(COMMIT, an_object(commit="0000", reading={"commit": "0000"})).reached
    summary = {"ready": 2, "desiredReady": 3}
    assert not verdict(COMMIT, an_object(commit="abcdef", reading=reading, summary=summary)).reached


@pytest.mark.parametrize(
    ("goal", "item", "standing"),
    [
        (READY, None, "there is no such object"),
        (READY, an_object(generation=3, observed=2), "generation 3 is not looked at yet, 2 was the last"),
        (READY, an_object(ready="False", message="NotReady(1)"), "Ready is False: NotReady(1)"),
        (READY, {"metadata": {"name": "a"}}, "nothing has been said about it yet"),
        (COMMIT, an_object(commit="0000"), "its commit is 0000; it is Ready there"),
        (
            COMMIT,
            an_object(ready="False", message="no branch"),
            "its commit is none yet; Ready is False: no branch",
        ),
        (Goal("deleted"), an_object(), "it is still there, and nobody has deleted it"),
    ],
)
def test_what_is_not_reached_says_where_it_stands_and_why(goal, item, standing):
    assert verdict(goal, item).standing == standing


def test_what_is_stalled_says_so_with_the_reason_and_is_waited_for():
    item = an_object(ready="False", message="a/fleet.yaml:3: no")
    stalled = {"type": "Stalled", "status": "True", "reason": "BadInput", "message": "a/fleet.yaml:3: no"}
    item["status"]["conditions"].append(stalled)
    assert verdict(READY, item).standing == "Stalled: BadInput: a/fleet.yaml:3: no"
    assert verdict(COMMIT, item).standing == "its commit is none yet; Stalled: BadInput: a/fleet.yaml:3: no"
    stalled["status"] = "False"
    assert verdict(READY, item).standing == "Ready is False: a/fleet.yaml:3: no"


def test_deleted_is_reached_when_the_object_is_gone():
    assert verdict(Goal("deleted"), None).reached
    going = {"metadata": {"name": "a", "deletionTimestamp": "2026-01-01T00:00:00Z"}}
    assert "deleted at 2026-01-01T00:00:00Z" in verdict(Goal("deleted"), going).standing
