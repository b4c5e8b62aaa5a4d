"""Content is sealed in chunks that open one by one, and nowhere but in their own place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.vault import CHUNK_BYTES, Sealed, Tampered, WorkspaceKey

ROOT = bytes(range(32))
SIZES = st.sampled_from([0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 700_000])


def a_key(root: bytes = ROOT) -> WorkspaceKey:
    return WorkspaceKey("fleet-default", root)


def content_of(size: int, seed: int = 1) -> bytes:
    return (bytes([seed]) * 37 + b"fleet")[:40].ljust(40, b".") * (size // 40 + 1)


@given(size=SIZES)
def test_what_was_sealed_opens_to_the_same_bytes(size: int) -> None:
    plaintext = content_of(size)[:size]
    blob = a_key().seal(plaintext)
    assert a_key().open(blob.digest, blob.chunks) == plaintext


@given(size=SIZES, data=st.data())
def test_chunks_of_two_writers_fit_together(size: int, data: st.DataObject) -> None:
    plaintext = content_of(size)[:size]
    one, two = a_key().seal(plaintext), a_key().seal(plaintext)
    assert one.digest == two.digest
    picked = [data.draw(st.sampled_from(pair)) for pair in zip(one.chunks, two.chunks, strict=True)]
    assert a_key().open(one.digest, picked) == plaintext


def test_each_chunk_opens_by_itself_and_says_how_many_there_are() -> None:
    plaintext = content_of(2 * CHUNK_BYTES + 5)[: 2 * CHUNK_BYTES + 5]
    blob = a_key().seal(plaintext)
    assert a_key().open_chunk(blob.digest, 2, blob.chunks[2]) == (3, plaintext[-5:])


@given(position=st.integers(min_value=0), flip=st.integers(min_value=1, max_value=255))
def test_any_changed_byte_is_refused(position: int, flip: int) -> None:
    blob = a_key().seal(b"apiVersion: v1")
    changed = bytearray(blob.chunks[0])
    changed[position % len(changed)] ^= flip
    with pytest.raises(Tampered):
        a_key().open_chunk(blob.digest, 0, bytes(changed))


@given(keep=st.integers(min_value=0, max_value=46))
def test_a_chunk_that_was_cut_short_is_refused(keep: int) -> None:
    blob = a_key().seal(b"apiVersion: v1")
    assert keep < len(blob.chunks[0])
    with pytest.raises(Tampered):
        a_key().open_chunk(blob.digest, 0, blob.chunks[0][:keep])


def test_a_chunk_under_another_digest_is_refused() -> None:
    mine, other = a_key().seal(b"mine"), a_key().seal(b"other")
    with pytest.raises(Tampered):
        a_key().open_chunk(other.digest, 0, mine.chunks[0])


def test_a_chunk_in_another_place_is_refused() -> None:
    blob = a_key().seal(content_of(2 * CHUNK_BYTES)[: 2 * CHUNK_BYTES])
    with pytest.raises(Tampered):
        a_key().open(blob.digest, reversed(blob.chunks))


@pytest.mark.parametrize("n", [-1, 1, 2**31])
def test_a_number_beyond_the_count_is_refused(n: int) -> None:
    blob = a_key().seal(b"small")
    with pytest.raises(Tampered):
        a_key().open_chunk(blob.digest, n, blob.chunks[0])


def test_a_changed_count_is_refused() -> None:
    blob = a_key().seal(b"small")
    counted = bytearray(blob.chunks[0])
    counted[4] = 2
    with pytest.raises(Tampered):
        a_key().open_chunk(blob.digest, 0, bytes(counted))


def test_missing_and_surplus_chunks_are_refused() -> None:
    blob = a_key().seal(content_of(2 * CHUNK_BYTES)[: 2 * CHUNK_BYTES])
    for chunks in ((), blob.chunks[:1], (*blob.chunks, blob.chunks[0])):
        with pytest.raises(Tampered):
            a_key().open(blob.digest, chunks)


def test_another_workspace_neither_opens_it_nor_gives_it_the_same_name() -> None:
    blob = a_key().seal(b"secret")
    stranger = WorkspaceKey("fleet-local", bytes(32))
    assert stranger.name(b"secret") != blob.digest
    with pytest.raises(Tampered):
        stranger.open(blob.digest, blob.chunks)


def test_a_digest_that_others_know_it_by_may_be_its_name() -> None:
    digest = "0" * 32
    blob = a_key().seal(b"an entry", name=digest)
    assert blob.digest == digest
    assert a_key().open(digest, blob.chunks) == b"an entry"


@given(plaintext=st.binary(max_size=200))
def test_a_name_is_32_hex_digits_and_always_the_same(plaintext: bytes) -> None:
    name = a_key().name(plaintext)
    assert len(bytes.fromhex(name)) == 16
    assert name == a_key().name(plaintext)


def test_neither_key_nor_plaintext_shows_in_repr_or_errors() -> None:
    key, blob = a_key(), a_key().seal(b"hunter2")
    with pytest.raises(Tampered) as caught:
        key.open("f" * 32, blob.chunks)
    told = f"{key!r} {key} {caught.value!r} {caught.value} {Sealed('x', ())!r}"
    assert "hunter2" not in told
    assert ROOT.hex() not in told
    assert repr(ROOT)[2:-1] not in told


def test_what_is_protected_at_rest_opens_only_in_its_own_context() -> None:
    data = a_key().protect(b"token", "secret a/b")
    assert a_key().unprotect(data, "secret a/b") == b"token"
    with pytest.raises(Tampered):
        a_key().unprotect(data, "secret a/c")
