"""Selectors as kubectl writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.pocket.errors import ApiError
from fleet.pocket.selectors import field_selector, label_selector

LABELS = {"env": "prod", "tier": "web", "example.com/x": ""}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("", True),
        ("env=prod", True),
        ("env==prod,tier=web", True),
        ("env!=prod", False),
        ("other!=prod", True),
        ("env in (prod, dev)", True),
        ("env notin (prod,dev)", False),
        ("other notin (prod)", True),
        ("env", True),
        ("!env", False),
        ("!other", True),
        ("example.com/x=", True),
        ("env in (dev),tier=web", False),
    ],
)
def test_a_label_selector_chooses(text: str, matches: bool) -> None:
    assert label_selector(text)(LABELS) is matches


@pytest.mark.parametrize("text", ["a===b", "a in b", "=x", "a b", "a in (b", "!", "(a)"])
def test_what_is_no_label_selector_is_a_bad_request(text: str) -> None:
    with pytest.raises(ApiError) as caught:
        label_selector(text)
    assert caught.value.code == 400


word = st.from_regex(r"[a-z][a-z0-9.-]{0,8}[a-z0-9]", fullmatch=True)


@given(st.dictionaries(word, word), word, word)
def test_a_requirement_and_its_opposite_divide_objects(labels: dict[str, str], key: str, value: str) -> None:
    for left, right in (("=", "!="), (" in ", " notin ")):
        shown = f"({value})" if "in" in left else value
        assert label_selector(key + left + shown)(labels) != label_selector(key + right + shown)(labels)
    assert label_selector(key)(labels) != label_selector("!" + key)(labels)


def test_a_field_selector_follows_paths() -> None:
    obj = {"metadata": {"name": "x"}, "spec": {"nodeName": "n", "flag": True}}
    assert field_selector("metadata.name=x,spec.nodeName!=m,spec.flag=true,status.phase=")(obj)
    assert not field_selector("metadata.name=y")(obj)
    with pytest.raises(ApiError):
        field_selector("metadata.name")
