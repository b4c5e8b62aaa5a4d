"""Names equal Fleet's to the byte: the vectors of its own tests (fleet.md 2.6)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.names import helm_release_name, key_hash, limit, safe_concat

STR50 = "1234567890" * 5
STR53 = STR50 + "123"
STR63 = STR50 + "1234567890123"
A32 = "a" * 32


@pytest.mark.rule(id="12.1-47")
@pytest.mark.parametrize(
    ("text", "count", "expected"),
    [
        ("1234567", 5, "12345"),
        ("1234567", 6, "123456"),
        ("1234567", 7, "1234567"),
        ("1234567", 8, "1234567"),
        ("12345678", 8, "12345678"),
        ("12345678", 7, "1-25d55"),
        ("123456789", 8, "12-25f9e"),
        ("1-3456789", 8, "1-9b657"),
    ],
)
def test_limit_cuts_and_hashes_as_fleet_does(text: str, count: int, expected: str) -> None:
    assert limit(text, count) == expected


@pytest.mark.rule(id="12.1-47")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (STR53, STR53),
        (STR53 + "a", "12345678901234567890123456789012345678901234567-fdba4"),
        (STR63 + "a", "12345678901234567890123456789012345678901234567-eb12d"),
        ("long-name-test-shortpath-with@char", "long-name-test-shortpath-with-char-031bab5e"),
        ("long-name-test-shortpath-with+char", "long-name-test-shortpath-with-char-21c88393"),
        ("long-name-test-0.App_ ", "long-name-test-0-app-5bf6b3fb"),
        ("long-name-test--App_-_12.factor", "long-name-test-app-12-factor-0efbac37"),
        ("bundle.name.example.com", "bundle-name-example-com-645ef821"),
        (STR53[:46] + "-1234567", "1234567890123456789012345678901234567890123456-d0bce"),
        ("assets/driven2/kustomize-fleetDev", "assets-driven2-kustomize-fleetdev-2946f474"),
        ("assets/driven2/kustomize-fleetProd", "assets-driven2-kustomize-fleetprod-99f597b0"),
        ("assets/driven_fleet_yaml_subfolder/helm", "assets-driven-fleet-yaml-subfolder-helm-f49dc35c"),
    ],
)
def test_b07_b08_b15_release_names_are_fleets(text: str, expected: str) -> None:
    assert helm_release_name(text) == expected


def test_a_key_hash_has_twelve_digits_of_the_first_hundred_bytes() -> None:
    assert key_hash("fleet-default::one") == "b55505e75e64"
    assert key_hash("k" * 100) == key_hash("k" * 200)
    assert key_hash("k" * 99) != key_hash("k" * 100)


@given(st.text(max_size=200))
def test_a_release_name_is_always_a_dns_label_that_helm_takes(text: str) -> None:
    name = helm_release_name(text)

    assert len(name) <= 53
    assert re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", name)
    assert "--" not in name


@given(st.text(alphabet="abcAB-/._", max_size=80), st.text(alphabet="abcAB-/._", max_size=80))
def test_names_that_differ_in_case_or_in_characters_stay_apart(one: str, other: str) -> None:
    same = one.replace("/", "-") == other.replace("/", "-")
    if not same and one.strip("-") and {*one, *other} & set("AB._"):
        assert helm_release_name(one + "X") != helm_release_name(other + "X")


@pytest.mark.rule(id="12.1-47")
@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("a", "b"), "a-b"),
        (("a" * 63,), "a" * 63),
        (("a" * 64,), "a" * 57 + "-ffe05"),
        (("a" * 56, "b" * 20), "a" * 56 + "-8d638d"),
    ],
)
def test_joined_names_are_cut_and_hashed_as_fleet_does(parts: tuple[str, ...], expected: str) -> None:
    assert safe_concat(*parts) == expected


def test_a_path_that_is_no_utf_8_has_a_name_of_its_own_too() -> None:
    one, other = (helm_release_name(f"repo/{part}") for part in ("\udcff", "\udcfe"))

    assert one != other
    assert one.startswith("repo-")
