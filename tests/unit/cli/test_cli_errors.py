"""Errors are told with all that went wrong, and with nothing but that."""

import pytest

from fleet.bus import BusError
from fleet.cli.errors import CommandFailed, reason_of
from fleet.cli.session import bus_errors_told


def test_a_group_of_errors_is_told_by_those_in_it_each_once():
    group = ExceptionGroup("unhandled", [ValueError("a"), ExceptionGroup("", [OSError("b"), KeyError()])])
    assert reason_of(group) == "a; b; KeyError"
    assert reason_of(ExceptionGroup("", [CommandFailed("error: a"), ValueError("a")])) == "a"


def test_what_the_bus_raises_is_told_alone_and_in_groups():
    with pytest.raises(CommandFailed, match=r"^error: gone$"), bus_errors_told():
        raise BusError("gone")
    with pytest.raises(CommandFailed, match=r"^error: gone; full$"), bus_errors_told():
        raise ExceptionGroup("", [BusError("gone"), CommandFailed("error: full")])


def test_a_group_with_a_fault_of_ours_in_it_is_not_hidden():
    with pytest.raises(ExceptionGroup), bus_errors_told():
        raise ExceptionGroup("", [BusError("gone"), ValueError("a bug")])
