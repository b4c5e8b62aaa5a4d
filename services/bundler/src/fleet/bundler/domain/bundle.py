"""A bundle as Fleet would store it: fleet.yaml, the repository's files and what the GitRepo overrides."""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from fleet.bundler.domain.chartneeds import FetchedChart
from fleet.bundler.domain.chartoptions import named_charts, spec_with_charts
from fleet.bundler.domain.charts import BundleCharts
from fleet.bundler.domain.discovery import Place
from fleet.bundler.domain.errors import MOST_FAULTS, BadInput, all_of
from fleet.bundler.domain.fleetyaml import FleetYaml, read_fleet_yaml
from fleet.bundler.domain.metadata import metadata_faults
from fleet.bundler.domain.model import OPTIONS, PRINTED, SPEC, WHERE
from fleet.bundler.domain.order import DEFAULT_TARGET, Order
from fleet.bundler.domain.resources import BundleFile, list_files
from fleet.bundler.domain.tree import Tree
from fleet.bundler.domain.values import values_path
from fleet.bundler.domain.warnings import ReadWarning, kustomize_unused, warned, warnings_of
from fleet.bundler.domain.yamltext import Document, Path
from fleet.names import MAX_RELEASE_NAME, helm_release_name, safe_concat

MODES = ("FirstMatch", "AllMatches")
"""How customizations that match a cluster are chosen."""

_MAX_NAME = 253
_DNS_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_PUBLIC_TARGET = (*WHERE, "doNotDeploy")
_PUBLIC_SPEC = ("paused", "targetCustomizationMode", "rolloutStrategy", "targetRestrictions", "dependsOn")


@dataclass(frozen=True, slots=True)
class ImageScan:
    """An ImageScan object that stands beside a bundle."""

    name: str
    spec: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bundle:
    """One bundle: `spec` is Fleet's BundleSpec without the files, `files` are its resources."""

    name: str
    folder: str
    labels: dict[str, str]
    spec: dict[str, Any]
    files: tuple[BundleFile, ...]
    annotations: dict[str, str] = field(default_factory=dict)
    scans: tuple[ImageScan, ...] = ()

    def public_spec(self) -> dict[str, Any]:
        """What may be read by everybody: where the bundle goes and in which order, and no options."""
        public = _pick(self.spec, (*_PUBLIC_SPEC, *PRINTED))
        public["targets"] = [_pick(target, _PUBLIC_TARGET) for target in self.spec["targets"]]
        return public

    def options(self) -> dict[str, Any]:
        """What may hold a secret: the options of the bundle, and those of each target in the same order."""
        return {
            "options": _pick(self.spec, OPTIONS),
            "targets": [_pick(target, OPTIONS) for target in self.spec["targets"]],
        }

    def manifest(self) -> dict[str, Any]:
        """The files as Fleet's manifest has them."""
        return {
            "resources": [
                {"name": file.name, "content": file.content, "encoding": file.encoding} for file in self.files
            ]
        }


@dataclass(frozen=True, slots=True)
class Draft:
    """A bundle whose options are parsed and whose files are listed, but not read yet."""

    place: Place
    file: FleetYaml
    listed: dict[str, str]
    charts: BundleCharts
    warnings: tuple[ReadWarning, ...] = ()

    def wants(self) -> Iterator[str]:
        """The paths in the tree that the bundle is made of."""
        yield from self.listed.values()
        for name in self.file.values_files():
            yield values_path(self.place.folder, name)


def draft_bundle(tree: Tree, place: Place, order: Order) -> Draft:
    """Parse the options of a bundle and list its files. Raises BadInput with the place of what is wrong."""
    data = tree.read(place.options) if place.options else b""
    file = read_fleet_yaml(data, place.options, image_scans=order.image_scans)
    if order.targets_wrong and file.override is None:
        raise BadInput(order.targets_wrong)
    warnings = list(warnings_of(file))
    if faults := tuple(islice(_option_faults(file), MOST_FAULTS)):
        if not order.offline:
            raise all_of(faults)
        later = "; it is printed all the same, and refused where it is stored"
        warnings += (warned(fault, later) for fault in faults)
    left_out = _left_out(file, place)
    listed = list_files(tree, place.folder, left_out=left_out)
    charts = BundleCharts(
        tree=tree,
        folder=place.folder,
        listed=listed,
        named=named_charts(tree, place.folder, file),
        left_out=left_out,
        update=not file.spec.get("helm", {}).get("disableDependencyUpdate"),
    )
    warnings += kustomize_unused(file, listed)
    if not listed and not charts.named:
        warnings.append(ReadWarning("there is nothing to deploy in this folder", place.folder or "."))
    return Draft(place, file, listed, charts, tuple(warnings))


def finish_bundle(
    tree: Tree, draft: Draft, order: Order, dependencies: Sequence[FetchedChart] = ()
) -> Bundle | None:
    """Read a bundle, with what was fetched for the dependencies of its charts.

    None where it has no resources, which Fleet passes over in silence.

    Raises:
        BadInput: with the place of what is wrong.
    """
    folder, file = draft.place.folder, draft.file
    spec = spec_with_charts(tree, folder, file, draft.charts.named)
    files = draft.charts.files(dependencies, compress=order.compress)
    if not files:
        return None
    own_name = helm_release_name(posixpath.normpath(posixpath.join(order.name, draft.place.label)))
    return Bundle(
        name=file.name or own_name,
        folder=folder,
        labels=order.labels | file.labels,
        spec=_overridden(spec, file, order),
        files=tuple(files),
        annotations=file.annotations,
        scans=tuple(ImageScan(safe_concat("imagescan", own_name, str(n)), scan) for n, scan in file.scans),
    )


def _option_faults(file: FleetYaml) -> Iterator[BadInput]:
    """What Kubernetes refuses in a Bundle (fleet.md 1.1), each with the place."""
    yield from metadata_faults(file)
    if file.name and not (len(file.name) <= _MAX_NAME and _DNS_NAME.fullmatch(file.name)):
        yield file.document.wrong(("name",), "must be a DNS name in lower case of at most 253 characters")
    yield from _spec_faults(file.document, file.spec, file.target_path)


def check_spec(document: Document, spec: Mapping[str, Any], *, target_path: Callable[[int], Path]) -> None:
    """What Kubernetes refuses in the spec of a Bundle; `target_path` says where its n-th target stands.

    Raises:
        BadInput: with the place.
    """
    if faults := tuple(islice(_spec_faults(document, spec, target_path), MOST_FAULTS)):
        raise all_of(faults)


def _spec_faults(
    document: Document, spec: Mapping[str, Any], target_path: Callable[[int], Path]
) -> Iterator[BadInput]:
    mode = spec.get("targetCustomizationMode")
    if mode and mode not in MODES:
        yield document.wrong(("targetCustomizationMode",), f"must be {' or '.join(MODES)}")
    helms: list[tuple[Path, Mapping[str, Any]]] = [((), spec)]
    helms += [(target_path(n), target) for n, target in enumerate(spec.get("targets", []))]
    for at, options in helms:
        name = options.get("helm", {}).get("releaseName", "")
        if name and (len(name) > MAX_RELEASE_NAME or not _DNS_NAME.fullmatch(name)):
            yield document.wrong(
                (*at, "helm", "releaseName"),
                f"must be a DNS name in lower case of at most {MAX_RELEASE_NAME} characters",
            )


def _left_out(file: FleetYaml, place: Place) -> frozenset[str]:
    """Files that are options and not resources: by their path in the bundle, values files by name as well.

    Fleet compares the names as they are written, so `./dev.yaml` leaves out no file (quirk 40), and a
    fleet.yml that was found rather than given is a resource too (quirk 34).
    """
    values = list(file.values_files())
    return frozenset({"fleet.yaml", place.given, *values, *(_base(name) for name in values)} - {""})


def _base(path: str) -> str:
    """The last part of a path as Go's `filepath.Base` has it: `a` of `a/`, a dot of nothing."""
    return posixpath.basename(path.rstrip("/")) or ("/" if path else ".")


def _overridden(spec: Mapping[str, Any], file: FleetYaml, order: Order) -> dict[str, Any]:
    """What the GitRepo decides (fleet.md 2.2 and 2.7)."""
    found = dict(spec) | _switches(order)
    found.pop("forceSyncGeneration", None)
    found.pop("resources", None)
    if order.force_sync_generation:
        found["forceSyncGeneration"] = order.force_sync_generation
    outer = file.override if file.override is not None else order.targets
    limits = file.override if file.override is not None else order.restrictions
    targets = [*spec.get("targets", []), *({"ignore": {}, **target} for target in outer or [])]
    found["targets"] = targets or [{**DEFAULT_TARGET, "ignore": {}}]
    if restrictions := [*spec.get("targetRestrictions", []), *limits]:
        found["targetRestrictions"] = restrictions
    if order.target_namespace:
        found["namespace"] = order.target_namespace
        found["targets"] = [target | {"namespace": order.target_namespace} for target in found["targets"]]
    return _pick(found, SPEC | PRINTED if order.offline else SPEC)


def _switches(order: Order) -> dict[str, Any]:
    given: dict[str, Any] = {
        "serviceAccount": order.service_account,
        "paused": order.paused,
        "keepResources": order.keep_resources,
        "deleteNamespace": order.delete_namespace,
        "correctDrift": order.correct_drift,
    }
    return {key: value for key, value in given.items() if value}


def _pick(found: Mapping[str, Any], names: Mapping[str, Any] | tuple[str, ...]) -> dict[str, Any]:
    return {key: found[key] for key in names if key in found}
