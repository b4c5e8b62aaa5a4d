"""The writer of a declared object mints its uid once and raises its generation with its spec."""

from datetime import UTC, datetime

from fleet.events import ClusterRecord, ObjectMeta, Resource, declare, manifest_of, retire, spec_of

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def a_repo(url: str = "https://git.example/a", **labels: str) -> Resource:
    return Resource(
        kind="gitrepo",
        metadata=ObjectMeta(name="shop", namespace="fleet-default", uid="", labels=labels),
        spec={"repo": url},
    )


def test_a_new_object_gets_a_uid_a_time_and_generation_one() -> None:
    stored = declare(None, a_repo(), now=NOW, uid="u1")

    assert stored is not None
    assert (stored.metadata.uid, stored.metadata.generation) == ("u1", 1)
    assert stored.metadata.creation_timestamp == "2026-01-02T03:04:05Z"


def test_an_unchanged_object_is_not_written_again() -> None:
    stored = declare(None, a_repo(), now=NOW)

    assert declare(stored, a_repo(), now=NOW) is None


def test_a_changed_spec_raises_the_generation_and_keeps_the_uid() -> None:
    stored = declare(None, a_repo(), now=NOW)
    assert stored is not None

    changed = declare(stored, a_repo("https://git.example/b"), now=NOW)

    assert changed is not None
    assert (changed.metadata.uid, changed.metadata.generation) == (stored.metadata.uid, 2)


def test_a_changed_label_keeps_the_generation() -> None:
    stored = declare(None, a_repo(), now=NOW)
    assert stored is not None

    changed = declare(stored, a_repo(team="web"), now=NOW)

    assert changed is not None
    assert changed.metadata.generation == 1
    assert changed.metadata.labels == {"team": "web"}


def test_a_name_made_again_inherits_nothing() -> None:
    stored = declare(None, a_repo(), now=NOW, uid="u1")
    assert stored is not None

    again = declare(retire(stored, now=NOW), a_repo(), now=NOW, uid="u2")

    assert again is not None
    assert (again.metadata.uid, again.metadata.generation, again.deleted) == ("u2", 1, False)


def test_kinds_without_a_spec_keep_their_top_level_fields() -> None:
    manifest = {"kind": "Policy", "metadata": {"name": "p"}, "requireServiceAccount": True, "status": {}}

    assert spec_of("policy", manifest) == {"requireServiceAccount": True}
    record = Resource(kind="policy", metadata=ObjectMeta(name="p", namespace="n", uid="u"), spec={"a": 1})
    assert manifest_of(record)["a"] == 1


def test_a_cluster_is_shown_as_kubernetes_would() -> None:
    record = ClusterRecord(metadata=ObjectMeta(name="c", namespace="n", uid="u"), spec={"paused": True})

    assert manifest_of(record) == {
        "apiVersion": "fleet.cattle.io/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": "c", "namespace": "n", "uid": "u", "generation": 1},
        "spec": {"paused": True},
    }
