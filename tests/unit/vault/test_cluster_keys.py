"""A cluster's keys come from its workspace's key and its uid, and bind what they sign or encrypt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.vault import ClusterKeys, Tampered, WorkspaceKey

UID = "2b0c7d1e-6a2f-4b7e-9a53-3f8a4f7f3c11"


def keys_of(uid: str = UID, root: bytes = bytes(32)) -> ClusterKeys:
    return WorkspaceKey("fleet-default", root).cluster_keys(uid)


def test_the_same_uid_gives_the_same_keys_in_every_process() -> None:
    assert keys_of() == keys_of()


def test_uid_workspace_and_purpose_each_give_other_keys() -> None:
    all_keys = {
        key
        for keys in (keys_of(), keys_of(uid="other"), keys_of(root=b"\1" * 32))
        for key in (keys.mac, keys.encryption)
    }
    assert len(all_keys) == 6
    assert all(len(key) == 32 for key in all_keys)


@given(subject=st.text(max_size=80), body=st.binary(max_size=400))
def test_a_signature_verifies_for_its_subject_and_body(subject: str, body: bytes) -> None:
    assert keys_of().verify(subject, body, keys_of().sign(subject, body))


@given(subject=st.text(max_size=20), body=st.binary(max_size=20), cut=st.integers(1, 20))
def test_subject_and_body_do_not_run_into_each_other(subject: str, body: bytes, cut: int) -> None:
    moved, rest = body[:cut], body[cut:]
    mac = keys_of().sign(subject, body)
    for other in (subject + moved.decode("latin-1"), subject + "x"):
        if (other, rest) != (subject, body):
            assert not keys_of().verify(other, rest, mac)


@pytest.mark.parametrize("mac", ["", "0" * 32, "ü" * 32, "not hex at all"])
def test_a_wrong_signature_is_false_and_never_an_error(mac: str) -> None:
    assert not keys_of().verify("fleet.desired.a.b", b"{}", mac)


def test_another_clusters_signature_is_refused() -> None:
    mac = keys_of(uid="another").sign("fleet.desired.a.b", b"{}")
    assert not keys_of().verify("fleet.desired.a.b", b"{}", mac)


@given(payload=st.binary(max_size=400), context=st.text(max_size=40))
def test_an_answer_opens_for_what_was_asked(payload: bytes, context: str) -> None:
    assert keys_of().decrypt(keys_of().encrypt(payload, context), context) == payload


def test_an_answer_to_another_question_or_cluster_is_refused() -> None:
    answer = keys_of().encrypt(b"values", "abc.0")
    with pytest.raises(Tampered):
        keys_of().decrypt(answer, "abc.1")
    with pytest.raises(Tampered):
        keys_of(uid="another").decrypt(answer, "abc.0")


def test_keys_do_not_show_in_their_repr() -> None:
    keys = keys_of()
    assert "mac" not in repr(keys)
    assert keys.mac.hex() not in repr(keys)
