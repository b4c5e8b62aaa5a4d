"""When to look again."""

from hypothesis import given
from hypothesis import strategies as st

from fleet.gitjob.domain.schedule import BACKOFF_CAP, pause

CHANCE = st.floats(0, 1)
INTERVAL = st.floats(0.1, 1e6)


@given(INTERVAL, CHANCE)
def test_a_success_waits_the_interval_and_at_most_a_tenth_more(interval: float, chance: float) -> None:
    assert interval <= pause(interval=interval, failures=0, chance=chance) <= interval * 1.1


@given(INTERVAL, st.integers(1, 10_000), CHANCE)
def test_a_failure_never_waits_longer_than_the_cap(interval: float, failures: int, chance: float) -> None:
    assert 0 < pause(interval=interval, failures=failures, chance=chance) <= BACKOFF_CAP


@given(INTERVAL, CHANCE)
def test_the_first_failure_is_tried_again_within_the_interval(interval: float, chance: float) -> None:
    assert pause(interval=interval, failures=1, chance=chance) <= interval


def test_failures_double_the_wait_up_to_five_minutes() -> None:
    waits = [pause(interval=15, failures=n, chance=0) for n in range(1, 8)]
    assert waits == [15, 30, 60, 120, 240, 300, 300]
    assert [pause(interval=0.5, failures=n, chance=0) for n in (1, 2, 3)] == [0.5, 1, 2]
    assert pause(interval=3600, failures=1, chance=0) == 15
