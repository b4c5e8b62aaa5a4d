"""A trace goes on over events, and every stage is timed."""

import pytest

from fleet.events import Envelope
from fleet.runtime import REGISTRY, current_traceparent, span

_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def an_envelope(traceparent: str | None) -> Envelope:
    return Envelope(id="1", type="t", source="s", time="now", traceparent=traceparent)


def test_outside_of_a_span_there_is_no_trace() -> None:
    assert current_traceparent() is None


def test_a_stage_goes_on_in_the_trace_that_the_event_came_with() -> None:
    came = f"00-{_TRACE}-00f067aa0ba902b7-01"
    with span("test.trace", an_envelope(came)):
        sent = current_traceparent()
    assert sent is not None
    assert sent.split("-")[1] == _TRACE
    assert sent != came


@pytest.mark.parametrize("traceparent", [None, "", "nonsense", "00-0-0-00"])
def test_an_event_without_a_usable_trace_begins_one(traceparent: str | None) -> None:
    with span("test.trace", an_envelope(traceparent)):
        sent = current_traceparent()
    assert sent is not None
    assert sent.split("-")[1] != _TRACE


def test_a_stage_inside_a_stage_is_in_the_same_trace() -> None:
    with span("test.outer"):
        outer = current_traceparent()
        with span("test.inner"):
            inner = current_traceparent()
    assert outer is not None
    assert inner is not None
    assert inner.split("-")[1] == outer.split("-")[1]
    assert inner.split("-")[2] != outer.split("-")[2]


def test_duration_and_result_of_a_stage_are_counted() -> None:
    def count(result: str) -> float:
        labels = {"stage": "test.counted", "result": result}
        return REGISTRY.get_sample_value("fleet_stage_seconds_count", labels) or 0.0

    with span("test.counted"):
        pass
    with pytest.raises(RuntimeError), span("test.counted"):
        raise RuntimeError
    assert (count("ok"), count("error")) == (1.0, 1.0)
