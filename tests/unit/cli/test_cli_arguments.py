"""What people type: objects, labels, selectors, goals, clusters."""

import pytest

from fleet.cli.domain.edits import edited, outcome, parse_edits
from fleet.cli.domain.named_clusters import named_clusters
from fleet.cli.domain.references import listed, references, split_edits
from fleet.cli.domain.selectors import parse_selector
from fleet.cli.domain.waiting import Goal, parse_goal
from fleet.cli.errors import CommandFailed, Usage
from fleet.cli.objects.kinds import KINDS, UnknownKind


def named(words):
    return [(one.kind.word, one.name) for one in references(words)]


def test_objects_are_named_with_a_slash_or_by_kind_and_names():
    assert named(["GitRepo/a", "clusters.fleet.cattle.io/b"]) == [("gitrepo", "a"), ("cluster", "b")]
    assert named(["gitrepos", "a", "b"]) == [("gitrepo", "a"), ("gitrepo", "b")]


@pytest.mark.parametrize("words", [[], ["gitrepo"], ["gitrepo/a", "b"], ["gitrepo/"], ["gitrepo/a/b"]])
def test_objects_that_are_named_neither_way_are_a_usage_error(words):
    with pytest.raises(Usage):
        references(words)


def test_get_takes_kinds_and_objects_of_any_kind():
    gitrepo, cluster = KINDS["gitrepo"], KINDS["cluster"]
    assert listed(["clusters"]) == [(cluster, [])]
    assert listed(["GitRepos,cluster.fleet.cattle.io,gitrepo"]) == [(gitrepo, []), (cluster, [])]
    assert listed(["gitrepo,cluster", "a", "b"]) == [(gitrepo, ["a", "b"]), (cluster, ["a", "b"])]
    assert listed(["cluster/a", "clusters/b", "gitrepo/c"]) == [(cluster, ["a", "b"]), (gitrepo, ["c"])]


@pytest.mark.parametrize("words", [["pods"], ["cluster,"], ["gitrepo,pods"], ["gitrepo,cluster/a"]])
def test_get_refuses_words_that_name_no_kind(words):
    with pytest.raises(UnknownKind):
        listed(words)


def test_label_edits_stand_behind_the_objects():
    assert split_edits(["cluster", "a", "env=prod", "old-"]) == (["cluster", "a"], ["env=prod", "old-"])
    assert parse_edits(["env=prod", "a/b=", "old-"]) == {"env": "prod", "a/b": "", "old": None}


@pytest.mark.parametrize("words", [[], ["env"], ["a=1", "a=2"], ["a b=1"], ["a=b c"], ["=x"], ["-"]])
def test_what_is_no_label_edit_is_a_usage_error(words):
    with pytest.raises(Usage):
        parse_edits(words)


def test_a_label_with_another_value_needs_overwrite():
    with pytest.raises(CommandFailed, match=r"'env' already has a value \(dev\), and --overwrite is false"):
        edited({"env": "dev"}, {"env": "prod"}, overwrite=False)
    assert edited({"env": "dev", "x": "y"}, {"env": "prod", "x": None}, overwrite=True) == {"env": "prod"}
    assert edited({"env": "dev"}, {"env": "dev"}, overwrite=False) == {"env": "dev"}


@pytest.mark.parametrize(
    ("before", "after", "edits", "word"),
    [
        ({}, {"a": "1"}, {"a": "1"}, "labeled"),
        ({"a": "1"}, {}, {"a": None}, "unlabeled"),
        ({"a": "1"}, {"a": "1"}, {"a": "1"}, "not labeled"),
    ],
)
def test_the_outcome_is_said_as_kubectl_says_it(before, after, edits, word):
    assert outcome(before, after, edits) == word


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("", True),
        ("env=prod", True),
        ("env==prod,size=l", True),
        ("env!=prod", False),
        ("nope!=x", True),
        ("env in (dev, prod)", True),
        ("env notin (dev,prod),size", False),
        ("size,!nope", True),
        ("nope", False),
    ],
)
def test_selectors_match_as_in_kubernetes(text, matches):
    assert parse_selector(text).matches({"env": "prod", "size": "l"}) is matches


@pytest.mark.parametrize("text", ["a b", "a in b", "a=b=c", "(a)"])
def test_what_is_no_selector_is_a_usage_error(text):
    with pytest.raises(Usage):
        parse_selector(text)


def test_goals_are_ready_deleted_and_a_commit():
    assert parse_goal("ready") == Goal("ready")
    assert parse_goal("deleted") == Goal("deleted")
    assert parse_goal("commit=ABCDEF12") == Goal("commit", "abcdef12")


@pytest.mark.parametrize("text", ["", "Ready", "commit", "commit=", "commit=xyz1", "commit=abc", "ready=1"])
def test_another_goal_is_a_usage_error(text):
    with pytest.raises(Usage):
        parse_goal(text)


def test_clusters_are_named_with_their_labels():
    assert named_clusters(["a", "b:env=prod,size=l", "c:"]) == {
        "a": {},
        "b": {"env": "prod", "size": "l"},
        "c": {},
    }


@pytest.mark.parametrize("word", ["", "A", "a:env", "a:env-", "a:env=b c", "a:x=1,x=2", ":env=a"])
def test_a_bad_name_or_label_of_a_cluster_is_a_usage_error(word):
    with pytest.raises(Usage):
        named_clusters([word])
    with pytest.raises(Usage):
        named_clusters(["a", "a"])
