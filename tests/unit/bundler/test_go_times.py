"""Durations and times as Go's API types read and write them; the expectations were asked of Go."""

import pytest

from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.gotime import DurationText, TimeText
from fleet.bundler.domain.yamltext import Document

DOCUMENT = Document({})


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("5m", "5m0s"), ("0", "0s"), ("90s", "1m30s"), ("1.5h", "1h30m0s"), ("300ms", "300ms"),
        ("1500ms", "1.5s"),
        ("100us", "100µs"), ("7ns", "7ns"), ("-1h", "-1h0m0s"), ("+1h1ms", "1h0m0.001s"), ("1.5us", "1.5µs"),
    ],
)  # fmt: skip
def test_a_duration_is_written_as_go_writes_it(given: str, written: str) -> None:
    assert DurationText().read(DOCUMENT, (), given, lenient=False) == written


@pytest.mark.parametrize("given", ["", "5", "1d", "5x", "h", "2562048h", " 5m", None, 5])
def test_what_is_no_duration_is_refused(given: object) -> None:
    with pytest.raises(BadInput, match="must be a duration"):
        DurationText().read(DOCUMENT, (), given, lenient=False)


@pytest.mark.parametrize("given", ["2024-02-29T01:02:03Z", "2024-01-01T00:00:00.5+01:00", None])
def test_a_time_is_that_of_rfc_3339(given: str | None) -> None:
    assert TimeText().read(DOCUMENT, (), given, lenient=False) == given


@pytest.mark.parametrize(
    "given", ["", "2024-02-30T00:00:00Z", "2024-01-01 00:00:00Z", "2024-01-01T24:00:00Z", 5]
)
def test_what_is_no_time_is_refused(given: object) -> None:
    with pytest.raises(BadInput, match="must be a time"):
        TimeText().read(DOCUMENT, (), given, lenient=False)
