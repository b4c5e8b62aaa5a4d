"""Labels and annotations that Kubernetes would refuse in a Bundle are refused, with their line."""

import pytest

from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.order import Order
from fleet.bundler.domain.reading import read_tree
from support.trees import CONFIG_MAP, a_tree

KEY = "is no key that Kubernetes takes: `[prefix/]name`, the name of 1 to 63 letters, digits, -, _ and ."
VALUE = "must be at most 63 letters, digits, -, _ and ., beginning and ending with a letter or digit"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("labels:\n  a: b\n  a b: c\n", f"x/fleet.yaml:3: labels.a b: {KEY}"),
        ("labels:\n  Up/a: b\n", f"x/fleet.yaml:2: labels.Up/a: {KEY}"),
        ("labels:\n  a/: b\n", f"x/fleet.yaml:2: labels.a/: {KEY}"),
        (f"labels:\n  {'k' * 64}: b\n", f"x/fleet.yaml:2: labels.{'k' * 64}: {KEY}"),
        ("labels:\n  a: -b\n", f"x/fleet.yaml:2: labels.a: {VALUE}"),
        (f"labels:\n  a: {'v' * 64}\n", f"x/fleet.yaml:2: labels.a: {VALUE}"),
        ("annotations:\n  a b: c\n", f"x/fleet.yaml:2: annotations.a b: {KEY}"),
        (
            f"annotations:\n  a: {'x' * (256 << 10)}\n",
            "x/fleet.yaml:1: annotations: are 262145 bytes together, keys included; 262144 at most",
        ),
    ],
    ids=range(8),
)
def test_metadata_that_kubernetes_refuses_is_told_with_its_place(text: str, message: str) -> None:
    tree = a_tree({"x/fleet.yaml": text, "x/cm.yaml": CONFIG_MAP})
    with pytest.raises(BadInput) as refused:
        read_tree(tree, Order(name="repo"))
    assert str(refused.value) == message


def test_metadata_that_kubernetes_takes_is_taken() -> None:
    text = (
        f"labels: {{a: '', a.b-c/D_e.f: G.h_I-j, {'k' * 63}: {'v' * 63}}}\n"
        f"annotations: {{Any.Case/Key: 'any value', b: {'x' * 200_000}}}\n"
    )
    (bundle,) = read_tree(a_tree({"x/fleet.yaml": text, "x/cm.yaml": CONFIG_MAP}), Order(name="repo")).bundles

    assert len(bundle.labels) == 3
    assert len(bundle.annotations) == 2


def test_what_is_only_printed_is_printed_with_a_warning() -> None:
    tree = a_tree({"x/fleet.yaml": "labels:\n  a b: c\n", "x/cm.yaml": CONFIG_MAP})
    found = read_tree(tree, Order(name="repo", offline=True))

    assert found.bundles[0].labels == {"a b": "c"}
    later = "; it is printed all the same, and refused where it is stored"
    assert [str(one) for one in found.warnings] == [f"x/fleet.yaml:2: labels.a b: {KEY}{later}"]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"a b": "c"}, f'the label "a b", which all bundles would get, {KEY}'),
        (
            {"fleet.cattle.io/repo-name": "n" * 64},
            f'the label "fleet.cattle.io/repo-name", which all bundles would get, {VALUE}',
        ),
    ],
    ids=range(2),
)
def test_labels_that_all_bundles_would_get_are_refused_where_they_are_stored(
    labels: dict[str, str], message: str
) -> None:
    tree = a_tree({"x/cm.yaml": CONFIG_MAP})
    with pytest.raises(BadInput) as refused:
        read_tree(tree, Order(name="repo", labels=labels))
    assert str(refused.value) == message

    (printed,) = read_tree(tree, Order(name="repo", labels=labels, offline=True)).bundles
    assert printed.labels == labels
