"""A document: its value, and where each part of it stands in the text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Path = tuple[str | int, ...]
"""Where a value stands in a document: keys and positions from the top."""


class Lines(Mapping[Path, int]):
    """The line of each value by its path, kept by map and list: a path for each value would be most of it."""

    __slots__ = ("_below", "_top")

    def __init__(self, top: int) -> None:
        self._top = top
        self._below: dict[Path, dict[str, int] | list[int]] = {}

    def of_list(self, at: Path) -> list[int]:
        """Begin a list; to what is returned the lines of its items are to be appended."""
        found = self._below[at] = list[int]()
        return found

    def of_map(self, at: Path) -> dict[str, int]:
        """Begin a map; in what is returned the lines of its keys are to be put."""
        found = self._below[at] = dict[str, int]()
        return found

    def __getitem__(self, at: Path) -> int:
        if not at:
            return self._top
        try:
            return self._below[at[:-1]][at[-1]]  # type: ignore[index]  # a wrong sort of key is none
        except (IndexError, TypeError):
            raise KeyError(at) from None

    def __iter__(self) -> Iterator[Path]:
        yield ()
        for at, lines in self._below.items():
            yield from ((*at, key) for key in (lines if isinstance(lines, dict) else range(len(lines))))

    def __len__(self) -> int:
        return 1 + sum(map(len, self._below.values()))


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a text as JSON's values; `number` and `lines` (of each value's key) count from 1.

    `repeated` has the keys that stand in a map again, of which the last one counts, each with the line of the
    one before it.
    """

    value: Any
    number: int = 1
    lines: Mapping[Path, int] = field(default_factory=dict)
    repeated: Mapping[Path, int] = field(default_factory=dict)

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
