"""Names that Fleet builds (fleet.md 2.6 and 6.1; scenario G07)."""

from fleet.names import key_hash, safe_concat
from fleet.targeter.domain.names import cluster_namespace


def test_short_names_are_joined_with_dashes() -> None:
    assert safe_concat("a", "b", "c") == "a-b-c"
    assert safe_concat("a" * 63) == "a" * 63


def test_a_long_name_is_cut_and_ends_in_a_hash() -> None:
    assert safe_concat("a" * 64) == "a" * 57 + "-ffe05"


def test_a_long_name_is_not_cut_behind_a_dash() -> None:
    found = safe_concat("a" * 56, "b" * 20)
    assert found.startswith("a" * 56 + "-")
    assert len(found) == 63


def test_a_hash_of_a_key_looks_at_its_first_hundred_characters() -> None:
    assert len(key_hash("fleet-default::c1")) == 12
    assert key_hash("x" * 100) == key_hash("x" * 101)


def test_g07_the_namespace_of_a_cluster_is_made_of_workspace_name_and_hash() -> None:
    hashed = key_hash("fleet-default::test-cluster")
    assert (
        cluster_namespace("fleet-default", "test-cluster") == f"cluster-fleet-default-test-cluster-{hashed}"
    )
