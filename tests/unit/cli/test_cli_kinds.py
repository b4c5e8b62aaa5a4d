"""Kinds are named as kubectl lets people name them."""

import pytest

from fleet.cli.objects.kinds import KINDS, UnknownKind, kind_named


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_kind_answers_to_singular_and_plural_in_any_case_with_or_without_the_group(kind):
    for word in (kind.name, kind.word, kind.plural, kind.plural.upper(), kind.name.title()):
        assert kind_named(word) is kind
        assert kind_named(f"{word}.fleet.cattle.io") is kind
        assert kind_named(f"{word}.v1alpha1.fleet.cattle.io") is kind


@pytest.mark.parametrize("word", ["", "gr", "pods", "gitrepo.other.io", "gitrepos."])
def test_another_word_is_no_kind(word):
    with pytest.raises(UnknownKind, match=f'doesn\'t have a resource type "{word}"'):
        kind_named(word)
