"""One trace per delivery: the W3C trace context travels in event headers from the commit to the report."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import structlog
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.trace import Span, Tracer, format_span_id, format_trace_id
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from fleet.events import Envelope
from fleet.runtime.metrics import STAGE_SECONDS

_NANOSECONDS = 1_000_000_000
_HEADER = "traceparent"
_propagator = TraceContextTextMapPropagator()
_log = structlog.get_logger("fleet.trace")


@contextmanager
def span(name: str, envelope: Envelope | None = None) -> Iterator[Span]:
    """Time a stage: a span in the trace that `envelope` came with, or in a new one.

    The stage's duration and result go to the metric `fleet_stage_seconds` as well, so a name is a
    constant (`bundler.read`), never made of data.
    """
    started, result = time.perf_counter(), "error"
    came_with = envelope.traceparent if envelope else None
    parent = _propagator.extract({_HEADER: came_with}) if came_with else None
    try:
        with _tracer().start_as_current_span(name, context=parent) as current:
            yield current
        result = "ok"
    finally:
        STAGE_SECONDS.labels(name, result).observe(time.perf_counter() - started)


def current_traceparent() -> str | None:
    """The trace context to send with what is published now; None outside of a span."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get(_HEADER)


class _SpanLog(SpanProcessor):
    """Writes each ended span as a log line at level debug."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Nothing is told before a span ends."""

    def on_end(self, span: ReadableSpan) -> None:
        """Tell where in which trace the span stood and how long it took."""
        context = span.get_span_context()
        if context is None:
            return
        _log.debug(
            "span",
            stage=span.name,
            trace_id=format_trace_id(context.trace_id),
            span_id=format_span_id(context.span_id),
            parent_id=format_span_id(span.parent.span_id) if span.parent else None,
            seconds=((span.end_time or 0) - (span.start_time or 0)) / _NANOSECONDS,
        )


@cache
def _tracer() -> Tracer:
    # Made here and not set as the process's global provider: a library that traces too keeps its own.
    # The resource is spelled out, for looking one up starts threads.
    provider = TracerProvider(resource=Resource({"service.namespace": "fleet"}), shutdown_on_exit=False)
    provider.add_span_processor(_SpanLog())
    return provider.get_tracer("fleet")
