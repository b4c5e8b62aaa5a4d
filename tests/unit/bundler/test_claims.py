"""A bundle name belongs to whoever lives and was first."""

from fleet.bundler.domain.claims import claim
from fleet.events import Owner
from support.rows import ME, OTHER, a_row, rows_by_name


def test_a_name_without_a_record_is_free() -> None:
    found = claim(["a", "b"], owner=ME, rows={}, dead=frozenset())

    assert found.ours == {"a", "b"}
    assert found.refused == {}


def test_a_name_of_another_live_owner_is_refused_and_names_him() -> None:
    rows = rows_by_name(a_row("a", owner=OTHER), a_row("b"))
    found = claim(["a", "b", "c"], owner=ME, rows=rows, dead=frozenset())

    assert found.ours == {"b", "c"}
    assert found.refused == {"a": OTHER}


def test_a_retired_name_and_one_of_a_dead_owner_are_free() -> None:
    gone = Owner(kind="GitRepo", name="gone", uid="u-gone")
    rows = rows_by_name(a_row("a", owner=OTHER, rendered=False), a_row("b", owner=gone))

    assert claim(["a", "b"], owner=ME, rows=rows, dead=frozenset({"u-gone"})).ours == {"a", "b"}


def test_an_owner_of_the_same_name_with_another_uid_is_another_owner() -> None:
    before = Owner(kind="GitRepo", name=ME.name, uid="u-before")
    rows = rows_by_name(a_row("a", owner=before))

    assert claim(["a"], owner=ME, rows=rows, dead=frozenset()).refused == {"a": before}
