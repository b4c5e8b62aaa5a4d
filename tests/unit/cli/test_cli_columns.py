"""Tables have Fleet's printer columns, laid out as kubectl lays them out."""

from datetime import UTC, datetime, timedelta

import pytest

from fleet.cli.domain.columns import COLUMNS, age, rows, table_text
from fleet.cli.domain.description import description
from fleet.cli.objects.kinds import KINDS

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def ready(message):
    return [{"type": "Accepted", "message": "no"}, {"type": "Ready", "status": "False", "message": message}]


@pytest.mark.parametrize(
    ("kind", "heading"),
    [
        ("gitrepo", ["NAME", "REPO", "COMMIT", "BUNDLEDEPLOYMENTS-READY", "STATUS"]),
        ("helmop", ["NAME", "REPO", "CHART", "VERSION", "BUNDLEDEPLOYMENTS-READY", "STATUS"]),
        ("bundle", ["NAME", "BUNDLEDEPLOYMENTS-READY", "STATUS"]),
        ("bundledeployment", ["NAME", "DEPLOYED", "MONITORED", "STATUS"]),
        ("cluster", ["NAME", "BUNDLES-READY", "LAST-SEEN", "STATUS"]),
        ("clustergroup", ["NAME", "CLUSTERS-READY", "BUNDLES-READY", "STATUS"]),
        ("gitreporestriction", ["NAME", "DEFAULT-SERVICEACCOUNT", "ALLOWED-SERVICEACCOUNTS"]),
        ("schedule", ["NAME", "SCHEDULE", "DURATION", "ACTIVE", "NEXTSTART"]),
        ("policy", ["NAME", "AGE"]),
        ("bundlenamespacemapping", ["NAME", "AGE"]),
    ],
)
def test_each_kind_has_fleets_columns_in_upper_case(kind, heading):
    assert rows(KINDS[kind], [], now=NOW, namespaced=False) == [heading]
    assert rows(KINDS[kind], [], now=NOW, namespaced=True) == [["NAMESPACE", *heading]]


def test_every_kind_has_columns():
    assert set(COLUMNS) == set(KINDS)


def test_a_row_shows_spec_status_and_the_message_of_ready():
    item = {
        "metadata": {"name": "web", "namespace": "fleet-local"},
        "spec": {"repo": "https://git.example.com/web"},
        "status": {
            "commit": "abc",
            "display": {"readyBundleDeployments": "1/3"},
            "conditions": ready("NotReady(2) [Bundle web]\nmore"),
        },
    }
    _, row = rows(KINDS["gitrepo"], [item], now=NOW, namespaced=True)
    assert row == [
        "fleet-local",
        "web",
        "https://git.example.com/web",
        "abc",
        "1/3",
        "NotReady(2) [Bundle web]...",
    ]


def test_among_several_kinds_a_name_comes_with_its_kind():
    item = {"metadata": {"name": "web", "namespace": "ws"}}
    _, row = rows(KINDS["policy"], [item], now=NOW, namespaced=True, full=True)
    assert row[:2] == ["ws", "policy.fleet.cattle.io/web"]


def test_what_is_missing_is_blank_and_what_is_no_string_is_json():
    item = {"metadata": {"name": "r"}, "allowedServiceAccounts": ["a", "b"]}
    assert rows(KINDS["gitreporestriction"], [item], now=NOW, namespaced=False)[1] == ["r", "", '["a","b"]']


def test_columns_stand_three_spaces_apart_and_are_at_least_six_wide():
    text = table_text([["NAME", "X", "STATUS"], ["a", "b", ""], ["a-long-name", "b", "fine"]])
    assert text == "NAME          X     STATUS\na             b     \na-long-name   b     fine\n"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (200, "3m20s"),
        (600, "10m"),
        (10_799, "179m"),
        (10_800, "3h"),
        (11_460, "3h11m"),
        (28_800, "8h"),
        (172_799, "47h"),
        (172_800, "2d"),
    ],
)
def test_ages_are_written_as_kubectl_writes_them(seconds, text):
    created = (NOW - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert age(created, NOW) == text


def test_warnings_of_a_reading_are_a_wide_column_of_our_own():
    item = {"metadata": {"name": "web"}, "status": {"reading": {"warnings": {"count": 7, "first": ["a"]}}}}
    heading, row = rows(KINDS["gitrepo"], [item], now=NOW, namespaced=False, wide=True)
    assert heading[-3:] == ["BUNDLEDEPLOYMENTS-READY", "WARNINGS", "STATUS"]
    assert row[-2] == "7"
    assert rows(KINDS["bundle"], [], now=NOW, namespaced=False, wide=True) == rows(
        KINDS["bundle"], [], now=NOW, namespaced=False
    )


def test_a_gitrepo_is_described_with_each_bundle_once_with_how_many_more_and_with_its_warnings():
    unready = [{"name": "web", "bundleState": "NotReady"}] * 2 + [{"name": "db", "bundleState": "Modified"}]
    item = {
        "apiVersion": "fleet.cattle.io/v1alpha1",
        "kind": "GitRepo",
        "metadata": {"name": "web"},
        "status": {
            "summary": {"desiredReady": 20, "ready": 3, "nonReadyResources": unready},
            "reading": {"commit": "abc", "warnings": {"count": 12, "first": ["a.yaml:1: x"]}},
        },
    }
    text = description(item)
    assert text.count("web (2 times)") == text.count("db") == 1
    assert "and 14 more" in text
    assert "Warnings (12):\n  a.yaml:1: x\n" in text
    assert text.count("a.yaml:1") == 1
    assert len(item["status"]["summary"]["nonReadyResources"]) == 3, "the object is left as it was"
