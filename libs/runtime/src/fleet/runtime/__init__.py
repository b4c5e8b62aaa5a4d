"""How a service lives: settings, health, logs, metrics, traces, shutdown.

Its names are looked up when they are used: what only wants processes (`workers`) need not import a service.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fleet.runtime.health import Health
    from fleet.runtime.metrics import REGISTRY, counter
    from fleet.runtime.service import Runtime, run, serve
    from fleet.runtime.settings import Settings
    from fleet.runtime.tracing import current_traceparent, span

_HOMES = {
    "REGISTRY": "metrics",
    "Health": "health",
    "Runtime": "service",
    "Settings": "settings",
    "counter": "metrics",
    "current_traceparent": "tracing",
    "run": "service",
    "serve": "service",
    "span": "tracing",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


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
