"""What goes into a bundle, and in which bytes (fleet.md 2.5, quirk 39)."""

import base64
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.order import Order
from fleet.bundler.domain.reading import read_tree, stored_form
from fleet.bundler.domain.resources import stored_gzip
from support.trees import CONFIG_MAP, a_tree, names_of, read, read_one

ORDER = Order(name="repo")


def test_resources_are_sorted_by_name_as_bytes() -> None:
    files = {"b.yaml": "", "B.yaml": "", "a/z.yaml": "", "a-b.yaml": "", "é.yaml": "", "a.yaml": ""}

    assert names_of(read_one(files)) == ["B.yaml", "a-b.yaml", "a.yaml", "a/z.yaml", "b.yaml", "é.yaml"]


def test_hidden_files_and_folders_are_left_out() -> None:
    files = {"a.yaml": "", ".hidden.yaml": "", ".dir/a.yaml": "", "sub/.x/a.yaml": "", "sub/b.yaml": ""}

    assert names_of(read_one(files)) == ["a.yaml", "sub/b.yaml"]


def test_what_is_no_utf8_is_encoded_and_text_is_not() -> None:
    raw = bytes(range(256)) * 600
    bundle = read_one({"a.yaml": "text: é\n", "blob.bin": raw, "empty": ""})
    found = {file.name: file for file in bundle.files}

    assert (found["a.yaml"].content, found["a.yaml"].encoding) == ("text: é\n", "")
    assert (found["empty"].content, found["empty"].encoding) == ("", "")
    assert found["blob.bin"].encoding == "base64+gz"
    assert gzip.decompress(base64.b64decode(found["blob.bin"].content)) == raw


@given(st.binary(max_size=200_000))
def test_gzip_without_compression_opens_to_the_same_bytes(data: bytes) -> None:
    assert gzip.decompress(stored_gzip(data)) == data


@pytest.mark.rule(id="12.1-37")
def test_a_link_inside_the_bundle_is_the_file_it_leads_to() -> None:
    tree = a_tree({"app/real/cm.yaml": CONFIG_MAP}, links={"app/cm.yaml": "real/../real/cm.yaml"})
    (bundle,) = read_tree(tree, Order(name="repo", paths=("app",))).bundles

    assert {file.name: file.content for file in bundle.files} == {
        "cm.yaml": CONFIG_MAP, "real/cm.yaml": CONFIG_MAP,
    }  # fmt: skip


@pytest.mark.rule(id="12.1-37")
@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("../other/x.yaml", "app/link: the link leads out of the bundle's folder app"),
        ("/etc/passwd", "app/link: the link leads to nothing, or out of the repository"),
        ("../../../etc/passwd", "app/link: the link leads to nothing, or out of the repository"),
        ("nowhere", "app/link: the link leads to nothing"),
        ("link", "app/link: the link leads to nothing"),
        ("dir", "app/link: the link leads to a folder"),
        (".", "app/link: the link leads"),
        ("module", "app/link: the link leads to a git submodule"),
    ],
)
def test_a_link_that_leads_elsewhere_is_refused(target: str, message: str) -> None:
    files = {"app/a.yaml": "", "app/dir/b.yaml": "", "other/x.yaml": "secret"}
    tree = a_tree(files, links={"app/link": target, "app/.hidden-module": "dir"}, submodules=["app/module"])

    with pytest.raises(BadInput) as failure:
        read_tree(tree, Order(name="repo", paths=("app",)))

    assert str(failure.value).startswith(message)


def test_a_submodule_in_a_bundle_is_refused_and_elsewhere_is_none_of_our_business() -> None:
    tree = a_tree({"app/a.yaml": ""}, submodules=["vendor/thing"])
    (bundle,) = read_tree(tree, Order(name="repo", paths=("app",))).bundles

    assert names_of(bundle) == ["a.yaml"]
    with pytest.raises(BadInput, match=r"^vendor/thing: git submodules are not read"):
        read_tree(tree, ORDER)


def test_a_file_name_that_is_no_utf8_is_refused() -> None:
    with pytest.raises(BadInput, match="the name of the file is not UTF-8"):
        read_one({"a.yaml": "", "\udcff.yaml": ""})


def test_an_options_file_that_is_a_link_counts() -> None:
    tree = a_tree(
        {"shared.txt": "namespace: x\n", "app/a.yaml": ""}, links={"app/fleet.yaml": "../shared.txt"}
    )
    (bundle,) = read_tree(tree, Order(name="repo", paths=("app",))).bundles

    assert bundle.spec["namespace"] == "x"
    assert names_of(bundle) == ["a.yaml"]


def test_the_stored_form_has_all_files_and_only_the_public_part_of_the_spec() -> None:
    files = {"fleet.yaml": "namespace: web\npaused: true\nhelm: {values: {a: secret}}\n", "a.yaml": "x\n"}
    found = stored_form(read_one(files))

    assert found.manifest == b'{"resources":[{"content":"x\\n","encoding":"","name":"a.yaml"}]}'
    assert found.spec == {"paused": True, "targets": [{"name": "default", "clusterGroup": "default"}]}
    assert found.options == (
        b'{"options":{"helm":{"values":{"a":"secret"}},"ignore":{},"namespace":"web"},"targets":[{"ignore":{}}]}'
    )


def test_every_file_is_encoded_where_compression_is_asked_for() -> None:
    files = read_one({"a.yaml": CONFIG_MAP, "empty": ""}, compress=True).files

    assert [file.encoding for file in files] == ["base64+gz", "base64+gz"]
    assert [gzip.decompress(base64.b64decode(file.content)).decode() for file in files] == [CONFIG_MAP, ""]


def test_nothing_is_in_a_bundle_whose_own_folder_is_hidden() -> None:
    files = {".h/fleet.yaml": "", ".h/cm.yaml": CONFIG_MAP, "a/cm.yaml": CONFIG_MAP}

    assert [names_of(bundle) for bundle in read(files, paths=(".h", "a"))] == [["cm.yaml"]]


def test_a_folder_that_is_named_like_a_values_file_is_taken_in_with_what_it_hides() -> None:
    files = {
        "fleet.yaml": "helm: {valuesFiles: [.conf]}\n",
        ".conf/a.yaml": "", ".conf/.b.yaml": "", ".conf/.fleetignore": "a.yaml\n", "cm.yaml": "",
    }  # fmt: skip

    assert names_of(read_one(files)) == [".conf/a.yaml", "cm.yaml"]


def test_values_files_are_left_out_as_they_are_written_and_by_their_last_part() -> None:
    files = {
        "fleet.yaml": "helm: {valuesFiles: [sub/v.yaml, ./w.yaml]}\n",
        "v.yaml": "", "sub/v.yaml": "", "other/v.yaml": "", "w.yaml": "", "sub/w.yaml": "",
    }  # fmt: skip

    assert names_of(read_one(files)) == ["other/v.yaml", "sub/w.yaml"]


def test_objects_of_fleet_itself_are_resources_like_any_other() -> None:
    objects = {
        "bundle.yaml": "kind: Bundle\napiVersion: fleet.cattle.io/v1alpha1\nmetadata: {name: b}\n",
        "gitrepo.yaml": "kind: GitRepo\napiVersion: fleet.cattle.io/v1alpha1\nmetadata: {name: g}\n",
    }

    assert {file.name: file.content for file in read_one(objects).files} == objects


def test_an_options_file_that_is_a_folder_is_refused() -> None:
    with pytest.raises(BadInput, match=r"^a/fleet.yaml: is a folder, and must be a file"):
        read({"a/fleet.yaml/x.yaml": ""})


def test_image_scans_stand_beside_the_bundle_under_a_name_of_the_folder() -> None:
    text = "name: own\nimageScans:\n- {}\n- {image: i, tagName: t}\n"
    (scan,) = read_one({"a/fleet.yaml": text, "a/cm.yaml": ""}, image_scans=True).scans

    assert scan.name == "imagescan-repo-a-1"
    assert scan.spec == {"tagName": "t", "image": "i", "interval": "0s", "policy": {}}
