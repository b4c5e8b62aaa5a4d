"""Charts on their way between a reading process and its service, as messages of `framing`.

The process asks `{"charts": [...]}`. If they are there it is told what they are, and given the archives, each
in a message of its own: the service has no more than one in memory for each process. If they must be fetched
first, or are gone in between, it is told "later" and gives the task up, so that a host which hangs keeps no
process busy; the task begins anew once everything is there.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from fleet.bundler.domain.chartneeds import ChartNeed, FetchedChart, KeptChart
from fleet.bundler.domain.index import Choice, NoSuchChart, choose
from fleet.bundler.framing import Message

ASKED = "charts"
CHOOSE = "choose"
LATER = "later"


class ChartSource(Protocol):
    """Where the charts of one reading come from."""

    def ready(self, needs: Sequence[ChartNeed]) -> Sequence[KeptChart] | None:
        """The charts, if none of them is still to be fetched."""

    async def archive(self, digest: str) -> bytes | None:
        """An archive of a chart that is ready; None where it is gone again."""

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


def announcement(ready: Sequence[KeptChart]) -> Message:
    """Say what the charts are; the archives of `digests_of` follow, in their order."""
    digests = digests_of(ready)
    heads = [
        (one.name, digests.index(one.digest) if one.digest else None, one.subdir, one.version, one.error)
        for one in ready
    ]
    return {ASKED: heads, "archives": len(digests)}, []


def digests_of(ready: Sequence[KeptChart]) -> list[str]:
    """The archives of these charts, each once."""
    return list(dict.fromkeys(one.digest for one in ready if one.digest))


def archive(data: bytes) -> Message:
    """One archive."""
    return {}, [data]


def later() -> Message:
    """Have the task given up until the charts are fetched."""
    return {LATER: True}, []


def charts_of(message: Message, follow: Callable[[], Message]) -> list[FetchedChart]:
    """The charts in an answer, whose archives `follow` reads. Raises FetchFirst where one is not there."""
    header = _present(message)[0]
    archives = [_present(follow())[1][0] for _ in range(header["archives"])]
    return [
        FetchedChart(name, b"" if number is None else archives[number], subdir, version, error)
        for name, number, subdir, version, error in header[ASKED]
    ]


def _present(message: Message) -> Message:
    if message[0].get(LATER):
        raise FetchFirst
    return message


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
