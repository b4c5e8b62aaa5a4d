"""What a reading process is told and what it answers, as messages of `framing`."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from fleet.bundler.domain.discovery import Place
from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.order import Order
from fleet.bundler.domain.reading import Known, ReadBundle, Taken, stored_form
from fleet.bundler.domain.warnings import ReadWarning
from fleet.bundler.errors import NeedsWhole, ReaderBroken
from fleet.bundler.framing import Message

MOST_WARNINGS = 50
"""How many warnings of one place are told; the others are counted."""

_IN_HEAD = ("name", "labels", "spec", "annotations", "scans")


@dataclass(frozen=True, slots=True)
class Task:
    """One reading: the paths of a commit as git lists them, and the order.

    `root` is the id of the whole. Places that are `known` need not be read where nothing about them has
    changed. With `places` only these are read, and the listing need have no more than what is at `parts`
    and below.
    """

    order: Order
    listing: bytes
    root: str = ""
    known: Sequence[Known] = ()
    places: Sequence[Place] | None = None
    parts: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class TakenBundle:
    """As `Taken`, with the bundle in the bytes that are stored."""

    place: Place
    looks: dict[str, str]
    bundle: ReadBundle | None
    warnings: tuple[ReadWarning, ...]
    lasting: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What was read, and which of the known places (by number) need no reading.

    `absent` tells of the paths that were asked for and are not there.
    Its repr has no bundle: asyncio makes one of whatever it runs, and bundles are large, and secret.
    """

    taken: tuple[TakenBundle, ...] = field(repr=False)
    same: tuple[int, ...] = ()
    absent: tuple[ReadWarning, ...] = ()

    @property
    def bundles(self) -> list[ReadBundle]:
        """The bundles that were read, in the order of Fleet's walk."""
        return [one.bundle for one in self.taken if one.bundle is not None]

    @property
    def warnings(self) -> tuple[ReadWarning, ...]:
        """What was passed over in them, behind the paths that are not there."""
        return (*self.absent, *(warning for one in self.taken for warning in one.warnings))


def task_message(task: Task, *, seconds: float) -> Message:
    """A task on its way to the process."""
    header = {
        "order": task.order.to_json(),
        "root": task.root,
        "known": [(*_place_to(one.place), one.looks, one.name) for one in task.known],
        "places": None if task.places is None else [_place_to(place) for place in task.places],
        "parts": list(task.parts),
        "seconds": seconds,
    }
    return header, [task.listing]


def task_of(message: Message) -> Task:
    """Give back what `task_message` was called on."""
    header, (listing,) = message
    return Task(
        order=Order.from_json(header["order"]),
        listing=listing,
        root=header["root"],
        known=[Known(Place(*place), looks, name) for *place, looks, name in header["known"]],
        places=None if header["places"] is None else [Place(*place) for place in header["places"]],
        parts=header["parts"],
    )


def answer_message(
    taken: Iterable[Taken], same: Sequence[int] = (), absent: Sequence[ReadWarning] = ()
) -> Message:
    """What was read on its way back."""
    heads: list[Any] = []
    blobs: list[bytes] = []
    for one in taken:
        head = None
        if one.bundle is not None:
            bundle = stored_form(one.bundle)
            head = {name: getattr(bundle, name) for name in _IN_HEAD}
            blobs += (bundle.manifest, bundle.options)
        heads.append((_place_to(one.place), one.looks, head, _told(one.warnings), one.lasting))
    return {"taken": heads, "same": same, "absent": _told(absent)}, blobs


def _told(warnings: Sequence[ReadWarning]) -> list[dict[str, Any]]:
    return [asdict(word) for word in _bounded(warnings)]


def _warnings_of(told: Iterable[dict[str, Any]]) -> tuple[ReadWarning, ...]:
    return tuple(ReadWarning(**word) for word in told)


def _bounded(warnings: Sequence[ReadWarning]) -> Sequence[ReadWarning]:
    more = len(warnings) - MOST_WARNINGS
    if more <= 0:
        return warnings
    shown = warnings[:MOST_WARNINGS]
    return (*shown, ReadWarning(f"and {more} more warnings about this folder", shown[-1].path, count=more))


def wrong_message(error: BadInput) -> Message:
    """What is wrong with the commit, on its way back."""
    return {"wrong": {name: getattr(error, name) for name in ("reason", "path", "line", "field")}}, []


def stopped_message(why: str, place: str) -> Message:
    """That a reading was "slow" or "large", and at which folder; the process is of no use any more."""
    return {"stopped": why, "place": place}, []


def answer_of(message: Message) -> Answer:
    """What a process answered.

    Raises:
        BadInput: something in the commit or the order is wrong.
        NeedsWhole: it needs more than the part of the tree that it was given.
        ReaderBroken: the process met a fault of ours.
    """
    header, blobs = message
    if place := header.get("broken"):
        raise ReaderBroken(place)
    if header.get("beyond"):
        raise NeedsWhole
    if wrong := header.get("wrong"):
        raise BadInput(wrong.pop("reason"), **wrong)
    pieces = iter(blobs)
    taken = []
    for place, looks, head, warnings, lasting in header["taken"]:
        bundle = None
        if head:
            scans = tuple(head.pop("scans"))
            bundle = ReadBundle(**head, scans=scans, manifest=next(pieces), options=next(pieces))
        taken.append(TakenBundle(Place(*place), looks, bundle, _warnings_of(warnings), lasting))
    return Answer(tuple(taken), tuple(header["same"]), _warnings_of(header["absent"]))


def _place_to(place: Place) -> tuple[str, str, str, str]:
    return place.folder, place.label, place.options, place.given
