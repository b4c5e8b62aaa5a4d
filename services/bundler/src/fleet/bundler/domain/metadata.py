"""The labels and annotations of bundles, as far as Kubernetes takes them."""

from collections.abc import Iterator, Mapping

from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.fleetyaml import FleetYaml
from fleet.bundler.domain.order import Order
from fleet.names import is_label_key, is_label_value

ANNOTATION_BYTES = 256 << 10
"""All annotations of an object together, keys included (`TotalAnnotationSizeLimitB`)."""

_KEY = "is no key that Kubernetes takes: `[prefix/]name`, the name of 1 to 63 letters, digits, -, _ and ."
_VALUE = "must be at most 63 letters, digits, -, _ and ., beginning and ending with a letter or digit"


def metadata_faults(file: FleetYaml) -> Iterator[BadInput]:
    """What Kubernetes refuses in the metadata of a Bundle, each with the place."""
    document = file.document
    for key, reason in _label_faults(file.labels):
        yield document.wrong(("labels", key), reason)
    for key in file.annotations:
        if not is_label_key(key.lower()):
            yield document.wrong(("annotations", key), _KEY)
    size = sum(len(key.encode()) + len(value.encode()) for key, value in file.annotations.items())
    if size > ANNOTATION_BYTES:
        yield document.wrong(
            ("annotations",), f"are {size} bytes together, keys included; {ANNOTATION_BYTES} at most"
        )


def check_labels(order: Order) -> None:
    """Raise BadInput where Kubernetes refuses a label that every bundle of the order gets."""
    for key, reason in _label_faults(order.labels):
        raise BadInput(f'the label "{key}", which all bundles would get, {reason}')


def _label_faults(labels: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for key, value in labels.items():
        if not is_label_key(key):
            yield key, _KEY
        elif not is_label_value(value):
            yield key, _VALUE
