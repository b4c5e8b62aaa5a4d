"""Logs: one JSON object per line on stderr, with the same few keys in every service.

`time`, `level`, `service`, `event` (a constant message), and where they apply `workspace`, `name`,
`cluster`, `bundle`, `correlation_id`, `error`. Nothing that is or may contain a secret is ever a value.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from fleet.runtime.settings import LogLevel


def configure_logs(service: str, level: LogLevel) -> None:
    """Send this process's log lines, and the warnings of its libraries, to stderr as JSON."""
    threshold = getattr(logging, level.upper())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        _stamp(service),
        structlog.processors.format_exc_info,
        _error_key,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(default=str)],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    _capture_libraries(shared)


def _stamp(service: str) -> Processor:
    def stamp(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
        line["service"] = service
        return line

    return stamp


def _error_key(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Move a traceback to `error`, behind the error's own words if there are any."""
    traceback = line.pop("exception", None)
    if traceback is not None:
        told = line.get("error")
        line["error"] = f"{told}\n{traceback}" if told else traceback
    return line


def _capture_libraries(shared: list[Processor]) -> None:
    render: Callable[..., str] = structlog.processors.JSONRenderer(default=str)  # type: ignore[assignment]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
