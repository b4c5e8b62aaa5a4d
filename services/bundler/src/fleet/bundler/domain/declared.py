"""Bundles that people declare themselves, their files standing in the object."""

from collections.abc import Mapping
from typing import Any

from fleet.bundler.domain.bundle import Bundle
from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.model import BUNDLE_SPEC
from fleet.bundler.domain.resources import BASE64_GZIP, BundleFile
from fleet.bundler.domain.yamltext import Document


def declared_bundle(name: str, labels: Mapping[str, str], spec: Mapping[str, Any]) -> Bundle:
    """The bundle that a Bundle object describes. Without targets it goes nowhere, as in Fleet.

    Raises:
        BadInput: a field has the wrong type, or there are no resources; with the field.
    """
    document = Document(dict(spec))
    found: dict[str, Any] = BUNDLE_SPEC.read(document, (), document.value, lenient=False)
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
