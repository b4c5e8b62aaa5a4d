"""Documents become manifests: known kinds whose every field fits, or nothing at all."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import BaseModel, Field, ValidationError, create_model

from fleet.cli.objects.bundle import BundleSpec, HelmOpSpec
from fleet.cli.objects.clusters import ClusterGroupSpec, ClusterSpec
from fleet.cli.objects.documents import Document
from fleet.cli.objects.faults import Fault, InvalidObjects, message_of
from fleet.cli.objects.gitrepo import GitRepoSpec
from fleet.cli.objects.kinds import KINDS, Kind
from fleet.cli.objects.metadata import ObjectFrame
from fleet.cli.objects.policies import MappingFields, PolicyFields, RestrictionFields
from fleet.cli.objects.schedule import ScheduleSpec
from fleet.events import API_VERSION, spec_of
from fleet.yaml import Path, dotted

_FIELDS: Mapping[str, type[BaseModel]] = {
    "gitrepo": GitRepoSpec,
    "helmop": HelmOpSpec,
    "bundle": BundleSpec,
    "cluster": ClusterSpec,
    "clustergroup": ClusterGroupSpec,
    "policy": PolicyFields,
    "gitreporestriction": RestrictionFields,
    "bundlenamespacemapping": MappingFields,
    "schedule": ScheduleSpec,
}
_SPEC_REQUIRED = frozenset({"gitrepo"})
_DECLARED = {kind.name: kind for kind in KINDS.values() if kind.declared}


@dataclass(frozen=True, slots=True)
class Manifest:
    """A valid object of a file; `spec` has what was written, `namespace` is None where none was."""

    kind: Kind
    name: str
    namespace: str | None
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    spec: Mapping[str, Any] = field(repr=False)


def manifests(documents: Iterable[Document]) -> list[Manifest]:
    """Validate every document.

    Raises:
        InvalidObjects: one or more are invalid; it lists the faults of all of them.
    """
    found: list[Manifest] = []
    faults: list[Fault] = []
    for document in documents:
        wrong = _frame_faults(document)
        if not wrong:
            try:
                found.append(_manifest(document, _DECLARED[document.value["kind"]]))
            except ValidationError as error:
                model = schema(_DECLARED[document.value["kind"]].word)
                wrong = [_fault(document, problem, model) for problem in error.errors(include_url=False)]
        faults += wrong
    if faults:
        raise InvalidObjects(sorted(faults, key=lambda fault: (fault.source, fault.line)))
    return found


@cache
def schema(word: str) -> type[BaseModel]:
    """The model of a whole object of a kind, by the kind's word."""
    kind, fields = KINDS[word], _FIELDS[word]
    if kind.top_level:
        return create_model(kind.name, __base__=(ObjectFrame, fields))
    default = ... if word in _SPEC_REQUIRED else Field(default_factory=fields)
    made: type[BaseModel] = create_model(kind.name, __base__=ObjectFrame, spec=(fields, default))
    return made


def _manifest(document: Document, kind: Kind) -> Manifest:
    model = schema(kind.word).model_validate(document.value)
    written = model.model_dump(by_alias=True, exclude_unset=True)
    metadata = written["metadata"]
    return Manifest(
        kind=kind,
        name=metadata["name"],
        namespace=metadata.get("namespace"),
        labels=metadata.get("labels", {}),
        annotations=metadata.get("annotations", {}),
        spec=spec_of(kind.word, written),
    )


def _frame_faults(document: Document) -> list[Fault]:
    """What keeps a document from being looked at as an object of a kind at all."""
    value = document.value
    if not isinstance(value, dict):
        return [_at(document, (), "must be a Kubernetes object: a map with apiVersion, kind and metadata")]
    version, kind = value.get("apiVersion"), value.get("kind")
    if version is None or kind is None:
        missing = "apiVersion" if version is None else "kind"
        return [_at(document, (), f"{missing} is required, but not there")]
    if version != API_VERSION:
        hint = f'write apiVersion: "{API_VERSION}"' if kind in _DECLARED else _FOREIGN
        return [_at(document, ("apiVersion",), f'no kind "{kind}" in version "{version}": {hint}')]
    if kind not in _DECLARED:
        return [_at(document, ("kind",), _unknown_kind(str(kind)))]
    return []


_FOREIGN = f"only objects of {API_VERSION} are declared here"


def _unknown_kind(name: str) -> str:
    if any(kind.name == name for kind in KINDS.values()):
        return f"a {name} is computed, it cannot be declared"
    lower = {kind.lower(): kind for kind in _DECLARED}
    nearest = difflib.get_close_matches(name.lower(), lower, n=1)
    hint = f'did you mean "{lower[nearest[0]]}"?' if nearest else f"the kinds are {', '.join(_DECLARED)}"
    return f'no kind "{name}" in {API_VERSION}; {hint}'


def _fault(document: Document, problem: Mapping[str, Any], model: type[BaseModel]) -> Fault:
    path: Path = tuple(part for part in problem["loc"] if part != "[key]")
    return _at(document, path, message_of(problem, model))


def _at(document: Document, path: Path, message: str) -> Fault:
    return Fault(
        source=document.source,
        number=document.number,
        line=document.line(path),
        path=dotted(path),
        message=message,
    )
