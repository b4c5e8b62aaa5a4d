"""A question is read from literal names and exact fields, or refused without being quoted."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.events import Entry, InvalidName, token
from fleet.gateway.domain.errors import BadQuestion
from fleet.gateway.domain.questions import QUESTION_BYTES, Asker, Question

DIGEST = "0123456789abcdef" * 2
OTHER = "f" * 32


def an_entry(**changes: str) -> Entry:
    fields = {
        "namespace": "fleet-default",
        "bundle": "web",
        "bundle_uid": "u",
        "deployment_id": "s-1:2",
        "content": DIGEST,
        "options": OTHER,
    }
    return Entry(**{**fields, **changes})


def question(**fields: object) -> bytes:
    return json.dumps(fields).encode()


@given(workspace=st.from_regex(r"\A[a-z0-9.-]{1,20}\Z"), cluster=st.from_regex(r"\A[a-z0-9.-]{1,20}\Z"))
def test_who_asks_is_read_back_from_the_subject(workspace: str, cluster: str) -> None:
    try:
        subject = f"agent.content.{token(workspace)}.{token(cluster)}"
    except InvalidName:
        return
    assert Asker.of(subject) == Asker(workspace, cluster)


@pytest.mark.parametrize(
    "subject",
    [
        "agent.content.fleet-default.*",
        "agent.content.*.paris",
        "agent.content.>",
        "agent.content.fleet-default.>",
        "agent.content.fleet-default",
        "agent.content.fleet-default.paris.0",
        "agent.content..paris",
        "agent.content.fleet-default.",
        "agent.content.fleet-default.Paris",
        "agent.get.fleet-default.paris",
        "",
    ],
)
def test_a_subject_with_anything_but_two_literal_names_is_refused(subject: str) -> None:
    with pytest.raises(BadQuestion):
        Asker.of(subject)


def test_a_chunk_and_an_entry_can_be_asked_for() -> None:
    assert Question.read(question(digest=DIGEST, n=3, namespace="fleet-default")).n == 3
    assert Question.read(question(entry=DIGEST)).entry == DIGEST


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"{}",
        b"not json",
        b"\xff\xfe",
        question(digest=DIGEST),
        question(digest=DIGEST, n=0),
        question(entry=DIGEST, digest=DIGEST, namespace="a"),
        question(digest="*", n=0, namespace="a"),
        question(digest=">", n=0, namespace="a"),
        question(digest=f"{DIGEST}.0", n=0, namespace="a"),
        question(digest=f"{DIGEST}\n", n=0, namespace="a"),
        question(digest=DIGEST.upper(), n=0, namespace="a"),
        question(digest=DIGEST, n=-1, namespace="a"),
        question(digest=DIGEST, n="0", namespace="a"),
        question(digest=DIGEST, n=1.5, namespace="a"),
        question(digest=DIGEST, n=2**31, namespace="a"),
        question(digest=DIGEST, n=0, namespace="a", cluster="b"),
        question(entry="*"),
        question(entry=DIGEST, padding="x"),
        question(entry=DIGEST) + b" " * QUESTION_BYTES,
    ],
)
def test_anything_else_is_refused(payload: bytes) -> None:
    with pytest.raises(BadQuestion):
        Question.read(payload)


@given(payload=st.binary(max_size=60))
def test_no_body_whatever_makes_reading_fail_otherwise(payload: bytes) -> None:
    with pytest.raises(BadQuestion):
        Question.read(payload)


def test_an_entry_answers_for_its_content_and_its_options_in_its_namespace_only() -> None:
    asked = Question.read(question(digest=DIGEST, n=0, namespace="fleet-default"))
    assert asked.is_answered_by(an_entry())
    assert asked.is_answered_by(an_entry(content=OTHER, options=DIGEST))
    assert not asked.is_answered_by(an_entry(content=OTHER))
    assert not asked.is_answered_by(an_entry(namespace="fleet-local"))
