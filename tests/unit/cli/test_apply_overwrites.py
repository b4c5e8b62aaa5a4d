"""Which objects a new bundle takes over from one that goes away (B14)."""

import base64
import gzip

import pytest

from fleet.cli.folders.overwrites import overwrites

SHOP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: shop\n  namespace: web\n"
TAKEN = [{"kind": "ConfigMap", "name": "shop", "namespace": "web"}]


def file(content, name="shop.yaml", **more):
    return {"name": name, "content": content, **more}


def test_the_same_object_in_a_file_of_the_same_name_is_taken_over_once():
    assert overwrites([file(SHOP)], [[file(SHOP + "data: {a: b}\n")], [file(SHOP)]]) == TAKEN


def test_a_compressed_file_counts_as_well():
    packed = base64.b64encode(gzip.compress(SHOP.encode())).decode()
    assert overwrites([file(SHOP)], [[file(packed, encoding="base64+gz")]]) == TAKEN


@pytest.mark.rule(id="12.1-46")
def test_templates_are_compared_as_one_word():
    templated = SHOP.replace("name: shop", "name: {{ .Values.name }}")
    assert overwrites([file(templated)], [[file(templated)]])[0]["name"] == "TEMPLATED"


@pytest.mark.parametrize(
    "other",
    [
        file(SHOP, name="other.yaml"),
        file(SHOP.replace("ConfigMap", "Secret")),
        file(SHOP.replace("name: shop", "name: other")),
        file(SHOP.replace("namespace: web", "namespace: other")),
        file("a: [b"),
        file("just a text"),
        file("bm8gZ3ppcA==", encoding="base64+gz"),
        file(SHOP.replace("kind: ConfigMap\n", "")),
    ],
)
def test_what_differs_or_is_no_object_is_not(other):
    assert overwrites([file(SHOP)], [[other]]) == []
    assert overwrites([other], [[file(SHOP)]]) == []
