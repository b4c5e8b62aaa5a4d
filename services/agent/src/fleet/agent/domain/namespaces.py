"""Labels and annotations of a release's namespace (options `namespaceLabels`, `namespaceAnnotations`)."""

from collections.abc import Mapping

from fleet.agent.domain.objects import Object, annotations_of, labels_of

_OWN_NAME = "kubernetes.io/metadata.name"
_POD_SECURITY = "pod-security.kubernetes.io/"


def namespace_patch(present: Object, labels: Mapping[str, str], annotations: Mapping[str, str]) -> Object:
    """The merge patch that gives a namespace exactly these, empty where nothing changes (Fleet's rule).

    A map that is empty is left alone. The namespace's own name and its pod security labels stay.
    """
    metadata: Object = {}
    if labels:
        kept = {key: value for key, value in labels_of(present).items() if _stays(key)}
        wanted = {key: value for key, value in labels.items() if not _stays(key)} | kept
        if change := _change(labels_of(present), wanted):
            metadata["labels"] = change
    if annotations and (change := _change(annotations_of(present), annotations)):
        metadata["annotations"] = change
    return {"metadata": metadata} if metadata else {}


def _stays(key: str) -> bool:
    return key == _OWN_NAME or key.startswith(_POD_SECURITY)


def _change(present: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str | None]:
    removed: dict[str, str | None] = dict.fromkeys(key for key in present if key not in wanted)
    return removed | {key: value for key, value in wanted.items() if present.get(key) != value}
