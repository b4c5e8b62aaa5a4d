"""Bundles as `fleet apply -o` prints them: objects that kubectl accepts, values and files inline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from fleet.bundler.domain.declared import whole_spec
from fleet.bundler.domain.model import PRINTED
from fleet.bundler.domain.reading import ReadBundle
from fleet.names import API_VERSION
from fleet.yaml import write_all

_KUBECTL = "kubectl.kubernetes.io/"
"""What kubectl notes for itself, which Fleet prints no labels and annotations of."""


def printed(bundles: Iterable[ReadBundle], namespace: str) -> str:
    """A YAML stream of the bundles in the order in which they were found, each with its image scans."""
    return write_all(one for bundle in bundles for one in objects_of(bundle, namespace))


def objects_of(bundle: ReadBundle, namespace: str) -> Iterator[dict[str, Any]]:
    """The Bundle object, and the ImageScan objects, which have no namespace (quirk 42)."""
    where = {"namespace": namespace} if namespace else {}
    yield _object("Bundle", spec_of(bundle), name=bundle.name, **where, **_marks(bundle))
    for scan in bundle.scans:
        yield _object("ImageScan", scan["spec"], name=scan["name"])


def _object(kind: str, spec: Mapping[str, Any], **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}


def _marks(bundle: ReadBundle) -> dict[str, dict[str, str]]:
    """Labels and annotations, where there are any."""
    marks = {"labels": bundle.labels, "annotations": bundle.annotations}
    kept = {
        name: {key: word for key, word in words.items() if not key.startswith(_KUBECTL)}
        for name, words in marks.items()
    }
    return {name: words for name, words in kept.items() if words}


def spec_of(bundle: ReadBundle) -> dict[str, Any]:
    """Fleet's BundleSpec, put together from the parts that are stored apart."""
    whole = whole_spec(bundle.spec, orjson.loads(bundle.options), orjson.loads(bundle.manifest))
    return whole | {name: bundle.spec[name] for name in PRINTED if name in bundle.spec}
