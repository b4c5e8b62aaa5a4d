"""One reading of a tree: all its bundles, or the one thing that is wrong with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from fleet.bundler.domain.bundle import Bundle, draft_bundle, finish_bundle
from fleet.bundler.domain.discovery import given, scan
from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.fleetyaml import FILE_NAMES as OPTIONS_FILES
from fleet.bundler.domain.ignore import FILE_NAME as IGNORE_FILE
from fleet.bundler.domain.order import Order
from fleet.bundler.domain.tree import Tree
from fleet.bundler.domain.warnings import ReadWarning


@dataclass(frozen=True, slots=True)
class ReadBundle:
    """A bundle in the bytes that are stored: `manifest` and `options` are canonical JSON, to be sealed."""

    name: str
    labels: dict[str, str]
    spec: dict[str, Any]
    manifest: bytes
    options: bytes


@dataclass(frozen=True, slots=True)
class Readout:
    """What a tree holds: its bundles in the order of Fleet's walk, and what was passed over."""

    bundles: list[Bundle]
    warnings: tuple[ReadWarning, ...] = ()


def read_tree(tree: Tree, order: Order) -> Readout:
    """All bundles of a tree.

    Raises:
        BadInput: something in the tree is wrong, or there is nothing to deploy at the given paths.
    """
    tree.load(tree.files_named((*OPTIONS_FILES, IGNORE_FILE)))
    places = given(tree, order.bundles) if order.bundles else scan(tree, order.paths)
    drafts = [draft_bundle(tree, place) for place in places]
    tree.load(path for draft in drafts for path in draft.wants())
    bundles = [bundle for draft in drafts if (bundle := finish_bundle(tree, draft, order)) is not None]
    if not bundles:
        looked = [base for base, _ in order.bundles] or [path or "." for path in order.paths] or ["."]
        raise BadInput(f"no resource found at the following paths to deploy: [{' '.join(looked)}]")
    _check_names(bundles)
    return Readout(bundles)


def _check_names(bundles: Iterable[Bundle]) -> None:
    """Two folders with one name: Fleet lets the last one written win, which differs from run to run."""
    seen: dict[str, str] = {}
    for bundle in bundles:
        if (other := seen.setdefault(bundle.name, bundle.folder)) != bundle.folder:
            raise BadInput(
                f'the bundle name "{bundle.name}" is already that of the folder {other or "."}; '
                "give one of them another name in fleet.yaml",
                path=bundle.folder,
            )


def stored_form(bundle: Bundle) -> ReadBundle:
    """The bundle in the bytes that are sealed: equal bundles have equal bytes, on every machine."""
    return ReadBundle(
        name=bundle.name,
        labels=bundle.labels,
        spec=bundle.public_spec(),
        manifest=_canonical(bundle.manifest()),
        options=_canonical(bundle.options()),
    )


def _canonical(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
