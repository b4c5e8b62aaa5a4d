"""Bundles as `fleet apply -o` prints them: objects that kubectl accepts, values and files inline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from fleet.bundler.domain.declared import whole_spec
from fleet.bundler.domain.reading import ReadBundle
from fleet.events import API_VERSION
from fleet.yaml import write_all


def printed(bundles: Iterable[ReadBundle], namespace: str) -> str:
    """A YAML stream of the bundles, in the order in which they were found."""
    return write_all(bundle_object(bundle, namespace) for bundle in bundles)


def bundle_object(bundle: ReadBundle, namespace: str) -> dict[str, Any]:
    """The Bundle object; labels stand there only where there are any, as in Fleet."""
    labels: Mapping[str, str] = bundle.labels
    return {
        "apiVersion": API_VERSION,
        "kind": "Bundle",
        "metadata": {"name": bundle.name, "namespace": namespace, **({"labels": labels} if labels else {})},
        "spec": spec_of(bundle),
    }


def spec_of(bundle: ReadBundle) -> dict[str, Any]:
    """Fleet's BundleSpec, put together from the parts that are stored apart."""
    return whole_spec(bundle.spec, orjson.loads(bundle.options), orjson.loads(bundle.manifest))
