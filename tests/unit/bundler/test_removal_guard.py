"""How much a commit may remove before a person must approve of it."""

from decimal import Decimal

import pytest

from fleet.bundler.domain.guard import REMOVED_SHARE, Loss, held, is_approved, removed_share
from fleet.events import APPROVED_COMMIT, approval

SHA = "4c1f0b7e5a3d9b2f6e8c1a0d7f4b3e2c9a8d5f61"


def loss(gone: int, present: int) -> Loss:
    return Loss(tuple(f"b{n}" for n in range(gone)), present)


@pytest.mark.parametrize(
    ("gone", "present", "share", "waits"),
    [
        (0, 0, "1", False),
        (0, 3, "0.1", False),
        (1, 1, "1", True),
        (2, 3, "1", False),
        (3, 3, "1", True),
        (3, 10, "0.3", True),
        (2, 10, "0.3", False),
        (1, 3, "0.34", False),
        (1, 1000, "0.001", True),
    ],
)
def test_a_share_is_reached_from_exactly_that_share_on(
    gone: int, present: int, share: str, waits: bool
) -> None:
    assert loss(gone, present).reaches(Decimal(share)) is waits


@pytest.mark.parametrize(
    ("policies", "share"),
    [
        ([], "1"),
        ([{}], "1"),
        ([{"guard": {"removedShare": 0.3}}], "0.3"),
        ([{"guard": {"removedShare": 0.5}}, {"guard": {"removedShare": 0.25}}, {"guard": {}}], "0.25"),
        ([{"guard": {"removedShare": 0}}], "1"),
        ([{"guard": {"removedShare": 1.5}}], "1"),
        ([{"guard": {"removedShare": True}}], "1"),
        ([{"guard": {"removedShare": "0.2"}}, {"guard": "x"}], "1"),
    ],
)
def test_the_strictest_policy_counts_and_what_is_no_share_does_not(policies: list, share: str) -> None:
    assert removed_share(policies) == Decimal(share)


def test_an_approval_is_for_one_commit() -> None:
    assert is_approved({APPROVED_COMMIT: approval(SHA, 7)}, SHA, 7)
    assert not is_approved({APPROVED_COMMIT: approval(SHA, 7)}, SHA[::-1], 7)
    assert not is_approved({APPROVED_COMMIT: approval(SHA, 7)}, SHA, 8)
    assert not is_approved({APPROVED_COMMIT: SHA}, SHA, 7)
    assert not is_approved({}, SHA, 7)
    assert not is_approved({APPROVED_COMMIT: approval("", 7)}, "", 7)


def test_the_message_counts_and_says_what_to_do() -> None:
    failure = held(loss(7, 7), REMOVED_SHARE, name="web", workspace="ws", at=f"repo@{SHA[:12]}")

    assert failure.reason == "ApprovalNeeded"
    assert failure.message == (
        f"repo@{SHA[:12]}: it removes 7 of 7 bundles (b0, b1, b2, b3, b4 and 2 more), and from a share of 1 "
        "on that needs approval (guard.removedShare of the Policy). Nothing changes until somebody runs "
        "`fleet approve gitrepo/web -n ws`, or a commit removes fewer"
    )
