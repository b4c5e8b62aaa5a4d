"""How often a view is written: once a second over time, a result at once, never behind by more than two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.events import Condition, ViewPart
from fleet.targeter.domain.pace import Pace, is_result


def a_part(status: str, reason: str = "") -> ViewPart:
    ready = Condition.model_validate({"type": "Ready", "status": status, "reason": reason})
    return ViewPart(
        kind="bundle", workspace="w", name="b", part="rollup", uid="u", status={}, conditions=(ready,)
    )


def test_the_first_change_is_written_at_once_and_its_result_too() -> None:
    pace = Pace(since=100.0)
    assert pace.wait(100.0, result=False) == 0.0
    pace.spend(100.0)
    assert pace.wait(100.2, result=True) == 0.0


def test_progress_waits_for_its_second() -> None:
    pace = Pace(since=100.0)
    pace.spend(100.0)
    assert pace.wait(100.25, result=False) == pytest.approx(0.75)
    assert pace.wait(101.0, result=False) == 0.0


@given(st.lists(st.tuples(st.floats(0.0, 3.0), st.booleans()), max_size=60))
def test_no_more_than_one_a_second_is_written_over_time_and_none_waits_longer_than_two(
    changes: list[tuple[float, bool]],
) -> None:
    pace, now, writes = Pace(since=0.0), 0.0, 0
    for pause, result in changes:
        now += pause
        wait = pace.wait(now, result=result)
        assert wait <= 2.0
        if not wait:
            pace.spend(now)
            writes += 1
    assert writes <= now + 2 + 1e-9


@pytest.mark.parametrize(
    ("part", "wanted"),
    [(a_part("True"), True), (a_part("False", "Error"), True), (a_part("False"), False)],
)
def test_a_result_is_ready_or_an_error(part: ViewPart, wanted: bool) -> None:
    assert is_result(part) is wanted
