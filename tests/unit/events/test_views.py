"""A GitRepo is Ready only when every hop is at its present generation and commit."""

import pytest

from fleet.events import Condition, ViewPart, merge_view

READY = Condition(type="Ready", status="True")
SET = {"size": 1, "digest": "d1"}
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
        "source": a_part("source", status={"commit": "c2"}),
        "reading": a_part("reading", status={"reading": {"commit": "c2", "set": SET}}),
        "rollup": a_part("rollup", generation=0, status={"rollup": {"set": SET}}, conditions=(READY,)),
    }


def ready_of(parts: dict[str, ViewPart]) -> dict[str, str]:
    status = merge_view(kind="gitrepo", uid="u1", generation=2, parts=parts.values())
    return next(c for c in status["conditions"] if c["type"] == "Ready")


def test_all_hops_at_the_present_are_ready() -> None:
    assert ready_of(parts_at_rest())["status"] == "True"


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("source", a_part("source", generation=1, status={"commit": "c2"})),
        ("source", a_part("source", status={"commit": "c3"})),
        (
            "reading",
            a_part("reading", status={"reading": {"commit": "c2", "set": OTHER}}),
        ),
        ("rollup", a_part("rollup", uid="another", status={"rollup": {"set": SET}}, conditions=(READY,))),
    ],
    ids=["generation not polled", "commit not read", "set not targeted", "an earlier object of this name"],
)
def test_a_hop_that_is_behind_keeps_it_from_ready_and_is_named(name: str, part: ViewPart) -> None:
    found = ready_of(parts_at_rest() | {name: part})

    assert found["status"] == "False"
    assert found["message"].startswith("waiting for")


def test_an_error_of_an_earlier_hop_stands_before_the_roll_up() -> None:
    stalled = Condition(type="Stalled", status="True", reason="Error", message="web/fleet.yaml: line 3: bad")
    parts = parts_at_rest()
    parts["reading"] = parts["reading"].model_copy(update={"conditions": (stalled,)})

    assert ready_of(parts)["message"] == "web/fleet.yaml: line 3: bad"


def test_parts_that_differ_only_in_times_say_the_same() -> None:
    one = a_part("rollup", conditions=(READY,))
    later = a_part(
        "rollup", conditions=(READY.model_copy(update={"last_update_time": "2026-01-02T03:04:05Z"}),)
    )

    assert one.same_as(later)
    assert not one.same_as(None)
