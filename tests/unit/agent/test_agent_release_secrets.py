"""Helm's release Secrets are read, and changed where Helm itself cannot, without Helm."""

import base64
from typing import Any

import pytest

from fleet.agent.domain.marks import ReleaseMarks
from fleet.agent.domain.releases import (
    Revision,
    deployed_patch,
    entry_patch,
    failed_patch,
    newest,
    pack,
    read_revision,
    settled,
    unpack,
)

MARKS = ReleaseMarks("shop", "fleet-default", "s-1:2", "entry-1")


def secret(
    number: int = 1, status: str = "deployed", marks: ReleaseMarks | None = MARKS, name: str = "shop"
) -> Any:
    release = {
        "name": name,
        "namespace": "web",
        "version": number,
        "info": {"status": status, "description": "x"},
        "chart": {"metadata": {"name": "c", "annotations": marks.annotations() if marks else None}},
        "manifest": "---\n",
        "config": {"password": "secret"},
    }
    return {"metadata": {"name": "s", "labels": {"status": status}}, "data": {"release": pack(release)}}


def revision(number: int, status: str, deployment_id: str = "s-1:2") -> Revision:
    found = read_revision(secret(number, status, ReleaseMarks("shop", "w", deployment_id, "e")))
    assert found is not None
    return found


def test_a_revision_is_read_with_its_marks() -> None:
    found = read_revision(secret(3))
    assert found is not None
    assert (str(found.release), found.number, found.deployed, found.marks) == ("web/shop", 3, True, MARKS)
    assert found.secret == "sh.helm.release.v1.shop.v3"


def test_a_release_without_marks_is_somebody_elses() -> None:
    found = read_revision(secret(marks=None))
    assert found is not None
    assert found.marks is None


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"data": None},
        {"data": {"release": "%%%"}},
        {"data": {"release": base64.b64encode(base64.b64encode(b"not gzip")).decode()}},
        {"data": {"release": pack({"name": "x"})}},
    ],
)
def test_a_damaged_secret_is_no_revision(broken: Any) -> None:
    assert read_revision(broken) is None


def test_a_pending_revision_can_be_made_a_failed_one() -> None:
    patch = failed_patch(secret(status="pending-upgrade"), "interrupted")
    release = unpack(patch["data"]["release"])
    assert patch["metadata"]["labels"]["status"] == "failed"
    assert release["info"] == {"status": "failed", "description": "interrupted"}
    assert release["config"] == {"password": "secret"}


def test_a_superseded_revision_can_be_made_the_deployed_one_again() -> None:
    patch = deployed_patch(secret(status="superseded"))
    assert unpack(patch["data"]["release"])["info"]["status"] == "deployed"


def test_the_entry_is_noted_and_nothing_else_changes() -> None:
    before = unpack(secret()["data"]["release"])
    after = unpack(entry_patch(secret(), "entry-2")["data"]["release"])
    assert after["chart"]["metadata"]["annotations"].pop("fleet.cattle.io/entry") == "entry-2"
    assert before["chart"]["metadata"]["annotations"].pop("fleet.cattle.io/entry") == "entry-1"
    assert after == before


def test_the_newest_revision_of_each_release_counts() -> None:
    found = newest([revision(2, "deployed"), revision(1, "superseded"), revision(3, "failed")])
    assert [one.number for one in found.values()] == [3]


@pytest.mark.parametrize(
    ("history", "stands_at"),
    [
        ([], None),
        ([(1, "deployed", "a")], (1, "deployed")),
        ([(1, "superseded", "a"), (2, "deployed", "b")], (2, "deployed")),
        ([(1, "failed", "a")], (1, "failed")),
        ([(1, "deployed", "a"), (2, "failed", "b")], (2, "failed")),
        ([(1, "superseded", "a"), (2, "failed", "a")], (1, "deployed")),
        ([(1, "deployed", "a"), (2, "failed", "a")], (1, "deployed")),
        ([(1, "failed", "a"), (2, "failed", "a")], (2, "failed")),
    ],
)
def test_a_failed_correction_leaves_the_release_where_it_was(
    history: list[tuple[int, str, str]], stands_at: tuple[int, str] | None
) -> None:
    found = settled([revision(*one) for one in history])
    assert (found and (found.number, found.status)) == stands_at
