"""A repository's bundles are one set: readers see all of it or none, and nothing is written for nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.bundler.domain.rows import Row
from fleet.bundler.domain.sets import (
    EMPTY,
    OlderThanStored,
    heir_of,
    plan_change,
    retire_all,
    youngest_of,
)
from fleet.events import BundleSet, set_digest
from support.rows import a_row, rows_by_name, whole_of


def test_the_first_commit_writes_all_of_its_bundles() -> None:
    change = plan_change({"b": "2", "a": "1"}, [], commit_sequence=1)

    assert change.write == ("a", "b")
    assert change.set == whole_of(a="1", b="2")


def test_the_same_again_is_no_change() -> None:
    whole = whole_of(a="1", b="2")
    rows = [a_row("a", digest="1", whole=whole), a_row("b", digest="2", whole=whole, sequence=2)]

    assert plan_change({"a": "1", "b": "2"}, rows, commit_sequence=9).is_empty


def test_only_what_changed_is_written_and_what_went_is_retired() -> None:
    whole = whole_of(a="1", b="2", c="3")
    rows = [a_row(name, digest=digest, whole=whole) for name, digest in (("a", "1"), ("b", "2"), ("c", "3"))]
    change = plan_change({"a": "1", "b": "9"}, rows, commit_sequence=2)

    assert change.write == ("b",)
    assert [row.bundle for row in change.retire] == ["c"]
    assert change.set == whole_of(a="1", b="9")


def test_a_retired_bundle_that_comes_back_is_written() -> None:
    rows = [a_row("a", rendered=False, commit_sequence=2, sequence=2), a_row("b", digest="2")]

    assert plan_change({"a": "1", "b": "2"}, rows, commit_sequence=3).write == ("a",)


def test_a_set_that_only_its_mark_misses_is_marked_by_one_record() -> None:
    """Killed after one of two records; the next commit is what stands there by chance."""
    before, half = whole_of(a="1", b="1"), whole_of(a="2", b="2")
    rows = [
        a_row("a", digest="2", whole=half, commit_sequence=2, sequence=3),
        a_row("b", digest="1", whole=before, commit_sequence=1, sequence=2),
    ]
    change = plan_change({"a": "2", "b": "1"}, rows, commit_sequence=3)

    assert change.write == ("a",)
    assert change.retire == ()


def test_a_reading_of_an_earlier_commit_is_dropped() -> None:
    with pytest.raises(OlderThanStored):
        plan_change({"a": "2"}, [a_row("a", commit_sequence=5)], commit_sequence=4)


def test_the_end_of_an_owner_retires_what_it_has_with_the_empty_set() -> None:
    change = retire_all([a_row("b"), a_row("a"), a_row("c", rendered=False)])

    assert [row.bundle for row in change.retire] == ["a", "b"]
    assert change.set == EMPTY == BundleSet(size=0, digest=set_digest({}))


def test_the_mark_of_a_set_goes_on_to_another_record_before_its_name_is_taken() -> None:
    kept = a_row("a", commit_sequence=1, sequence=1)
    older = a_row("x", rendered=False, commit_sequence=2, sequence=4)
    marking = a_row("y", rendered=False, commit_sequence=2, sequence=5)

    assert heir_of(marking, [kept, older, marking]) == kept
    assert heir_of(older, [kept, older, marking]) is None, "another record marks the set"
    assert heir_of(marking, [older, marking]) is None, "nothing is left to be a set"


def test_of_one_commit_the_later_record_counts() -> None:
    first, second = a_row("a", sequence=4), a_row("b", sequence=5)

    assert youngest_of([second, first]) == second
    assert youngest_of([]) is None


NAMES = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("123"), min_size=1)


@given(
    st.lists(NAMES, min_size=1, max_size=5),
    st.lists(st.integers(0, 3), min_size=5, max_size=5),
    st.booleans(),
)
def test_whatever_is_cut_short_the_next_whole_pass_ends_in_a_whole_set(
    commits: list[dict[str, str]], cuts: list[int], as_it_stands: bool
) -> None:
    """Each commit is written up to a random record (a kill); the last one to the end.

    The last one may be, by chance, just what stands in the records after the last kill.
    """
    rows: dict[str, Row] = {}
    sequence = 0
    for number, (wanted, cut) in enumerate(zip(commits, cuts, strict=False), start=1):
        last = number == len(commits)
        stands = {name: row.spec_digest for name, row in rows.items() if row.rendered}
        if last and as_it_stands and stands:
            wanted = commits[-1] = stands
        change = plan_change(wanted, rows.values(), commit_sequence=number)
        steps = [*((name, True) for name in change.write), *((row.bundle, False) for row in change.retire)]
        for name, rendered in steps if last else steps[:cut]:
            sequence += 1
            rows |= rows_by_name(
                a_row(
                    name,
                    rendered=rendered,
                    digest=wanted.get(name, ""),
                    commit_sequence=number,
                    whole=change.set,
                    sequence=sequence,
                )
            )
    present = {name: row.spec_digest for name, row in rows.items() if row.rendered}
    youngest = youngest_of(rows.values())

    assert present == commits[-1]
    assert youngest is not None
    assert youngest.set == BundleSet(size=len(present), digest=set_digest(present))
    assert plan_change(commits[-1], rows.values(), commit_sequence=99).is_empty
