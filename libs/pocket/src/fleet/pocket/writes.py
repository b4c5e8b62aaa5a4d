"""What a write is asked with, and what comes of it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """The parameters of a write."""

    manager: str
    dry_run: bool = False
    validation: str = "Warn"
    force: bool = False
    subresource: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """The object after a write, and what the client should be warned of."""

    body: bytes
    created: bool
    warnings: Sequence[str] = ()
