"""A GitRepo's status says in a line each how far its commit came."""

import pytest

from fleet.cli.domain.milestones import milestone
from fleet.events import Condition, ViewPart

COMMIT = "0123456789abcdef"
TWO = {"size": 2}


def view(part, *conditions, **status):
    return ViewPart(
        kind="gitrepo", workspace="ws", name="web", part=part, uid="u", status=status, conditions=conditions
    )


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (view("source", commit=COMMIT), ""),
        (view("reading"), ""),
        (
            view("reading", reading={"commit": COMMIT, "set": {"size": 2}}),
            "commit 0123456789ab read: 2 bundles",
        ),
        (view("rollup"), "no cluster is targeted"),
        (
            view("rollup", desiredReadyClusters=1, summary={"desiredReady": 1}),
            "1 deployment on 1 cluster targeted, 0 Ready",
        ),
        (
            view("rollup", desiredReadyClusters=2, summary={"desiredReady": 4, "ready": 4}),
            "4 deployments on 2 clusters targeted, all Ready",
        ),
        (
            view("reading", Condition(type="Accepted", status="False", message="a/fleet.yaml:3\nmore")),
            "a/fleet.yaml:3",
        ),
    ],
)
def test_a_part_of_the_status_is_one_line(part, text):
    assert milestone(part) == text
