"""How a service lives: settings, health, logs, metrics, traces, shutdown."""

from fleet.runtime.health import Health
from fleet.runtime.metrics import REGISTRY, counter
from fleet.runtime.service import Runtime, run, serve
from fleet.runtime.settings import Settings
from fleet.runtime.tracing import current_traceparent, span

__all__ = [
    "REGISTRY",
    "Health",
    "Runtime",
    "Settings",
    "counter",
    "current_traceparent",
    "run",
    "serve",
    "span",
]
