"""NATS identities: the seed gives the public key back and never shows."""

import pytest

from fleet.vault.nkey import NkeyPair


def test_a_pair_is_found_again_from_its_seed() -> None:
    pair = NkeyPair.generate()
    assert pair.public.startswith("U")
    assert pair.seed.startswith("SU")
    assert NkeyPair.of(pair.seed) == pair


def test_every_pair_is_another() -> None:
    assert NkeyPair.generate() != NkeyPair.generate()


def test_the_seed_does_not_show_in_the_repr() -> None:
    pair = NkeyPair.generate()
    assert pair.seed not in repr(pair)


@pytest.mark.parametrize("seed", ["", "SUA", "not base32!", "U" * 56])
def test_what_is_no_seed_is_refused_without_quoting_it(seed: str) -> None:
    with pytest.raises(ValueError, match="not an nkey seed") as caught:
        NkeyPair.of(seed)
    assert not seed or seed not in str(caught.value)
