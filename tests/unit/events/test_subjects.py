"""A subject has only literal tokens, whatever name is put into it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.events import (
    CATALOGUE,
    STREAMS,
    ClusterRecord,
    Event,
    InvalidName,
    Member,
    ObjectMeta,
    Resource,
    token,
    untoken,
)

LABEL = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)
NAME = st.lists(LABEL, min_size=1, max_size=4).map(".".join)


@given(NAME)
def test_a_name_comes_back_from_its_token(name: str) -> None:
    assert untoken(token(name)) == name
    assert "." not in token(name)


@given(st.text(max_size=12))
def test_whatever_is_no_dns_name_is_refused_or_stays_one_literal_token(text: str) -> None:
    try:
        minted = token(text)
    except InvalidName:
        return
    assert minted
    assert not set(minted) & set(".*> \t\r\n")


@pytest.mark.parametrize(
    "name", ["", "*", ">", "a.*", "a b", "A", "a_b", "-a", "a-", "a..b", "a\n", "é", "a" * 254]
)
def test_a_name_that_could_widen_a_permission_is_refused(name: str) -> None:
    with pytest.raises(InvalidName, match="is not a valid name"):
        ClusterRecord(metadata=ObjectMeta(name=name, namespace="fleet-default", uid="u")).subject()


def test_a_filter_has_stars_only_where_nothing_is_given() -> None:
    assert Member.subject_filter(workspace="fleet-default") == "fleet.member.fleet-default.*.*"
    assert Resource.subject_filter(kind="gitrepo") == "fleet.resource.gitrepo.*.*"


def _covers(pattern: str, subject: str) -> bool:
    pattern_tokens, tokens = pattern.split("."), subject.split(".")
    return len(pattern_tokens) == len(tokens) and all(
        p in ("*", t) for p, t in zip(pattern_tokens, tokens, strict=True)
    )


@pytest.mark.parametrize("cls", [c for c in CATALOGUE.values() if c.STREAM], ids=lambda cls: cls.__name__)
def test_every_event_is_kept_by_exactly_the_stream_it_names(cls: type[Event]) -> None:
    subject = cls.subject_filter(**dict.fromkeys(cls.subject_fields(), "a"))

    keeping = [name for name, stream in STREAMS.items() if any(_covers(p, subject) for p in stream.subjects)]

    assert keeping == [cls.STREAM]


def test_every_stream_is_bounded_in_bytes() -> None:
    assert all(stream.max_bytes > 0 for stream in STREAMS.values())


def test_what_agents_write_allows_no_batches_and_64_kib_at_most() -> None:
    status = STREAMS["STATUS"]
    assert (status.batched, status.atomic, status.per_subject, status.max_message) == (False, False, 1, 65536)
