"""A GitRepo is Ready only when every hop is at its present generation and commit."""

from typing import Any

import pytest

from fleet.events import Condition, ViewPart, merge_view

READY = Condition(type="Ready", status="True")
SET = {"size": 1, "digest": "d1"}
DETECTED = "2026-01-02T03:04:05Z"
OTHER = {"size": 2, "digest": "d2"}


def a_part(part: str, uid: str = "u1", generation: int = 2, **more: object) -> ViewPart:
    return ViewPart(
        kind="gitrepo",
        workspace="w",
        name="shop",
        part=part,
        uid=uid,
        observed_generation=generation,
        **more,
    )


def parts_at_rest() -> dict[str, ViewPart]:
    return {
        "source": a_part("source", status={"commit": "c2", "detectedAt": DETECTED}),
        "reading": a_part("reading", status={"reading": {"commit": "c2", "set": SET}}),
        "rollup": a_part("rollup", generation=0, status={"rollup": {"set": SET}}, conditions=(READY,)),
    }


def status_of(parts: dict[str, ViewPart], kind: str = "gitrepo") -> dict[str, Any]:
    return merge_view(kind=kind, uid="u1", generation=2, parts=parts.values())


def ready_of(parts: dict[str, ViewPart], kind: str = "gitrepo") -> dict[str, str]:
    status = status_of(parts, kind)
    return next(c for c in status["conditions"] if c["type"] == "Ready")


def test_all_hops_at_the_present_are_ready() -> None:
    assert ready_of(parts_at_rest())["status"] == "True"
    assert "hop" not in status_of(parts_at_rest())


@pytest.mark.parametrize(
    ("name", "part", "hop", "since"),
    [
        ("source", a_part("source", generation=1, status={"commit": "c2"}), "gitjob", None),
        ("source", a_part("source", status={"commit": "c3", "detectedAt": DETECTED}), "bundler", DETECTED),
        (
            "reading",
            a_part("reading", generation=1, status={"reading": {"commit": "c2", "set": SET}}),
            "bundler",
            DETECTED,
        ),
        (
            "reading",
            a_part("reading", status={"reading": {"commit": "c2", "set": OTHER}}),
            "targeter",
            DETECTED,
        ),
        (
            "rollup",
            a_part("rollup", uid="another", status={"rollup": {"set": SET}}, conditions=(READY,)),
            "targeter",
            DETECTED,
        ),
    ],
    ids=[
        "generation not polled",
        "commit not read",
        "generation not read",
        "set not targeted",
        "an earlier object of this name",
    ],
)
def test_a_hop_that_is_behind_keeps_it_from_ready_and_is_named(
    name: str, part: ViewPart, hop: str, since: str | None
) -> None:
    parts = parts_at_rest() | {name: part}
    ready, found = ready_of(parts), status_of(parts)["hop"]

    assert (ready["status"], ready["message"]) == ("False", found["why"])
    assert found["why"].startswith("waiting for")
    assert (found["hop"], found.get("since"), bool(found["next"])) == (hop, since, True)


def test_a_commit_that_is_not_read_yet_waits_for_its_turn() -> None:
    newer = a_part("source", status={"commit": "c3", "detectedAt": DETECTED})
    told = status_of(parts_at_rest() | {"source": newer})["hop"]["next"]

    assert "waits for its turn" in told
    assert "a few repositories at a time" in told


@pytest.mark.parametrize(
    ("part", "condition", "hop"),
    [
        ("source", Condition(type="Accepted", status="False", message="no such address"), "gitjob"),
        ("source", Condition(type="GitPolling", status="False", message="no such branch"), "gitjob"),
        ("reading", Condition(type="Stalled", status="True", message="web/fleet.yaml:3: bad"), "bundler"),
    ],
)
def test_an_error_of_an_earlier_hop_stands_before_the_roll_up(
    part: str, condition: Condition, hop: str
) -> None:
    parts = parts_at_rest()
    told = condition.model_copy(update={"last_update_time": DETECTED})
    parts[part] = parts[part].model_copy(update={"conditions": (told,)})
    found = status_of(parts)["hop"]

    assert ready_of(parts)["message"] == condition.message
    assert (found["hop"], found["since"], found["why"]) == (hop, DETECTED, condition.message)
    assert "again" in found["next"]


def test_a_bundle_that_somebody_declared_and_that_cannot_be_read_is_not_ready() -> None:
    stalled = Condition(type="Stalled", status="True", reason="InvalidContent", message="spec.resources: bad")
    rollup = a_part("rollup", conditions=(READY,))
    parts = {"rollup": rollup, "reading": a_part("reading", conditions=(stalled,))}

    assert ready_of(parts, "bundle")["message"] == "spec.resources: bad"
    assert status_of(parts, "bundle")["hop"]["hop"] == "bundler"


def test_parts_that_differ_only_in_times_say_the_same() -> None:
    one = a_part("rollup", conditions=(READY,))
    later = a_part(
        "rollup", conditions=(READY.model_copy(update={"last_update_time": "2026-01-02T03:04:05Z"}),)
    )

    assert one.same_as(later)
    assert not one.same_as(None)
