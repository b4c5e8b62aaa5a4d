"""One reading of a tree: all its bundles, or the one thing that is wrong with it."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fleet.bundler.domain.absent import absent_paths, nothing_found
from fleet.bundler.domain.bundle import Bundle, draft_bundle, finish_bundle
from fleet.bundler.domain.chartneeds import ChartNeed, Charts, FetchedChart, no_charts
from fleet.bundler.domain.charts import Unpacking
from fleet.bundler.domain.discovery import Place, given, scan
from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.fleetyaml import FILE_NAMES as OPTIONS_FILES
from fleet.bundler.domain.ignore import FILE_NAME as IGNORE_FILE
from fleet.bundler.domain.looks import Looks
from fleet.bundler.domain.metadata import check_labels
from fleet.bundler.domain.order import Order
from fleet.bundler.domain.sizes import Room, check_size
from fleet.bundler.domain.tree import Tree
from fleet.bundler.domain.warnings import ReadWarning


@dataclass(frozen=True, slots=True)
class ReadBundle:
    """A bundle in the bytes that are stored: `manifest` and `options` are canonical JSON, to be sealed.

    `scans` has the name and the spec of each ImageScan beside it.
    """

    name: str
    labels: dict[str, str]
    spec: dict[str, Any]
    manifest: bytes
    options: bytes
    annotations: dict[str, str] = field(default_factory=dict)
    scans: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """A place as it was read before, for the same order: what was looked at, and what came of it.

    `looks` has what stood at each path that the bundle depends on; equal looks mean an equal bundle. `name`
    is the bundle's, empty where there was nothing to deploy.
    """

    place: Place
    looks: Mapping[str, str]
    name: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A place that was read: the looks at the tree that this took, and the bundle if there is one.

    `lasting`: nothing but the tree was asked, so equal looks will give an equal bundle.
    """

    place: Place
    looks: Mapping[str, str]
    bundle: Bundle | None
    warnings: tuple[ReadWarning, ...] = ()
    lasting: bool = True


@dataclass(frozen=True, slots=True)
class Readout:
    """What a tree holds, in the order of Fleet's walk; `same` are the known places that need no reading.

    `absent` tells of the paths that were asked for and are not there.
    """

    taken: tuple[Taken, ...]
    same: tuple[Known, ...] = ()
    absent: tuple[ReadWarning, ...] = ()
    bundles: list[Bundle] = field(init=False)
    warnings: tuple[ReadWarning, ...] = field(init=False)

    def __post_init__(self) -> None:
        found = [one.bundle for one in self.taken if one.bundle is not None]
        object.__setattr__(self, "bundles", found)
        passed_over = (word for one in self.taken for word in one.warnings)
        object.__setattr__(self, "warnings", (*self.absent, *passed_over))


def read_tree(
    tree: Tree, order: Order, known: Iterable[Known] = (), *, charts: Charts = no_charts
) -> Readout:
    """All bundles of a tree; those at known places only where something about them is not as it was.

    `charts` gives what is not in the tree.

    Raises:
        BadInput: something in the tree is wrong, or there is nothing to deploy at the given paths.
    """
    if not order.offline:
        check_labels(order)
    places = _places(tree, order)
    before = {one.place: one for one in known}
    same = [one for place in places if (one := before.get(place)) and is_same(tree, one)]
    names = {one.place: one.name for one in same}
    changed = [place for place in places if place not in names]
    taken = read_places(tree, order, changed, charts=charts)
    names |= {one.place: one.bundle.name for one in taken if one.bundle is not None}
    if not any(names.values()):
        raise BadInput(nothing_found(tree, order, places))
    if not order.offline:
        _check_names((place.folder, names.get(place, "")) for place in places)
    return Readout(taken, tuple(same), absent_paths(tree, order))


def _places(tree: Tree, order: Order) -> list[Place]:
    """Where to read; what is only printed is printed as often as it is found (quirk 35)."""
    found = given(tree, order.bundles) if order.bundles else scan(tree, order.paths, order.options_file)
    return found if order.offline else list(dict.fromkeys(found))


def read_places(
    tree: Tree, order: Order, places: Sequence[Place], *, charts: Charts = no_charts
) -> tuple[Taken, ...]:
    """The bundles of some places, in their order.

    Raises:
        BadInput: something about them is wrong.
        NotListed: one of them needs more than the part of a tree that this is.
    """
    tree.load(place.options for place in places if place.options)
    tree.load(tree.files_named((*OPTIONS_FILES, IGNORE_FILE), below=(place.folder for place in places)))
    drafts = []
    for place in places:
        looks = Looks(place.folder)
        looks.note(place.folder, tree.standing(place.folder, whole=True))
        with tree.noting(looks):
            drafts.append((looks, draft_bundle(tree, place, order)))
    tree.load(path for _, draft in drafts for path in draft.wants())
    unpacking = Unpacking()
    wanted = [one.charts.needs() for _, one in drafts]
    for (looks, draft), fetched in zip(drafts, _asked(charts, wanted), strict=True):
        with tree.noting(looks):
            draft.charts.take(fetched, unpacking)
    taken, room = [], Room()
    wanted = [one.charts.dependencies() for _, one in drafts]
    for (looks, draft), fetched in zip(drafts, _asked(charts, wanted), strict=True):
        with tree.noting(looks):
            bundle = finish_bundle(tree, draft, order, fetched)
            if bundle is not None:
                room.take(bundle)
            taken.append(Taken(draft.place, looks.found, bundle, draft.warnings, draft.charts.lasting))
    return tuple(taken)


def _asked(charts: Charts, needs: Sequence[Sequence[ChartNeed]]) -> Iterator[list[FetchedChart]]:
    """Ask for what several bundles need in one go; gives each bundle's part."""
    every = list(dict.fromkeys(need for of_one in needs for need in of_one))
    found = dict(zip(every, charts(every), strict=True)) if every else {}
    return ([found[need] for need in of_one] for of_one in needs)


def is_same(tree: Tree, known: Known) -> bool:
    """Whether everything that a place was made of stands as it did."""
    return all(
        tree.standing(path, whole=stood.startswith("folder ")) == stood for path, stood in known.looks.items()
    )


def _check_names(named: Iterable[tuple[str, str]]) -> None:
    """Two folders with one name: Fleet lets the last one written win, which differs from run to run."""
    seen: dict[str, str] = {}
    for folder, name in named:
        if name and (other := seen.setdefault(name, folder)) != folder:
            raise BadInput(
                f'the bundle name "{name}" is already that of the folder {other or "."}; '
                "give one of them another name in fleet.yaml",
                path=folder,
            )


def stored_form(bundle: Bundle) -> ReadBundle:
    """The bundle in the bytes that are sealed: equal bundles have equal bytes, on every machine.

    Raises BadInput where they would be more than a bundle may have.
    """
    check_size(bundle)
    return ReadBundle(
        name=bundle.name,
        labels=bundle.labels,
        spec=bundle.public_spec(),
        manifest=canonical(bundle.manifest()),
        options=canonical(bundle.options()),
        annotations=bundle.annotations,
        scans=tuple({"name": scan.name, "spec": scan.spec} for scan in bundle.scans),
    )


def canonical(value: Any) -> bytes:
    """JSON values in the one spelling that is named and sealed."""
    # orjson is faster by a little and ends the process where memory does, without a word
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode()
