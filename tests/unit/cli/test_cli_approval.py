"""What `fleet approve` finds to approve of, and what it writes."""

import pytest

from fleet.cli.domain.approval import Waiting, approved, waiting_commit
from fleet.cli.errors import CommandFailed, Usage
from fleet.cli.objects.kinds import KINDS
from fleet.events import APPROVED_COMMIT

ITEM = {
    "metadata": {"name": "web"},
    "status": {"reading": {"waiting": {"commit": "c" * 40, "commitSequence": 7, "removes": 2, "of": 3}}},
}


def test_the_commit_that_waits_is_found_in_the_status() -> None:
    assert waiting_commit(KINDS["gitrepo"], ITEM) == Waiting("c" * 40, 7, 2, 3)


def test_where_nothing_waits_that_is_said() -> None:
    with pytest.raises(CommandFailed, match=r"no commit of gitrepo.*/web waits for approval"):
        waiting_commit(KINDS["gitrepo"], {"metadata": {"name": "web"}})


def test_other_kinds_need_no_approval() -> None:
    with pytest.raises(Usage, match="a Cluster needs no approval"):
        waiting_commit(KINDS["cluster"], ITEM)


def test_an_approval_takes_the_place_of_the_one_before() -> None:
    found = approved({"a": "b", APPROVED_COMMIT: "old@3"}, Waiting("new", 7, 2, 3))

    assert found == {"a": "b", APPROVED_COMMIT: "new@7"}
