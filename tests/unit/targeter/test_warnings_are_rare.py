"""An agent that errs in every message is named in the log, but cannot fill it."""

from fleet.targeter.domain.warnings import Warnings


def test_a_subject_is_warned_about_once_per_pause() -> None:
    warnings = Warnings(pause=60, subjects=10)
    assert [warnings.due("a", now=now) for now in (0, 1, 59, 60, 61)] == [True, False, False, True, False]


def test_one_subject_silences_no_other() -> None:
    warnings = Warnings(pause=60, subjects=10)
    assert [warnings.due(name, now=0) for name in "aab"] == [True, False, True]


def test_many_subjects_take_bounded_room_and_are_warned_about_again_later() -> None:
    warnings = Warnings(pause=60, subjects=10)
    assert sum(warnings.due(f"s{number}", now=number / 1000) for number in range(1000)) == 10
    assert sum(warnings.due(f"s{number}", now=100) for number in range(1000)) == 10
