"""What failed is tried again at the right time; what nobody can mend waits; a fight is stopped."""

import pytest

from fleet.agent.domain.agenda import PACE, Agenda, Work
from fleet.agent.domain.failures import classify, retry_delay
from fleet.agent.domain.fights import LIMIT, WINDOW, Fight

FINAL = [
    "timed out waiting for the condition",
    'error validating "": error validating data: x',
    "chart requires kubeVersion: >=9 which is incompatible with Kubernetes v1.36.0",
    "annotation validation error: key x",
    "release r failed, and has been rolled back due to atomic being set",
    "a.yaml: YAML parse error: line 3",
    "MalformedYAMLError: x",
    'unknown field "spec.junk"',
    "Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden",
    "Forbidden: spec is immutable after creation",
]


@pytest.mark.parametrize("message", FINAL)
def test_what_no_repetition_mends_counts_as_applied_and_not_ready(message: str) -> None:
    failure = classify(message)
    assert failure.final
    assert failure.state == "NotReady"
    assert failure.message == f"not installed: {message}"


@pytest.mark.parametrize(
    "message", ["connection refused", "not found", "execution error at (a:1:2): need it"]
)
def test_everything_else_is_an_error_that_is_tried_again(message: str) -> None:
    failure = classify(message)
    assert not failure.final
    assert (failure.state, failure.message) == ("ErrApplied", message)


def test_delays_grow_to_five_minutes() -> None:
    assert [retry_delay(n) for n in range(1, 12)] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_delays_are_spread_by_up_to_a_half() -> None:
    assert retry_delay(1, jitter=1.0) == 1.5


def test_a_final_failure_is_tried_again_seldom() -> None:
    assert retry_delay(1, final=True) == 900


def test_too_many_corrections_in_a_short_time_begin_a_truce() -> None:
    fight = Fight()
    assert [fight.corrected(now) for now in range(LIMIT + 1)] == [False] * LIMIT + [True]
    assert fight.wait(LIMIT) == 120
    assert fight.wait(LIMIT + 121) == 0


def test_seldom_corrections_go_on_for_ever() -> None:
    fight = Fight()
    assert not any(fight.corrected(n * WINDOW) for n in range(100))


def test_each_truce_is_longer_up_to_an_hour() -> None:
    fight, waits, now = Fight(), [], 0.0
    for _ in range(8):
        while not fight.corrected(now):
            now += 1
        waits.append(fight.wait(now))
        now = fight.until
    assert waits == [120, 240, 480, 960, 1920, 3600, 3600, 3600]


def test_a_new_desired_state_ends_a_truce() -> None:
    fight = Fight()
    while not fight.corrected(0):
        pass
    assert "more than 5 times" in fight.alarm(0)
    fight.reset()
    assert fight.wait(0) == 0


def test_settling_goes_before_looking_and_includes_it() -> None:
    agenda = Agenda()
    agenda.look(1.0)
    agenda.settle(1.0)
    assert agenda.due(1.0) is Work.SETTLE
    agenda.take(Work.SETTLE, 1.0)
    assert agenda.due(100.0) is None
    assert agenda.delay(1.0) is None


def test_the_first_look_is_at_once_and_the_next_keep_pace() -> None:
    agenda = Agenda()
    agenda.look(1.0)
    assert agenda.due(1.0) is Work.LOOK
    agenda.take(Work.LOOK, 1.0)
    agenda.look(1.01)
    agenda.look(1.02)
    assert agenda.due(1.02) is None
    assert agenda.delay(1.0) == pytest.approx(PACE)
    assert agenda.due(1.0 + PACE) is Work.LOOK


def test_the_earliest_time_counts() -> None:
    agenda = Agenda()
    agenda.settle(10.0)
    agenda.settle(5.0)
    agenda.settle(7.0)
    assert agenda.delay(0.0) == 5.0
