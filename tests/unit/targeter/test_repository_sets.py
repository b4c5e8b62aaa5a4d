"""A repository's bundles are acted on as a whole set, or not yet."""

from fleet.events import BundleRetired, BundleSet
from support.targeting import WORKSPACE, Draft, World, a_cluster, a_resource, an_owner, uid_of, whole_set

EVERYWHERE = {"clusterSelector": {}}
A, B = Draft("a", targets=[EVERYWHERE]), Draft("b", targets=[EVERYWHERE])
A2, B2 = Draft("a", targets=[EVERYWHERE], content="new"), Draft("b", targets=[EVERYWHERE], content="new")


def world() -> World:
    return World().clusters(a_cluster("one")).begin()


def say(found: World, draft: Draft, whole: BundleSet, commit: int, repository: str = "shop") -> None:
    found.opened[draft.workspace, draft.options_digest()] = draft.sealed
    found.put(draft.rendered(whole, owner=an_owner(repository), commit=commit))


def retire(found: World, name: str, whole: BundleSet, commit: int, repository: str = "shop") -> None:
    found.put(
        BundleRetired(
            workspace=WORKSPACE,
            bundle=name,
            uid=uid_of("bundle", WORKSPACE, name),
            owner=an_owner(repository),
            commit_sequence=commit,
            set=whole,
        )
    )


def test_half_a_set_is_not_acted_on() -> None:
    found, whole = world(), whole_set([A, B])
    say(found, A, whole, 1)
    assert found.flush() == []
    say(found, B, whole, 1)
    found.flush()
    assert found.runs() == {"one": ["a", "b"]}


def test_the_last_complete_set_goes_on_until_the_next_one_is() -> None:
    found = world().deliver(A, B)
    found.flush()
    before = found.desired["one"]
    say(found, A2, whole_set([A2, B2]), 2)
    assert found.flush() == []
    found.clusters(a_cluster("two"))
    found.flush()
    assert found.desired["two"].entries == before.entries
    say(found, B2, whole_set([A2, B2]), 2)
    found.flush()
    assert {found.entry_on("two", name).content for name in ("a", "b")} == {"new"}


def test_a_member_that_a_commit_leaves_as_it_is_is_not_said_again() -> None:
    found = world().deliver(A, B)
    found.flush()
    say(found, A2, whole_set([A2, B]), 2)
    found.flush()
    assert found.entry_on("one", "a").content == "new"
    assert found.entry_on("one", "b").content == "c0ffee"


def test_a_bundle_that_is_retired_is_taken_away_with_its_set() -> None:
    found = world().deliver(A, B)
    found.flush()
    found.deliver(A).flush()
    assert found.runs() == {"one": ["a"]}
    found.deliver().flush()
    assert found.runs() == {}
    assert found.desired["one"].entries == ()


def test_records_may_come_in_any_order() -> None:
    found = world().deliver(A, B)
    found.flush()
    retire(found, "b", whole_set([A2]), 2)
    assert found.flush() == []
    say(found, A2, whole_set([A2]), 2)
    found.flush()
    assert found.runs() == {"one": ["a"]}


def test_a_name_that_moves_to_another_owner_is_kept_until_the_new_set_is_complete() -> None:
    found = world().deliver(A)
    found.flush()
    found.put(a_resource("gitrepo", "other"))
    retire(found, "a", whole_set([]), 2)
    say(found, A2, whole_set([A2, B2]), 3, "other")
    assert found.flush() == []
    assert found.runs() == {"one": ["a"]}
    say(found, B2, whole_set([A2, B2]), 3, "other")
    found.flush()
    assert {found.entry_on("one", name).content for name in ("a", "b")} == {"new"}


def test_after_a_restart_half_a_set_takes_nothing_away() -> None:
    found = world().deliver(A, B)
    found.flush()
    say(found, A2, whole_set([A2, B2]), 2)
    later = found.again()
    assert later.flush() == []
    say(later, B2, whole_set([A2, B2]), 2)
    later.flush()
    assert {later.entry_on("one", name).content for name in ("a", "b")} == {"new"}


def test_a_bundle_without_any_record_stays_where_it_runs() -> None:
    found = world().deliver(A, B)
    found.flush()
    found.last = {subject: s for subject, s in found.last.items() if not subject.startswith("fleet.bundle")}
    later = found.again()
    assert later.flush() == []
    later.deliver(Draft("c", targets=[EVERYWHERE]), repository="other").flush()
    assert later.runs() == {"one": ["a", "b", "c"]}


def test_an_entry_that_nothing_explains_any_more_stays_in_the_manifest() -> None:
    found = world().deliver(A)
    found.flush()
    kept = found.desired["one"].entries
    found.last = {subject: s for subject, s in found.last.items() if not subject.startswith("fleet.bundle")}
    found.sealed_entries = {}
    later = found.again()
    later.deliver(Draft("c", targets=[EVERYWHERE]), repository="other").flush()
    assert set(kept) < set(later.desired["one"].entries)


def test_a_set_that_was_acted_on_is_complete_although_another_owner_took_a_retired_name() -> None:
    found = world().deliver(A, B)
    found.flush()
    found.deliver(B).flush()
    found.deliver(A2, repository="other").flush()
    assert found.runs() == {"one": ["a", "b"]}
    acted = found.estate.adopted[WORKSPACE, an_owner().uid]
    later = found.again()
    later.estate.acted((WORKSPACE, an_owner().uid), acted)
    assert later.flush() == []
    assert later.estate.bundles.get((WORKSPACE, "b")) is not None
