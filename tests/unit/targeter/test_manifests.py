"""What is written to a cluster, when, and in which order of manifests."""

import pytest

from fleet.events import manifest_digest
from fleet.targeter.domain.manifests import INLINE_BYTES, Deposed
from support.reports import a_beat, a_report
from support.targeting import Draft, World, a_cluster

EVERYWHERE = {"clusterSelector": {}}


def world(*names: str, bundles: int = 1) -> World:
    found = World(epoch=5).clusters(*(a_cluster(name) for name in names)).begin()
    return found.deliver(*(Draft(f"app-{n:02}", targets=[EVERYWHERE]) for n in range(bundles)))


def test_many_bundles_make_one_manifest_per_cluster_sorted_by_name() -> None:
    written = world("b", "a", "c", bundles=30).flush()
    assert [writing.manifest.cluster for writing in written] == ["a", "b", "c"]
    assert all(len(writing.manifest.entries) == 30 for writing in written)


def test_the_digest_covers_the_entries_in_the_order_of_their_bundles() -> None:
    found = world("one", bundles=3)
    found.flush()
    manifest = found.desired["one"]
    assert [found.entry(digest).bundle for digest in manifest.entries] == ["app-00", "app-01", "app-02"]
    assert manifest.digest == manifest_digest(manifest.entries)


def test_what_changed_stands_inline_and_what_did_not_is_left_out() -> None:
    found = world("one", bundles=2)
    (first,) = found.flush()
    assert set(first.manifest.inline) == set(first.manifest.entries)
    changed = Draft("app-00", targets=[EVERYWHERE], content="new")
    (second,) = found.deliver(changed, Draft("app-01", targets=[EVERYWHERE])).flush()
    assert [entry.bundle for entry in second.manifest.inline.values()] == ["app-00"]
    assert second.manifest.generation == first.manifest.generation + 1
    assert all(digest == entry.digest() for digest, entry in second.manifest.inline.items())


def test_no_more_stands_inline_than_there_is_room_for() -> None:
    (writing,) = world("one", bundles=60).flush()
    assert 0 < len(writing.manifest.inline) < 60
    assert sum(len(entry.encode()) for entry in writing.manifest.inline.values()) <= INLINE_BYTES
    assert len(writing.changed) == 60


def test_nothing_is_written_twice() -> None:
    found = world("one")
    assert len(found.flush()) == 1
    assert found.flush() == []
    assert found.again().flush() == []


def test_a_change_and_its_return_before_the_flush_write_nothing() -> None:
    found = world("one")
    found.flush()
    found.all_ready()
    found.deliver(Draft("app-00", targets=[EVERYWHERE], content="new")).plan()
    assert found.view("bundle", "app-00")["ready"][0] == "False"
    assert found.deliver(Draft("app-00", targets=[EVERYWHERE])).flush() == []
    found.estate.standing.judge(found.estate.clusters.by_name()[0])
    assert found.view("bundle", "app-00")["ready"][0] == "True"


def test_a_change_and_its_return_after_the_flush_wait_for_a_new_report() -> None:
    found = world("one")
    found.flush()
    old = a_report(found.desired["one"])
    found.put(old)
    found.deliver(Draft("app-00", targets=[EVERYWHERE], content="new")).flush()
    found.deliver(Draft("app-00", targets=[EVERYWHERE])).flush()
    assert found.desired["one"].digest == old.digest
    assert found.view("bundle", "app-00")["summary"]["waitApplied"] == 1
    found.put(old)
    assert found.view("bundle", "app-00")["summary"]["waitApplied"] == 1
    later = found.again().plan()
    assert later.view("bundle", "app-00")["summary"]["waitApplied"] == 1
    found.all_ready()
    assert found.view("bundle", "app-00")["ready"][0] == "True"


def test_a_deployment_that_did_not_change_stays_ready_while_another_is_on_its_way() -> None:
    found = world("one", bundles=2)
    found.flush()
    found.all_ready()
    changed = Draft("app-00", targets=[EVERYWHERE], content="new")
    found.deliver(changed, Draft("app-01", targets=[EVERYWHERE])).flush()
    assert found.view("bundle", "app-00")["ready"][0] == "False"
    assert found.view("bundle", "app-01")["ready"][0] == "True"


def test_a_report_of_another_cluster_of_that_name_counts_for_nothing() -> None:
    found = world("one")
    found.flush()
    found.put(a_report(found.desired["one"], uid="5f0c2c4e-0000-4000-8000-00000000dead"))
    assert found.view("bundle", "app-00")["summary"]["waitApplied"] == 1


def test_doubled_and_late_reports_change_nothing() -> None:
    found = world("one")
    found.flush()
    late = a_report(found.desired["one"], applied=[])
    found.deliver(Draft("app-00", targets=[EVERYWHERE], content="new")).flush()
    found.all_ready()
    found.all_ready()
    found.put(late)
    assert found.view("bundle", "app-00")["ready"][0] == "True"


def test_a_report_on_a_bundle_that_is_gone_is_no_trouble() -> None:
    found = world("one", bundles=2)
    found.flush()
    old = a_report(found.desired["one"])
    found.deliver(Draft("app-00", targets=[EVERYWHERE])).flush()
    found.put(old)
    found.all_ready()
    assert found.view("gitrepo", "shop")["ready"][0] == "True"


def test_a_deleted_cluster_keeps_its_manifest_and_is_counted_no_more() -> None:
    found = world("one", "two")
    found.flush()
    found.all_ready()
    found.put(a_cluster("one", deleted=True))
    assert found.flush() == []
    assert found.view("bundle", "app-00")["display"]["readyClusters"] == "1/1"
    found.deliver(Draft("app-00", targets=[EVERYWHERE], content="new"))
    assert [writing.manifest.cluster for writing in found.flush()] == ["two"]


def test_a_name_made_again_inherits_nothing() -> None:
    found = world("one")
    found.flush()
    found.all_ready()
    before = found.desired["one"]
    found.put(a_cluster("one", deleted=True))
    found.clusters(a_cluster("one", life=2))
    (writing,) = found.flush()
    assert writing.manifest.uid != before.uid
    assert writing.manifest.generation == before.generation + 1
    assert found.view("bundle", "app-00")["summary"]["waitApplied"] == 1


def test_a_name_made_again_without_a_tombstone_in_between_inherits_nothing() -> None:
    found = world("one")
    found.flush()
    found.clusters(a_cluster("one", life=2))
    (writing,) = found.flush()
    assert writing.manifest.uid == a_cluster("one", life=2).metadata.uid


def test_a_cluster_that_was_never_told_anything_is_not_told_that_it_runs_nothing() -> None:
    found = World().clusters(a_cluster("one")).begin()
    assert found.flush() == []
    assert found.desired == {}


def test_manifests_that_are_written_already_keep_their_epoch() -> None:
    found = world("one", "two")
    found.flush()
    later = found.again(epoch=9)
    assert later.flush() == []
    later.put(a_cluster("two", deleted=True))
    later.deliver(Draft("app-00", targets=[EVERYWHERE], content="new"))
    (writing,) = later.flush()
    assert (writing.manifest.epoch, writing.manifest.generation) == (9, 2)


def test_what_a_deposed_leader_writes_late_is_written_over() -> None:
    found = world("one")
    found.flush()
    later = found.again(epoch=9)
    later.flush()
    late = found.desired["one"].model_copy(update={"generation": 7, "digest": "0" * 32, "entries": ()})
    later.put(late)
    (writing,) = later.flush()
    assert (writing.manifest.epoch, writing.manifest.generation) == (9, 8)
    assert writing.manifest.entries == found.desired["one"].entries
    assert later.flush() == []


def test_a_manifest_of_a_higher_epoch_ends_the_term() -> None:
    found = world("one")
    found.flush()
    with pytest.raises(Deposed):
        found.put(found.desired["one"].model_copy(update={"epoch": 6}))


def test_an_own_manifest_that_comes_back_late_changes_nothing() -> None:
    found = world("one")
    found.flush()
    first = found.desired["one"]
    found.deliver(Draft("app-00", targets=[EVERYWHERE], content="new")).flush()
    found.put(first)
    assert found.flush() == []


def test_a_cluster_that_says_twice_that_it_has_another_manifest_is_written_again() -> None:
    found = world("one")
    found.flush()
    manifest = found.desired["one"]
    found.put(a_beat(manifest, digest="0" * 32))
    assert found.flush() == []
    found.put(a_beat(manifest, digest="0" * 32))
    (writing,) = found.flush()
    assert (writing.manifest.digest, writing.manifest.generation) == (manifest.digest, 2)


def test_a_cluster_that_caught_up_in_between_is_not_written_again() -> None:
    found = world("one")
    found.flush()
    manifest = found.desired["one"]
    found.put(a_beat(manifest, digest="0" * 32), a_beat(manifest), a_beat(manifest, digest="0" * 32))
    assert found.flush() == []


def test_a_manifest_that_the_stream_lost_is_written_behind_what_the_cluster_has() -> None:
    found = world("one")
    found.flush()
    ahead = a_beat(found.desired["one"], digest="0" * 32).model_copy(update={"generation": 40})
    found.put(ahead, ahead)
    (writing,) = found.flush()
    assert writing.manifest.generation == 41


def test_what_led_to_a_manifest_is_the_commit_or_the_changed_cluster() -> None:
    found = world("one")
    (writing,) = found.flush()
    assert writing.cause is not None
    assert writing.cause.event.subject().startswith("fleet.bundle.")
    found.deliver(
        Draft("app-00", targets=[{"clusterName": "one"}, {"clusterSelector": {"matchLabels": {"x": "y"}}}])
    )
    found.flush()
    found.clusters(a_cluster("two"))
    found.put(a_cluster("two", {"x": "y"}))
    (writing,) = found.flush()
    assert writing.cause is not None
    assert writing.cause.event.subject() == "fleet.cluster.fleet-default.two"
