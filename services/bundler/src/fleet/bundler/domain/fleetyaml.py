"""fleet.yaml: the options of one bundle, parsed and checked with the line of whatever is wrong."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

from fleet.bundler.domain.errors import MOST_FAULTS, BadInput, all_of
from fleet.bundler.domain.model import FLEET_YAML, METADATA
from fleet.bundler.domain.yamltext import Document, Path, parse

FILE_NAMES = ("fleet.yaml", "fleet.yml")
"""The names of the file; the second only counts where the first is missing."""

STATES = ("Ready", "NotReady", "Pending", "OutOfSync", "Modified", "WaitApplied", "ErrApplied")
"""The states that a dependency may be accepted in, best first."""

_FILE_ONLY = ("name", "labels", "targetCustomizations", "imageScans", "overrideTargets")


@dataclass(frozen=True, slots=True)
class FleetYaml:
    """What the file says. `spec` is a BundleSpec whose targets are the file's targets and customizations.

    `override` is None where the file has no `overrideTargets`; a given empty list is not None. `scans` has
    each image scan with its position in the file; those without an image are passed over.
    """

    name: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    spec: dict[str, Any] = field(default_factory=lambda: {"ignore": {}})
    override: list[dict[str, Any]] | None = None
    scans: tuple[tuple[int, dict[str, Any]], ...] = ()
    document: Document = field(default_factory=lambda: Document(None))
    own_targets: int = 0

    def values_files(self) -> Iterator[str]:
        """Every values file that the file names, at the root or for a target."""
        for options in (self.spec, *self.spec.get("targets", [])):
            yield from options.get("helm", {}).get("valuesFiles", [])

    def target_path(self, n: int) -> Path:
        """Where the n-th target of `spec` stands in the file."""
        if n < self.own_targets:
            return ("targets", n)
        return ("targetCustomizations", n - self.own_targets)


def read_fleet_yaml(data: bytes, path: str, *, image_scans: bool = False) -> FleetYaml:
    """Parse and check a file. `path` is for messages; without `image_scans` the file must not have any.

    Raises:
        BadInput: it is no YAML, a field has the wrong type, or a rule of `dependsOn` or `imageScans` is
            broken; with file, line and field.
    """
    document = parse(data, path)
    if document.value is None:
        return FleetYaml(document=document)
    found: dict[str, Any] = FLEET_YAML.read(document, (), document.value, lenient=True)
    metadata: dict[str, Any] = METADATA.read(document, (), document.value, lenient=False)
    broken = chain(_dependency_faults(document, found), _scan_faults(document, found, allowed=image_scans))
    if faults := tuple(islice(broken, MOST_FAULTS)):
        raise all_of(faults)
    targets = found.get("targets", [])
    spec = {key: value for key, value in found.items() if key not in _FILE_ONLY}
    if both := [*targets, *found.get("targetCustomizations", [])]:
        spec["targets"] = both
    return FleetYaml(
        name=found.get("name", ""),
        labels=found.get("labels", {}),
        annotations=metadata.get("annotations", {}),
        spec=spec,
        override=_override(document, found),
        scans=_scans(found),
        document=document,
        own_targets=len(targets),
    )


def _override(document: Document, found: dict[str, Any]) -> list[dict[str, Any]] | None:
    """An empty list in the file is one in Go too, and overrides; a null does not."""
    if "overrideTargets" in found:
        return list(found["overrideTargets"])
    given = {key.casefold(): value for key, value in document.value.items()}
    return [] if given.get("overridetargets") is not None else None


def _dependency_faults(document: Document, found: dict[str, Any]) -> Iterator[BadInput]:
    for n, dependency in enumerate(found.get("dependsOn", [])):
        at: Path = ("dependsOn", n)
        if not dependency.get("name") and dependency.get("selector") is None:
            yield document.wrong(at, "must specify either 'name' or 'selector'")
        for m, state in enumerate(dependency.get("acceptedStates", [])):
            if state not in STATES:
                valid = " ".join(STATES)
                yield document.wrong(
                    (*at, "acceptedStates", m), f'invalid state "{state}", valid values are: [{valid}]'
                )


def _scan_faults(document: Document, found: dict[str, Any], *, allowed: bool) -> Iterator[BadInput]:
    if found.get("imageScans") and not allowed:
        yield document.wrong(
            ("imageScans",),
            "imagescan is disabled; remove imagescans from your config files, or enable imagescan",
        )
        return
    for n, scan in _with_image(found):
        if not scan.get("tagName"):
            yield document.wrong(("imageScans", n), "the name of scan is required (tagName)")


def _with_image(found: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    return ((n, scan) for n, scan in enumerate(found.get("imageScans", [])) if scan.get("image"))


def _scans(found: dict[str, Any]) -> tuple[tuple[int, dict[str, Any]], ...]:
    return tuple(
        (n, {key: value for key, value in scan.items() if key != "name"}) for n, scan in _with_image(found)
    )
