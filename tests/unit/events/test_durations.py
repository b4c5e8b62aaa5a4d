"""Durations as Fleet's API accepts and rejects them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.events.durations import InvalidDuration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("15s", 15.0),
        ("5m", 300.0),
        ("2h", 7200.0),
        ("1h30m", 5400.0),
        ("300ms", 0.3),
        ("1.5h", 5400.0),
        ("100µs", 0.0001),
        ("100μs", 0.0001),
        ("0", 0.0),
        ("0s", 0.0),
        (".5s", 0.5),
        ("1.s", 1.0),
        ("2562047h", 2562047 * 3600.0),
    ],
)
def test_go_durations_are_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    ["", "1d", "1w", "1y", "7d12h", "abc", "5x", "-1h", "5000000h", "5", ".s", "1h 30m", "1h-5m", "s", "1S"],
)
def test_what_fleet_rejects_is_rejected_with_the_rule(text: str) -> None:
    with pytest.raises(InvalidDuration, match="units ns, us, µs, ms, s, m or h"):
        parse_duration(text)


def test_more_than_32_characters_are_rejected() -> None:
    assert parse_duration("1s" * 16) == 16.0
    with pytest.raises(InvalidDuration):
        parse_duration("1s" * 17)


@given(st.text(max_size=40))
def test_any_text_is_a_duration_or_says_that_it_is_none(text: str) -> None:
    said = ""
    try:
        said = f"{text!r} is {parse_duration(text)} s"
    except InvalidDuration as error:
        said = str(error)
    assert said.startswith(repr(text))
