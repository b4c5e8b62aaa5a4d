"""A document: its value, and where each part of it stands in the text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Path = tuple[str | int, ...]
"""Where a value stands in a document: keys and positions from the top."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a text as JSON's values; `number` and `lines` (of each value's key) count from 1."""

    value: Any
    number: int = 1
    lines: Mapping[Path, int] = field(default_factory=dict)

    def line(self, at: Path) -> int:
        """The line of a value, or of the nearest one around it that the text itself has; 0 without a text."""
        while at and at not in self.lines:
            at = at[:-1]
        return self.lines.get(at, 0)


def dotted(at: Path) -> str:
    """A path as people write it: `helm.valuesFiles[1]`."""
    text = ""
    for part in at:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
