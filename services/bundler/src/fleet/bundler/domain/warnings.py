"""What a reading passes over, as Fleet does, but tells the author of."""

import posixpath
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from fleet.bundler.domain.errors import BadInput, told
from fleet.bundler.domain.fleetyaml import FleetYaml
from fleet.bundler.domain.model import FLEET_YAML, METADATA, PRINTED, SELECTOR, SPEC_FILE
from fleet.bundler.domain.selectors import senseless
from fleet.bundler.domain.typed import Kind, ListOf, Struct
from fleet.bundler.domain.yamltext import Document, Path, parse


@dataclass(frozen=True, slots=True)
class ReadWarning:
    """Something in a repository that is ignored; it never changes the bytes of a bundle.

    `path` is relative to the repository's root, `line` counts from 1 (0: not known), `field` is the dotted
    name of the field. The text never has a value from the file: it might be a secret. `count` is how many
    it stands for: the last of very many says that there are others.
    """

    reason: str
    path: str = ""
    line: int = 0
    field: str = ""
    count: int = 1

    def __str__(self) -> str:
        """One line for people: place, field, reason."""
        return told(self.reason, self.path, self.line, self.field)


_OVERWRITTEN = {
    "forceSyncGeneration": "is ignored: it is always taken from the GitRepo",
    "resources": "is ignored: the resources are always the files of the folder",
    **dict.fromkeys(PRINTED, "is printed by fleet apply -o, and ignored otherwise: it is for Fleet to write"),
}
_PASSED_OVER = "is ignored: Fleet knows no such field"
_COUNTED_OF_TARGETS = ("targets", "targetRestrictions")


def warnings_of(file: FleetYaml) -> tuple[ReadWarning, ...]:
    """What Fleet ignores without a word: unknown fields of a fleet.yaml, and known ones without effect."""
    document = file.document
    if document.value is None:
        return ()
    unknown = _unknown(document, (), FLEET_YAML, document.value)
    return (*_repeated(document), *unknown, *_without_effect(file))


def kustomize_unused(file: FleetYaml, names: Collection[str]) -> Iterator[ReadWarning]:
    """Each `kustomize.dir` in which the bundle has no kustomization: its files are then plain YAML.

    `names` are the files of the bundle.
    """
    tops: list[tuple[Path, Mapping[str, Any]]] = [((), file.spec)]
    tops += [(file.target_path(n), target) for n, target in enumerate(file.spec.get("targets", []))]
    for at, options in tops:
        folder = options.get("kustomize", {}).get("dir", "")
        wanted = posixpath.normpath(posixpath.join(folder, "kustomization.yaml")).lstrip("/")
        if folder and wanted not in names:
            reason = "there is no kustomization.yaml in this folder of the bundle, so kustomize is not used"
            yield _warning(file.document, (*at, "kustomize", "dir"), reason)


def warnings_of_targets(data: bytes, path: str) -> tuple[ReadWarning, ...]:
    """What Fleet ignores without a word in a targets file, which has the form of a BundleSpec.

    Raises:
        BadInput: it is no YAML; with `path` and line.
    """
    document = parse(data, path)
    found = [*_repeated(document), *_unknown(document, (), SPEC_FILE, document.value)]
    for key in sorted(document.value) if isinstance(document.value, dict) else ():
        if (SPEC_FILE.field_of(key) or _COUNTED_OF_TARGETS[0]) not in _COUNTED_OF_TARGETS:
            found.append(
                _warning(
                    document, (key,), f"is ignored: of this file {' and '.join(_COUNTED_OF_TARGETS)} count"
                )
            )
    return tuple(found)


def warned(error: BadInput, why: str = "") -> ReadWarning:
    """An error that is only a warning here, in the same words; `why` follows them."""
    return ReadWarning(f"{error.reason}{why}", error.path, error.line, error.field)


def _warning(document: Document, at: Path, reason: str) -> ReadWarning:
    return warned(document.wrong(at, reason))


def _repeated(document: Document) -> Iterator[ReadWarning]:
    for at, line in document.repeated.items():
        yield _warning(
            document, at, f"is there twice, first on line {line}; the last one counts, as in Fleet"
        )


def _unknown(document: Document, at: Path, kind: Kind, value: Any) -> Iterator[ReadWarning]:
    if isinstance(kind, ListOf) and isinstance(value, list):
        for n, item in enumerate(value):
            yield from _unknown(document, (*at, n), kind.of, item)
    elif isinstance(kind, Struct) and isinstance(value, dict):
        if kind is SELECTOR:
            yield from (_warning(document, (*at, *below), why) for below, why in senseless(value))
        seen: dict[str, str] = {}
        for key in sorted(value):
            name = kind.field_of(key)
            if name is not None:
                if (other := seen.setdefault(name, key)) != key:
                    yield _warning(document, (*at, key), f'says the same field as "{other}" in another case')
                yield from _unknown(document, (*at, key), kind.fields[name], value[key])
            elif at or kind is not FLEET_YAML or METADATA.field_of(key) != "annotations":
                yield _warning(document, (*at, key), _PASSED_OVER + _nearest(key, kind))


def _nearest(key: str, kind: Struct) -> str:
    near = get_close_matches(key.casefold(), [name.casefold() for name in kind.fields], n=1, cutoff=0.75)
    return f'; did you mean "{kind.field_of(near[0])}"?' if near else ""


def _without_effect(file: FleetYaml) -> Iterator[ReadWarning]:
    document, top = file.document, FLEET_YAML.spelled(file.document.value)
    for name, reason in _OVERWRITTEN.items():
        if top.get(name) is not None and document.value[top[name]]:
            yield _warning(document, (top[name],), reason)
    helm = file.spec.get("helm", {})
    if helm.get("valuesFiles") and not (helm.get("chart") or helm.get("repo")):
        reason = "is not merged without helm.chart or helm.repo; the files are no resources all the same"
        yield _warning(document, ("helm", "valuesFiles"), reason)
    for n, target in enumerate(file.spec.get("targets", [])):
        at = (*file.target_path(n), "helm", "disableDependencyUpdate")
        if target.get("helm", {}).get("disableDependencyUpdate"):
            yield _warning(document, at, "has no effect: it only counts at the top, in helm")
    kept = {n for n, _ in file.scans}
    for n, scan in enumerate(document.value.get(top.get("imageScans", ""), None) or []):
        if n not in kept:
            yield _warning(document, ("imageScans", n), "is ignored: it has no image")
        elif scan.get("name"):
            yield _warning(document, ("imageScans", n, "name"), "is ignored: Fleet makes the name itself")
