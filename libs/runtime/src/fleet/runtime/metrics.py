"""Metrics of a service: how long each stage takes and how it ends.

Labels never hold a commit, a path, a generation or a cluster: their number would grow with the fleet.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.process_collector import ProcessCollector

REGISTRY = CollectorRegistry()
"""What `/metrics` shows."""

ProcessCollector(registry=REGISTRY)

STAGE_SECONDS = Histogram(
    "fleet_stage_seconds",
    "Seconds that a stage of the pipeline took, by stage and result (ok or error).",
    labelnames=("stage", "result"),
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60),
    registry=REGISTRY,
)


def counter(name: str, what: str, *labels: str) -> Counter:
    """Make a counter that `/metrics` shows, once per process and name."""
    return Counter(name, what, labelnames=labels, registry=REGISTRY)
