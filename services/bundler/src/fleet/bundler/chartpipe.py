"""Charts on their way between a reading process and its service, as messages of `framing`.

The process asks `{"charts": [...]}`. It is answered with the archives if they are there. If they must be
fetched first, it is told "later" and gives the task up, so that a host which hangs keeps no process busy; the
task begins anew once everything is there.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from fleet.bundler.domain.chartneeds import ChartNeed, FetchedChart
from fleet.bundler.domain.index import Choice, NoSuchChart, choose
from fleet.bundler.framing import Message

ASKED = "charts"
CHOOSE = "choose"
LATER = "later"


class ChartSource(Protocol):
    """Where the charts of one reading come from."""

    def ready(self, needs: Sequence[ChartNeed]) -> Sequence[FetchedChart] | None:
        """The charts, if none of them is still to be fetched."""

    async def fetch(self, needs: Sequence[ChartNeed]) -> None:
        """Fetch charts, so that they are ready."""


class FetchFirst(BaseException):
    """The charts are not there yet; the task is to be begun anew when they are."""


def question(needs: Sequence[ChartNeed]) -> Message:
    """Ask for charts."""
    return {ASKED: [need.to_json() for need in needs]}, []


def needs_of(header: dict[str, Any]) -> list[ChartNeed]:
    """What is asked for."""
    return [ChartNeed.from_json(need) for need in header[ASKED]]


def reply(found: Sequence[FetchedChart] | None) -> Message:
    """Answer a question, each archive once; None: they must be fetched first."""
    if found is None:
        return {LATER: True}, []
    blobs = list(dict.fromkeys(chart.data for chart in found))
    heads = [
        (chart.name, blobs.index(chart.data), chart.subdir, chart.version, chart.error) for chart in found
    ]
    return {ASKED: heads}, blobs


def charts_of(message: Message) -> list[FetchedChart]:
    """The charts in an answer. Raises FetchFirst where it has none yet."""
    header, blobs = message
    if header.get(LATER):
        raise FetchFirst
    return [
        FetchedChart(name, blobs[blob], subdir, version, error)
        for name, blob, subdir, version, error in header[ASKED]
    ]


def choice_task(index: bytes, need: ChartNeed, *, seconds: float) -> Message:
    """Have a process look into an index."""
    return {CHOOSE: need.to_json(), "seconds": seconds}, [index]


def choice_made(message: Message) -> Message:
    """Look into the index of a task."""
    header, (index,) = message
    need = ChartNeed.from_json(header[CHOOSE])
    try:
        found = choose(index, need.chart, need.version, dependency=need.dependency)
    except NoSuchChart as error:
        return {"missing": str(error)}, []
    return {CHOOSE: (found.url, found.version, found.digest)}, []


def choice_of(message: Message) -> Choice:
    """What was chosen. Raises NoSuchChart."""
    header, _ = message
    if CHOOSE not in header:
        raise NoSuchChart(header.get("missing") or "the index of the repository cannot be read")
    return Choice(*header[CHOOSE])
