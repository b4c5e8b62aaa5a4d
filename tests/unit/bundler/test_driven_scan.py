"""The user-driven scan and options files of other names (fleet.md 2.4, quirks 31 and 40; B06 to B08)."""

import pytest

from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.order import Order, driven_bundle
from fleet.bundler.domain.reading import read_tree
from support.trees import CONFIG_MAP, a_tree, names_of, read

DRIVEN = {
    "driven/helm/Chart.yaml": "apiVersion: v2\nname: config-chart\nversion: 0.1.0\n",
    "driven/helm/templates/configmap.yaml": CONFIG_MAP,
    "driven/helm/values.yaml": "name: x\n",
    "driven/helm/fleet.yaml": "helm: {releaseName: config-chart, chart: ''}\n",
    "driven/simple/svc.yaml": CONFIG_MAP,
    "driven/simple/deployment.yaml": CONFIG_MAP,
    "driven/kustomize/base/kustomization.yaml": "resources: [secret.yaml]\n",
    "driven/kustomize/base/secret.yaml": CONFIG_MAP,
    "driven/kustomize/overlays/dev/kustomization.yaml": "resources: [../../base]\n",
    "driven/kustomize/overlays/dev/extra.yaml": CONFIG_MAP,
    "driven/kustomize/overlays/prod/kustomization.yaml": "resources: [../../base]\n",
    "driven/kustomize/overlays/prod/secret.yaml": CONFIG_MAP,
    "driven/kustomize/dev.yaml": "namespace: kustomize-dev\nkustomize: {dir: overlays/dev}\n",
    "driven/kustomize/prod.yaml": "namespace: kustomize-prod\nkustomize: {dir: overlays/prod}\n",
}


@pytest.mark.rule(id="12.1-11")
def test_b06_each_entry_is_a_bundle_of_its_own_kind() -> None:
    entries = (
        ("driven/helm", ""), ("driven/simple", ""), ("driven/kustomize", "dev.yaml"),
        ("driven/kustomize", "prod.yaml"),
    )  # fmt: skip
    helm, simple, dev, prod = read(DRIVEN, name="assets", bundles=entries)

    assert [one.name for one in (helm, simple, dev, prod)] == [
        "assets-driven-helm", "assets-driven-simple", "assets-driven-kustomize-dev",
        "assets-driven-kustomize-prod",
    ]  # fmt: skip
    assert (len(helm.files), helm.spec["helm"]["releaseName"]) == (3, "config-chart")
    assert names_of(simple) == ["deployment.yaml", "svc.yaml"]
    assert [one.spec["kustomize"]["dir"] for one in (dev, prod)] == ["overlays/dev", "overlays/prod"]
    assert "prod.yaml" in names_of(dev)
    assert "dev.yaml" not in names_of(dev)


@pytest.mark.rule(id="12.1-12")
def test_b07_an_options_file_in_camel_case_adds_a_hash_to_the_name() -> None:
    files = {"driven2/kustomize/fleetDev.yaml": "", "driven2/kustomize/fleetProd.yaml": "", **DRIVEN}
    entries = (("driven2/kustomize", "fleetDev.yaml"), ("driven2/kustomize", "fleetProd.yaml"))

    assert [one.name for one in read(files, name="assets", bundles=entries)] == [
        "assets-driven2-kustomize-fleetdev-2946f474",
        "assets-driven2-kustomize-fleetprod-99f597b0",
    ]


SUBFOLDER = {
    "driven_fleet_yaml_subfolder/helm/test/fleet.yaml": "helm: {releaseName: config-chart}\n",
}


@pytest.mark.rule(id="12.1-13")
def test_b08_an_options_file_below_the_base_counts_only_where_it_is_given() -> None:
    (bundle,) = read(SUBFOLDER, name="assets", bundles=(("driven_fleet_yaml_subfolder/helm", ""),))

    assert bundle.name == "assets-driven-fleet-yaml-subfolder-helm-f49dc35c"
    assert names_of(bundle) == ["test/fleet.yaml"]
    assert "helm" not in bundle.spec


@pytest.mark.rule(id="12.1-14")
def test_b08_an_options_file_below_the_base_is_read_where_it_is_given() -> None:
    below = "driven_fleet_yaml_subfolder/helm"
    chart = {"Chart.yaml": "apiVersion: v2\nname: c\nversion: 0.1.0\n", "templates/cm.yaml": CONFIG_MAP}
    files = {**SUBFOLDER, **{f"{below}/{path}": text for path, text in chart.items()}}
    (bundle,) = read(files, name="assets", bundles=((below, "test/fleet.yaml"),))

    assert names_of(bundle) == ["Chart.yaml", "templates/cm.yaml"]
    assert bundle.spec["helm"] == {"releaseName": "config-chart"}


def test_quirk_40_a_name_that_is_spelled_in_another_way_keeps_the_options_file_as_a_resource() -> None:
    (bundle,) = read({"a/dev.yaml": "namespace: x\n", "a/cm.yaml": ""}, bundles=(("a", "./dev.yaml"),))

    assert bundle.name == "repo-a-dev"
    assert names_of(bundle) == ["cm.yaml", "dev.yaml"]
    assert bundle.spec["namespace"] == "x"


def test_a_fleet_yml_that_is_given_is_no_resource() -> None:
    (bundle,) = read({"a/fleet.yml": "namespace: x\n", "a/cm.yaml": ""}, bundles=(("a", "fleet.yml"),))

    assert names_of(bundle) == ["cm.yaml"]


def test_an_options_file_above_the_base_names_the_bundle_after_its_own_place() -> None:
    files = {"a/b/cm.yaml": "", "a/dev.yaml": "namespace: x\n"}

    assert read(files, bundles=(("a/b", "../dev.yaml"),))[0].name == "repo-a-dev"
    assert read(files, bundles=(("a/b/", ""),))[0].name == "repo-a-b"


def test_an_options_file_for_every_folder_must_be_in_every_one_and_stands_in_the_names() -> None:
    files = {"a/fleet.yaml": "", "a/prod.yaml": "namespace: x\n", "a/cm.yaml": "", "prod.yaml": ""}
    root, nested = read(files, options_file="prod.yaml", paths=(".",))

    assert [root.name, nested.name] == ["repo-prod", "repo-a-prod"]
    assert nested.spec["namespace"] == "x"
    assert names_of(nested) == ["cm.yaml"]
    with pytest.raises(BadInput, match=r'^a/other.yaml: no such file "other.yaml" \(looked in a\)'):
        read(files, options_file="other.yaml", paths=("a",))


@pytest.mark.parametrize("base", ["/driven/simple", "../x", "nowhere"])
def test_a_base_that_is_no_folder_of_the_repository_is_refused(base: str) -> None:
    with pytest.raises(BadInput, match="no such folder"):
        read(DRIVEN, bundles=((base, ""),))


@pytest.mark.parametrize(
    ("argument", "separator", "parts"),
    [
        ("a/b", ":", ("a/b", "")),
        ("a:b.yaml", ":", ("a", "b.yaml")),
        ("a:b,c.yaml", ",", ("a:b", "c.yaml")),
        ("a:", ":", ("a", "")),
    ],
)
def test_an_argument_of_the_command_is_split_once(
    argument: str, separator: str, parts: tuple[str, str]
) -> None:
    assert driven_bundle(argument, separator) == parts


def test_an_argument_with_two_separators_is_refused() -> None:
    with pytest.raises(BadInput, match=r'invalid bundle path: "a:b:c" .*--driven-scan-sep'):
        driven_bundle("a:b:c", ":")


def test_duplicates_are_read_once_for_a_gitrepo_and_printed_as_often_as_they_are_found() -> None:
    files = {"a/cm.yaml": CONFIG_MAP, "b/cm.yaml": CONFIG_MAP, "b/fleet.yaml": "name: same\n"}

    assert len(read(files, paths=("a", "./a", "a"))) == 1
    assert len(read(files, paths=("a", "./a", "a"), offline=True)) == 3
    files["a/fleet.yaml"] = "name: same\n"
    assert [one.name for one in read(files, paths=("a", "b"), offline=True)] == ["same", "same"]


def test_a_link_on_the_way_to_a_folder_is_followed_and_a_folder_that_is_one_is_empty() -> None:
    tree = a_tree({"real/sub/cm.yaml": CONFIG_MAP}, links={"link": "real", "end": "real/sub"})

    (bundle,) = read_tree(tree, Order(name="r", paths=("link/sub",))).bundles
    assert (bundle.name, names_of(bundle)) == ("r-link-sub", ["cm.yaml"])
    for order in (Order(name="r", paths=("end",)), Order(name="r", bundles=(("end", ""),))):
        with pytest.raises(BadInput, match=r"no resource found at the following paths to deploy: \[end\]"):
            read_tree(tree, order)
