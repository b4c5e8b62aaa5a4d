"""What happens is told in one line each, and the same report only once."""

import pytest

from fleet.cli.domain.narration import SENTENCES, Teller, sentence
from fleet.events import (
    CATALOGUE,
    BundleRendered,
    BundleReport,
    BundleRetired,
    BundleSet,
    Cohort,
    Condition,
    DeadLetter,
    DeploymentReported,
    DeploymentTargeted,
    Entry,
    Event,
    GitCommitDetected,
    Heartbeat,
    LeaseTaken,
    Member,
    Owner,
    RolloutAdvanced,
    ViewPart,
)

HERE = {"workspace": "ws", "cluster": "one", "uid": "u"}
OWNER = Owner(kind="GitRepo", name="shop", uid="u")
COHORT = Cohort(deployment_id="s", content="c", options="o", members="")
EMPTY = BundleSet(digest="d", size=0)
STATE = {**HERE, "epoch": 1, "generation": 1, "digest": "d"}


def reported(*not_ready, entries=("e",)):
    return DeploymentReported(**STATE, entries=entries, not_ready=not_ready)


def targeted(*changed, more=0):
    inline = {
        name: Entry(namespace="ws", bundle=name, bundle_uid="u", deployment_id="s", content="c", options="o")
        for name in changed
    }
    return DeploymentTargeted(**STATE, entries=(*changed, *("e" for _ in range(more))), inline=inline)


def rollout(*cohorts, staged=(), complete=False):
    names = {"workspace": "ws", "bundle": "web", "uid": "u", "staged": staged}
    return RolloutAdvanced(**names, members_sequence=1, cohorts=cohorts, complete=complete)


def not_ready(message=""):
    return BundleReport(namespace="ws", bundle="web", entry="e", state="NotReady", message=message)


def view(*conditions, part="rollup"):
    return ViewPart(kind="gitrepo", workspace="ws", name="web", part=part, uid="u", conditions=conditions)


def rendered(commit):
    made = {"owner": OWNER, "set": EMPTY, "content": "c", "options": "o", "spec_digest": "s"}
    return BundleRendered(workspace="ws", bundle="web", uid="u", commit=commit, commit_sequence=1, **made)


def ready(status, message=""):
    return Condition(type="Ready", status=status, message=message)


POLLED = Condition(type="GitPolling", status="True")
NOT_POLLED = Condition(type="GitPolling", status="False", reason="Error", message="no branch main\nmore")


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (rendered("a" * 40), "bundle ws/web read at aaaaaaaaaaaa"),
        (rendered(""), "bundle ws/web read as it was applied"),
        (
            GitCommitDetected(
                workspace="ws", gitrepo="web", uid="u", generation=1, repo="r", branch="main", commit="a" * 40
            ),
            "commit aaaaaaaaaaaa detected on main of ws/web",
        ),
        (targeted(), "cluster ws/one shall run nothing"),
        (targeted("a"), "cluster ws/one shall run 1 bundle (new or changed: a)"),
        (
            targeted(*"dabc", more=2),
            "cluster ws/one shall run 6 bundles (new or changed: a, b, c and 1 more)",
        ),
        (targeted(more=1), "cluster ws/one shall run 1 bundle"),
        (
            BundleRetired(workspace="ws", bundle="web", uid="u", owner=OWNER, commit_sequence=1, set=EMPTY),
            "bundle ws/web left GitRepo shop",
        ),
        (reported(), "cluster ws/one reports 1 bundle Ready"),
        (reported(entries=()), "cluster ws/one reports that it runs nothing"),
        (reported(not_ready("a\nb")), "cluster ws/one reports NotReady ws/web: a"),
        (reported(not_ready(), not_ready()), "cluster ws/one reports NotReady ws/web and 1 more"),
        (rollout(COHORT), "rollout of ws/web advances"),
        (rollout(COHORT, complete=True), "rollout of ws/web promoted to all its clusters"),
        (rollout(COHORT, staged=(COHORT,)), "rollout of ws/web advances"),
        (
            rollout(COHORT, staged=(COHORT,), complete=True),
            "rollout of ws/web out as far as it may be: other clusters wait",
        ),
        (rollout(), "rollout of ws/web over: it leaves its clusters"),
        (rollout(complete=True), "rollout of ws/web over: no cluster shall run it"),
        (view(ready("True")), "GitRepo ws/web is Ready"),
        (view(ready("False", "NotReady(1)")), "GitRepo ws/web is not Ready: NotReady(1)"),
        (view(NOT_POLLED, part="source"), "GitRepo ws/web: no branch main"),
        (view(POLLED, part="source"), "GitRepo ws/web: source without trouble"),
        (
            DeadLetter(
                service="bundler",
                event="git-commit-detected",
                reason="no",
                subject_of_event="s",
                stream="COMMITS",
                sequence=4,
                body="",
            ),
            "bundler rejected git-commit-detected (message 4 of COMMITS): no",
        ),
        (
            LeaseTaken(name="targeter", holder="a", epoch=3, ttl=3.0),
            "a took the lease targeter (epoch 3)",
        ),
        (Member(**HERE), "cluster ws/one has its number"),
        (Heartbeat(**STATE), "cluster ws/one is alive"),
    ],
)
def test_an_event_is_one_sentence(event: Event, text):
    assert sentence(event) == text


def test_every_event_but_last_seen_has_a_sentence_of_its_own():
    assert [cls.kind_name() for cls in CATALOGUE.values() if cls not in SENTENCES] == ["LastSeen"]


def test_what_a_cluster_or_a_view_repeats_is_told_once():
    teller = Teller()
    assert teller.tell(reported()) is not None
    assert teller.tell(reported()) is None
    assert teller.tell(reported(not_ready())) is not None
    assert teller.tell(view(ready("False", "a"))) is not None
    assert teller.tell(view(ready("False", "a"))) is None
    assert teller.tell(reported()) is not None


def test_a_part_without_trouble_is_told_only_after_trouble():
    teller = Teller()
    assert teller.tell(view(POLLED, part="source")) is None
    assert teller.tell(view(NOT_POLLED, part="source")) == "GitRepo ws/web: no branch main"
    assert teller.tell(view(POLLED, part="source")) == "GitRepo ws/web: source without trouble"
