"""Bundles that people declare themselves, their files standing in the object."""

from collections.abc import Mapping
from typing import Any

from fleet.bundler.domain.bundle import Bundle, check_spec
from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.model import BUNDLE_SPEC
from fleet.bundler.domain.resources import BASE64_GZIP, BundleFile
from fleet.bundler.domain.yamltext import Document

CONTENT = "contentsId"
"""The field of a declared Bundle that names its sealed files."""

OPTIONS = "valuesHash"
"""The field beside it that names its sealed options."""


def declared_bundle(name: str, labels: Mapping[str, str], spec: Mapping[str, Any]) -> Bundle:
    """The bundle that a Bundle object describes. Without targets it goes nowhere, as in Fleet.

    Raises:
        BadInput: a field has the wrong type or a value that Kubernetes would refuse, or there are no
            resources; with the field.
    """
    document = Document(dict(spec))
    found: dict[str, Any] = BUNDLE_SPEC.read(document, (), document.value, lenient=False)
    check_spec(document, found, target_path=lambda n: ("targets", n))
    resources = found.pop("resources", [])
    if not resources:
        raise BadInput("has no resources", field="spec.resources")
    files = [
        BundleFile(one.get("name", ""), one.get("content", ""), one.get("encoding", "")) for one in resources
    ]
    for n, file in enumerate(files):
        if file.encoding not in ("", BASE64_GZIP):
            raise BadInput(f'must be empty or "{BASE64_GZIP}"', field=f"spec.resources[{n}].encoding")
    return Bundle(
        name=name,
        folder="",
        labels=dict(labels),
        spec={"targets": [], **found},
        files=tuple(sorted(files, key=lambda file: file.name.encode())),
    )


def whole_spec(
    public: Mapping[str, Any], options: Mapping[str, Any], manifest: Mapping[str, Any]
) -> dict[str, Any]:
    """Fleet's BundleSpec, from the part that everybody may read and the two that are sealed.

    Raises:
        BadInput: the sealed options are those of another number of targets.
    """
    targets, sealed = public.get("targets") or [], options.get("targets") or []
    if len(targets) != len(sealed):
        raise BadInput("must be as many as the sealed options are for", field="spec.targets")
    files = [{key: text for key, text in file.items() if text} for file in manifest.get("resources") or []]
    clear = {key: value for key, value in public.items() if key not in (CONTENT, OPTIONS)}
    joined = [{**target, **own} for target, own in zip(targets, sealed, strict=True)]
    return {**clear, **(options.get("options") or {}), "targets": joined, "resources": files}
