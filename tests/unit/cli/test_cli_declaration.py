"""An apply takes back only what the apply before it declared."""

import json

from fleet.cli.domain.declaration import LAST_APPLIED, applied, three_way
from fleet.cli.objects.kinds import KINDS
from fleet.cli.objects.manifests import Manifest


def manifest(kind="gitrepo", *, labels=None, spec=None):
    return Manifest(
        kind=KINDS[kind],
        name="web",
        namespace=None,
        labels=labels or {},
        annotations={},
        spec=spec or {"repo": "r"},
    )


def test_keys_that_the_file_no_longer_has_go_and_those_of_others_stay():
    before = {"a": 1, "b": {"c": 1, "d": 2}, "e": [1, 2]}
    present = {"a": 1, "b": {"c": 1, "d": 2, "mine": 3}, "e": [1, 2], "other": 4}
    wanted = {"b": {"c": 5}, "e": [3]}
    assert three_way(before, present, wanted) == {"b": {"c": 5, "mine": 3}, "e": [3], "other": 4}


def test_labels_that_others_set_survive_an_apply():
    first = applied(None, manifest("cluster", labels={"env": "dev", "old": "x"}, spec={"paused": True}), "ws")
    relabelled = first.metadata.model_copy(update={"labels": {**first.metadata.labels, "team": "a"}})
    present = first.model_copy(update={"metadata": relabelled})
    second = applied(present, manifest("cluster", labels={"env": "prod"}, spec={"paused": False}), "ws")
    assert second.metadata.labels == {"env": "prod", "team": "a"}
    assert second.spec == {"paused": False}


def test_the_last_apply_is_noted_as_kubectl_notes_it():
    note = json.loads(applied(None, manifest(), "ws").metadata.annotations[LAST_APPLIED])
    assert note == {
        "apiVersion": "fleet.cattle.io/v1alpha1",
        "kind": "GitRepo",
        "metadata": {"annotations": {}, "name": "web", "namespace": "ws"},
        "spec": {"repo": "r"},
    }


def test_fields_of_a_kind_without_spec_are_merged_alike():
    first = applied(None, manifest("policy", spec={"requireServiceAccount": True, "gone": 1}), "ws")
    second = applied(first, manifest("policy", spec={"requireServiceAccount": False}), "ws")
    assert second.spec == {"requireServiceAccount": False}


def test_an_object_too_large_to_be_noted_is_stored_without_a_note():
    big = manifest("bundle", spec={"resources": [{"name": "a", "content": "x" * 300_000}]})
    assert LAST_APPLIED not in applied(None, big, "ws").metadata.annotations
