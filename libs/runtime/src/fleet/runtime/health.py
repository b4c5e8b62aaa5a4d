"""Whether a service can do its work, part by part, and if not, what it waits for."""

from __future__ import annotations

from collections.abc import Callable, Mapping


class Health:
    """The parts of a service that must be ready before it is.

    A part counts from the first time it is named. A service without parts is not ready: it has not
    said yet what it needs.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, str] = {}
        self._probes: dict[str, Callable[[], str]] = {}

    def waiting(self, part: str, reason: str) -> None:
        """Say that a part is not ready (yet, or any more), and what it waits for."""
        self._waiting[part] = reason

    def ready(self, part: str) -> None:
        """Say that a part is ready."""
        self._waiting[part] = ""

    def probe(self, part: str, reason: Callable[[], str]) -> None:
        """Ask for a part's state whenever somebody wants to know: an empty reason means ready."""
        self._probes[part] = reason

    def parts(self) -> Mapping[str, str]:
        """Every part and what it waits for; empty when it is ready."""
        return self._waiting | {part: reason() for part, reason in self._probes.items()}

    @property
    def is_ready(self) -> bool:
        """Whether there are parts and all of them are ready."""
        parts = self.parts()
        return bool(parts) and not any(parts.values())
