"""What `kubectl get` shows."""

from datetime import UTC, datetime

import pytest

from fleet.pocket.jsonpath import find
from fleet.pocket.tables import age

NOW = datetime(2026, 1, 10, tzinfo=UTC)
OBJECT = {
    "metadata": {"annotations": {"example.com/a.b": "1"}},
    "status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Other", "status": "False"}]},
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (".status.conditions[0].type", ["Ready"]),
        (".status.conditions[-1].type", ["Other"]),
        (".status.conditions[*].status", ["True", "False"]),
        ('.status.conditions[?(@.type=="Ready")].status', ["True"]),
        (".metadata.annotations.example\\.com/a\\.b", ["1"]),
        (".metadata.annotations['example.com/a.b']", ["1"]),
        (".status.nothing", []),
        (".status.conditions[9]", []),
        ("", []),
        ("not a path(", []),
    ],
)
def test_printer_columns_find_their_values(path: str, found: list[object]) -> None:
    assert find(OBJECT, path) == found


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-01-09T23:59:55Z", "5s"),
        ("2026-01-09T23:30:00Z", "30m"),
        ("2026-01-09T12:00:00Z", "12h"),
        ("2026-01-01T00:00:00Z", "9d"),
        ("2020-01-01T00:00:00Z", "6y"),
        ("2027-01-01T00:00:00Z", "0s"),
        (None, "<unknown>"),
        ("yesterday", "<invalid>"),
    ],
)
def test_ages_are_short(text: str | None, shown: str) -> None:
    assert age(text, NOW) == shown
