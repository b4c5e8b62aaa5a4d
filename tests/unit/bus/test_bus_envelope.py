"""What is said about an event that has a cause, and one that has none."""

from datetime import UTC, datetime

from fleet.bus.publish import envelope_for
from fleet.events import Envelope, GitCommitDetected, Stored
from support.bus import a_commit


def a_cause(identity: str = "cause") -> Stored[GitCommitDetected]:
    headers = {"ce-id": identity, "ce-correlationid": "commit", "traceparent": "00-a-b-01"}
    return Stored(
        event=a_commit(1),
        subject="s",
        sequence=4,
        time=datetime(2026, 1, 1, tzinfo=UTC),
        envelope=Envelope.from_headers(headers),
    )


def envelope(number: int = 1, **options: object) -> Envelope:
    event = a_commit(number)
    return envelope_for(event, event.encode(), source="bundler", **options)  # type: ignore[arg-type]


def test_the_same_conclusion_from_the_same_cause_is_the_same_event() -> None:
    assert envelope(cause=a_cause()).id == envelope(cause=a_cause()).id


def test_another_body_or_another_cause_is_another_event() -> None:
    ids = {envelope().id, envelope(2).id, envelope(cause=a_cause()).id, envelope(cause=a_cause("other")).id}
    assert len(ids) == 4


def test_correlation_and_trace_go_on_from_the_cause() -> None:
    found = envelope(cause=a_cause())
    assert (found.correlation_id, found.causation_id, found.traceparent) == ("commit", "cause", "00-a-b-01")


def test_an_event_without_a_cause_starts_a_correlation_of_its_own() -> None:
    found = envelope(id="me")
    assert (found.correlation_id, found.causation_id) == ("me", None)


def test_what_the_caller_says_wins() -> None:
    found = envelope(
        cause=a_cause(), correlation_id="mine", headers={"traceparent": "00-c-d-01"}
    ).to_headers()
    assert found["ce-correlationid"] == "mine"
    assert found["traceparent"] == "00-c-d-01"
