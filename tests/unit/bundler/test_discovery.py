"""Which folders become bundles, under which names (fleet.md 2.3, 2.6 and 12.1; scenarios B01 to B05)."""

import pytest

from fleet.bundler.domain.discovery import given, scan
from fleet.bundler.domain.errors import BadInput
from support.trees import CONFIG_MAP, a_tree, names_of, read, read_one

NESTED = {
    "nested/deploymentA/fleet.yaml": "namespace: deploymenta\n",
    "nested/deploymentA/deployment.yaml": CONFIG_MAP,
    "nested/deploymentB/svc.yaml": CONFIG_MAP,
    "nested/deploymentC/fleet.yaml": "namespace: deploymentc\n",
    "nested/deploymentC/cm.yaml": CONFIG_MAP,
    "nested/deploymentD/deployment.yaml": CONFIG_MAP,
}


@pytest.mark.rule(id="12.1-01")
def test_b01_a_folder_of_yaml_is_one_bundle_of_all_its_files() -> None:
    bundle = read_one(
        {"simple/svc.yaml": CONFIG_MAP, "simple/deployment.yaml": CONFIG_MAP}, paths=("simple",)
    )

    assert bundle.name == "repo-simple"
    assert names_of(bundle) == ["deployment.yaml", "svc.yaml"]
    assert not bundle.spec.get("keepResources", False)


@pytest.mark.rule(id="12.1-02")
def test_b02_a_name_in_fleet_yaml_is_used_as_it_is_and_the_file_is_no_resource() -> None:
    files = {"svc.yaml": CONFIG_MAP, "deployment.yaml": CONFIG_MAP, "fleet.yaml": "name: my-great-bundle\n"}
    bundle = read_one(files)

    assert bundle.name == "my-great-bundle"
    assert names_of(bundle) == ["deployment.yaml", "svc.yaml"]


@pytest.mark.rule(id="12.1-05")
def test_b03_folders_with_fleet_yaml_are_a_bundle_each_and_an_empty_root_is_none() -> None:
    files = {
        "a/fleet.yaml": "", "a/svc/svc.yaml": CONFIG_MAP,
        "b/fleet.yaml": "", "b/svc/nested/svc.yaml": CONFIG_MAP,
        "c/fleet.yaml": "", "c/deployment.yaml": CONFIG_MAP,
    }  # fmt: skip
    found = {bundle.name: names_of(bundle) for bundle in read(files)}

    assert found == {
        "repo-a": ["svc/svc.yaml"], "repo-b": ["svc/nested/svc.yaml"], "repo-c": ["deployment.yaml"],
    }  # fmt: skip


@pytest.mark.rule(id="12.1-06")
def test_b04_a_root_with_loose_yaml_has_the_files_of_nested_bundles_too() -> None:
    root, one, other = read(NESTED)

    assert names_of(root) == sorted(NESTED)
    assert len(root.files) == 6
    assert [names_of(one), names_of(other)] == [["deployment.yaml"], ["cm.yaml"]]
    assert [one.spec["namespace"], other.spec["namespace"]] == ["deploymenta", "deploymentc"]


@pytest.mark.rule(id="12.1-09")
def test_b05_values_files_are_options_and_no_resources() -> None:
    files = {
        "fleet.yaml": "helm:\n  chart: config-chart\n  valuesFiles: [config-chart/values.yaml]\n",
        "config-chart/Chart.yaml": "name: config-chart\nversion: 0.1.0\n",
        "config-chart/values.yaml": "name: from-file\n",
        "config-chart/templates/configmap.yaml": CONFIG_MAP,
    }
    bundle = read_one(files)

    assert names_of(bundle) == ["config-chart/Chart.yaml", "config-chart/templates/configmap.yaml"]
    assert bundle.spec["helm"] == {"chart": "config-chart", "values": {"name": "from-file"}}


@pytest.mark.rule(id="12.1-10")
def test_b05_the_same_beside_the_chart() -> None:
    files = {
        "fleet.yaml": "helm:\n  chart: .\n  valuesFiles: [values.yaml]\n",
        "Chart.yaml": "name: config-chart\nversion: 0.1.0\n",
        "values.yaml": "name: from-file\n",
        "templates/configmap.yaml": CONFIG_MAP,
    }

    assert names_of(read_one(files)) == ["Chart.yaml", "templates/configmap.yaml"]


def test_a_readme_is_a_resource_but_makes_no_bundle() -> None:
    files = {"README.md": "hello", "simple/svc.yaml": CONFIG_MAP}

    assert names_of(read_one(files)) == ["README.md", "simple/svc.yaml"]
    with pytest.raises(BadInput, match=r"no resource found at the following paths to deploy: \[\.\]"):
        read({"README.md": "hello"})


def test_quirk_34_a_fleet_yml_is_read_as_options_and_stays_a_resource() -> None:
    bundle = read_one({"a/fleet.yml": "namespace: x\n"})

    assert bundle.spec["namespace"] == "x"
    assert names_of(bundle) == ["fleet.yml"]
    with pytest.raises(BadInput, match="no resource found"):
        read({"a/fleet.yaml": "namespace: x\n"})


def test_a_fleet_yaml_counts_before_a_fleet_yml() -> None:
    bundle = read_one({"fleet.yaml": "namespace: x\n", "fleet.yml": "namespace: y\n", "a.yaml": ""})

    assert bundle.spec["namespace"] == "x"


@pytest.mark.parametrize(
    ("paths", "folders"),
    [
        ((), ["", "apps/a", "apps/b/deep", "charts/x"]),
        ((".",), ["", "apps/a", "apps/b/deep", "charts/x"]),
        (("/", ""), []),
        (("apps",), ["apps", "apps/a", "apps/b/deep"]),
        (("/apps/",), ["apps", "apps/a", "apps/b/deep"]),
        (("apps/*",), ["apps/a", "apps/b/deep", "apps/c"]),
        (("apps/[ab]",), ["apps/a", "apps/b/deep"]),
        (("*/c",), ["apps/c"]),
        (("apps/c", "apps"), ["apps/c", "apps", "apps/a", "apps/b/deep"]),
        (("apps/a", "./apps/a/", "apps/a"), ["apps/a", "apps/a", "apps/a"]),
        (("./ap*/../apps/a",), []),
        (("apps/*/",), []),
        (("missing/..", "missing/../apps/a"), []),
        (("docs/../apps/a",), ["apps/a"]),
        (("apps/*/deep/.",), []),
        (("apps/**",), ["apps/a", "apps/b/deep", "apps/c"]),
        (("nowhere", "../apps", "apps/../.."), []),
        (("apps/c/x.yaml",), []),
    ],
)
def test_paths_are_expanded_and_walked_as_in_fleet(paths: tuple[str, ...], folders: list[str]) -> None:
    tree = a_tree({
        "apps/a/fleet.yaml": "", "apps/a/x.yaml": "",
        "apps/b/deep/fleet.yaml": "", "apps/b/deep/x.yaml": "",
        "apps/c/x.yaml": "",
        "charts/x/fleet.yaml": "",
        "docs/README.md": "",
    })  # fmt: skip

    assert [place.folder for place in scan(tree, paths)] == folders


def test_a_broken_pattern_is_an_error() -> None:
    with pytest.raises(BadInput, match=r'the path "apps/\[" is not a valid pattern'):
        scan(a_tree({"apps/a.yaml": ""}), ["apps/["])


def test_hidden_folders_can_be_bundles_and_git_is_not_looked_into() -> None:
    tree = a_tree({".hidden/fleet.yaml": "", ".git/fleet.yaml": "", "a/.git/fleet.yaml": "", "a/b.txt": ""})

    assert [place.folder for place in scan(tree, ["."])] == [".hidden"]


def test_a_name_is_made_of_the_repository_and_the_path() -> None:
    files = {"Team A/app_1/fleet.yaml": "", "Team A/app_1/x.yaml": ""}

    assert read_one(files).name == "repo-team-a-app-1-" + read_one(files).name[-8:]
    assert read_one({"x.yaml": ""}, name="my-repo").name == "my-repo"


def test_two_folders_cannot_make_one_bundle() -> None:
    files = {"a/fleet.yaml": "name: x\n", "a/c.yaml": "", "b/fleet.yaml": "name: x\n", "b/c.yaml": ""}

    with pytest.raises(BadInput, match=r'^b: the bundle name "x" is already that of the folder a'):
        read(files)


def test_a_driven_scan_takes_the_given_folders_with_the_given_options() -> None:
    files = {
        "k/base/kustomization.yaml": "", "k/dev.yaml": "kustomize: {dir: overlays/dev}\n",
        "k/prod.yaml": "kustomize: {dir: overlays/prod}\n", "s/a.yaml": "", "s/sub/fleet.yaml": "",
    }  # fmt: skip
    found = read(files, bundles=(("s", ""), ("k", "dev.yaml"), ("k", "prod.yaml")))

    assert [bundle.name for bundle in found] == ["repo-s", "repo-k-dev", "repo-k-prod"]
    assert names_of(found[0]) == ["a.yaml", "sub/fleet.yaml"]
    assert names_of(found[1]) == ["base/kustomization.yaml", "prod.yaml"]
    assert found[2].spec["kustomize"] == {"dir": "overlays/prod"}


@pytest.mark.parametrize(
    ("bundles", "message"),
    [
        ([("nowhere", "")], "nowhere: no such folder"),
        ([("a", "x.yaml")], "a/x.yaml: no such file"),
        ([("..", "")], r"\.\.: no such folder"),
        ([("*", "")], r"\*: no such folder"),
    ],
)
def test_a_driven_scan_names_what_is_missing(bundles: list[tuple[str, str]], message: str) -> None:
    with pytest.raises(BadInput, match=f"^{message}"):
        given(a_tree({"a/b.yaml": ""}), bundles)
