"""What a reading asks for of the world outside its repository: charts, and what came of asking."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class ChartNeed:
    """One chart, as fleet.yaml or a Chart.yaml names it.

    `folder` is that of the bundle, which credentials may depend on. A dependency is looked for as Helm does
    it, where `chart` is its name and `repo` its repository; a chart of fleet.yaml as Fleet does.
    """

    folder: str
    repo: str
    chart: str
    version: str
    dependency: bool = False

    @property
    def shown(self) -> str:
        """The chart in words for people."""
        parts = {"repo": self.repo, "chart": self.chart, "version": self.version}
        return " ".join(f"{name}={value}" for name, value in parts.items() if value)

    def to_json(self) -> dict[str, Any]:
        """The need as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Give back what `to_json` was called on."""
        return cls(**data)


@dataclass(frozen=True, slots=True)
class FetchedChart:
    """A chart's archive as it was fetched, or in `error` why there is none.

    `name` is a file name that says how `data` is packed, `subdir` the folder inside that is meant, `version`
    the one that was chosen. Archives are taken apart by whoever reads them, within budgets.
    """

    name: str = ""
    data: bytes = b""
    subdir: str = ""
    version: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class KeptChart:
    """A chart as `FetchedChart` has it, whose archive is kept elsewhere under its SHA-256 `digest`."""

    name: str = ""
    digest: str = ""
    subdir: str = ""
    version: str = ""
    error: str = ""


NOBODY_TO_ASK = "charts cannot be fetched here"

Charts = Callable[[Sequence[ChartNeed]], Sequence[FetchedChart]]
"""Gives one answer for each need, in their order."""


def no_charts(needs: Sequence[ChartNeed]) -> list[FetchedChart]:
    """The answer of a reading that may not ask anybody."""
    return [FetchedChart(error=NOBODY_TO_ASK) for _ in needs]
