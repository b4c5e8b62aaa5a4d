"""What a record says: a bundle keeps its uid while its owner has it, and its generation counts changes."""

from dataclasses import replace
from datetime import UTC, datetime

from fleet.bundler.domain.reading import ReadBundle
from fleet.bundler.domain.records import Named, Reading, events_for
from fleet.bundler.domain.sets import plan_change
from fleet.events import BundleRendered, Envelope, GitCommitDetected, Stored
from support.rows import ME, OTHER, a_row, rows_by_name, whole_of

COMMIT = Stored(
    event=GitCommitDetected(
        workspace="fleet-default",
        gitrepo="me",
        uid="u-me",
        generation=1,
        repo="r",
        branch="b",
        commit="c" * 40,
    ),
    subject="fleet.commit.fleet-default.me",
    sequence=7,
    time=datetime(2026, 1, 1, tzinfo=UTC),
    envelope=Envelope(id="i", type="t", source="s", time="2026-01-01T00:00:00Z"),
)


def a_reading(*names: str, uid: str = "") -> Reading:
    read = (ReadBundle(name, {}, {"targets": []}, b"m", b"o") for name in names)
    bundles = tuple(Named(one.name, "content", "options", "", one) for one in read)
    return Reading("fleet-default", ME, "c" * 40, 7, bundles, COMMIT, uid)


def named(reading: Reading, **digests: str) -> dict[str, Named]:
    return {one.name: replace(one, digest=digests[one.name]) for one in reading.bundles}


def test_a_changed_bundle_keeps_its_uid_and_counts_on() -> None:
    reading = a_reading("a")
    rows = rows_by_name(a_row("a", digest="1"))
    change = plan_change({"a": "2"}, rows.values(), commit_sequence=7)
    (event,) = events_for(reading, change, named(reading, a="2"), rows)

    assert isinstance(event, BundleRendered)
    assert (event.uid, event.generation, event.commit_sequence) == ("uid-a", 2, 7)
    assert event.set == whole_of(a="2")


def test_a_record_that_is_written_for_its_mark_only_stays_what_it_is() -> None:
    reading = a_reading("a")
    rows = rows_by_name(a_row("a", digest="2", whole=whole_of(a="2", b="2")))
    change = plan_change({"a": "2"}, rows.values(), commit_sequence=7)
    (event,) = events_for(reading, change, named(reading, a="2"), rows)

    assert isinstance(event, BundleRendered)
    assert (event.uid, event.generation) == ("uid-a", 1)


def test_a_new_bundle_gets_a_uid_that_only_this_owner_and_commit_give() -> None:
    reading = a_reading("a", "b", "c")
    rows = rows_by_name(a_row("b", owner=OTHER, rendered=False), a_row("c", rendered=False))
    change = plan_change({"a": "1", "b": "1", "c": "1"}, [rows["c"]], commit_sequence=7)
    found = events_for(reading, change, named(reading, a="1", b="1", c="1"), rows)
    again = events_for(reading, change, named(reading, a="1", b="1", c="1"), rows)

    assert found == again
    assert len({event.uid for event in found} | {"uid-b", "uid-c"}) == 5
    assert {event.generation for event in found if isinstance(event, BundleRendered)} == {1}


def test_a_declared_bundle_has_the_uid_of_its_object() -> None:
    reading = a_reading("a", uid="u-object")
    change = plan_change({"a": "1"}, [], commit_sequence=7)
    (event,) = events_for(reading, change, named(reading, a="1"), {})

    assert event.uid == "u-object"
