"""Options, targets and what a GitRepo overrides (fleet.md 2.2 and 2.7; scenarios B10 and B11)."""

from typing import Any

import pytest

from fleet.bundler.domain.bundle import Bundle
from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.order import Order, order_for, read_targets_file
from support.trees import names_of, read_one

DEFAULT = {"name": "default", "clusterGroup": "default"}
FILE_TARGET = {"name": "target1", "clusterGroup": "test1"}
OVERRIDE = "overrideTargets:\n- clusterName: overridden\n"


def bundle(fleet_yaml: str, **order: Any) -> Bundle:
    return read_one({"fleet.yaml": fleet_yaml, "cm.yaml": ""}, **order)


def wrong(fleet_yaml: str, **files: str) -> str:
    with pytest.raises(BadInput) as failure:
        read_one({"fleet.yaml": fleet_yaml, "cm.yaml": "", **files})
    return str(failure.value)


@pytest.mark.rule(id="12.1-26")
def test_b10_without_any_targets_there_is_the_default_one_and_no_restriction() -> None:
    found = bundle("").public_spec()

    assert found == {"targets": [DEFAULT]}


@pytest.mark.rule(id="12.1-27")
@pytest.mark.rule(id="12.1-29")
@pytest.mark.parametrize("targets", [None, (FILE_TARGET,)], ids=["no targets file", "a targets file"])
def test_b10_override_targets_replace_those_of_the_gitrepo(
    targets: tuple[dict[str, Any], ...] | None,
) -> None:
    found = bundle(OVERRIDE, targets=targets, restrictions=targets or ()).public_spec()

    assert found["targets"] == found["targetRestrictions"] == [{"clusterName": "overridden"}]


@pytest.mark.rule(id="12.1-28")
def test_b11_targets_of_the_gitrepo_are_targets_and_restrictions() -> None:
    found = bundle("", targets=(FILE_TARGET,), restrictions=(FILE_TARGET,)).public_spec()

    assert found["targets"] == found["targetRestrictions"] == [FILE_TARGET]


def test_an_empty_override_leaves_only_the_default_target() -> None:
    assert bundle("overrideTargets: []\n", targets=(FILE_TARGET,)).public_spec() == {"targets": [DEFAULT]}


def test_targets_come_in_fleets_order_and_the_files_own_get_names() -> None:
    found = bundle(
        "targetCustomizations: [{clusterName: b}, {name: named, doNotDeploy: true}]\n"
        "targets: [{clusterName: a}]\n",
        targets=({"clusterGroup": "all"},),
        restrictions=({"clusterGroup": "all"},),
    ).public_spec()

    assert found["targets"] == [
        {"name": "target000", "clusterName": "a"},
        {"name": "target001", "clusterName": "b"},
        {"name": "named", "doNotDeploy": True},
        {"clusterGroup": "all"},
    ]
    assert found["targetRestrictions"] == [{"clusterGroup": "all"}]


@pytest.mark.rule(id="12.1-49")
def test_options_of_targets_stand_in_the_order_of_the_targets() -> None:
    found = bundle(
        "helm: {values: {a: 1}}\ntargetCustomizations: [{name: dev, helm: {values: {a: 2}}}, {name: prod}]\n",
        targets=(FILE_TARGET,),
    ).options()

    assert found == {
        "options": {"helm": {"values": {"a": 1}}, "ignore": {}},
        "targets": [{"helm": {"values": {"a": 2}}, "ignore": {}}, {"ignore": {}}, {"ignore": {}}],
    }


@pytest.mark.rule(id="12.1-49")
def test_no_options_stand_in_the_public_spec() -> None:
    found = bundle(
        "namespace: web\nserviceAccount: s\nhelm: {values: {a: secret}}\nnamespaceLabels: {a: secret}\n"
        "targetCustomizations: [{name: x, helm: {values: {a: secret}}, namespaceLabels: {b: secret}}]\n"
        "rolloutStrategy: {maxUnavailable: 1}\ntargetCustomizationMode: AllMatches\ndependsOn: [{name: a}]\n"
    )

    assert found.public_spec() == {
        "targetCustomizationMode": "AllMatches",
        "rolloutStrategy": {"maxUnavailable": 1},
        "dependsOn": [{"name": "a"}],
        "targets": [{"name": "x"}],
    }
    assert found.options()["targets"][0]["namespaceLabels"] == {"b": "secret"}


def test_a_target_namespace_is_forced_on_root_and_on_every_target() -> None:
    found = bundle(
        "namespace: own\ntargetCustomizations: [{name: a, namespace: b}]\n", target_namespace="forced"
    )

    assert found.options()["options"]["namespace"] == "forced"
    assert [target["namespace"] for target in found.options()["targets"]] == ["forced"]


@pytest.mark.parametrize("given", [True, False])
def test_switches_of_the_gitrepo_only_ever_turn_on(given: bool) -> None:
    text = "paused: true\nkeepResources: true\ndeleteNamespace: true\n"
    switches = {"paused": given, "keep_resources": given, "delete_namespace": given}

    for found in (bundle(text, **switches), bundle("", **switches)):
        expected = True if given or found.spec.get("paused") else None
        assert [found.spec.get(name) for name in ("paused", "keepResources", "deleteNamespace")] == [
            expected
        ] * 3


def test_the_forced_generation_is_always_the_gitrepos() -> None:
    assert "forceSyncGeneration" not in bundle("forceSyncGeneration: 5\n").spec
    assert bundle("forceSyncGeneration: 5\n", force_sync_generation=7).spec["forceSyncGeneration"] == 7


def test_drift_correction_of_the_gitrepo_replaces_that_of_the_file() -> None:
    text = "correctDrift: {enabled: true, keepFailHistory: true}\n"

    assert bundle(text).spec["correctDrift"] == {"enabled": True, "keepFailHistory": True}
    assert bundle(text, correct_drift={"enabled": True}).spec["correctDrift"] == {"enabled": True}


def test_labels_of_the_file_win_over_those_of_the_gitrepo() -> None:
    found = bundle("labels: {a: file, b: file}\n", labels={"a": "repo", "c": "repo"})

    assert found.labels == {"a": "file", "b": "file", "c": "repo"}


def test_targets_inherit_the_chart_of_the_root() -> None:
    files = {
        "fleet.yaml": "helm: {chart: one, version: 1.0.0}\n"
        "targetCustomizations: [{name: a, helm: {chart: two}}, {name: b, helm: {}}, {name: c}]\n",
        "one/Chart.yaml": "name: one\nversion: 1.0.0\n",
        "two/Chart.yaml": "name: two\nversion: 1.0.0\n",
    }
    options = read_one(files).options()["targets"]

    assert [one.get("helm") for one in options] == [
        {"chart": "two", "version": "1.0.0"}, {"chart": "one", "version": "1.0.0"}, None,
    ]  # fmt: skip


@pytest.mark.rule(id="12.1-35")
def test_values_files_are_merged_deeply_over_values_and_the_later_wins() -> None:
    files = {
        "app/fleet.yaml": "helm:\n  chart: .\n  values: {a: {x: 0, u: 0}, l: [1]}\n"
        "  valuesFiles: [v1.yaml, ../v2.yaml]\n"
        "targetCustomizations: [{name: t, helm: {valuesFiles: [v1.yaml]}}]\n",
        "app/Chart.yaml": "name: app\nversion: 1.0.0\n",
        "app/v1.yaml": "a: {x: 1, z: 1}\nl: [2]\n",
        "v2.yaml": "a: {z: 2}\nm: ~\n",
    }
    found = read_one(files, paths=("app",))

    assert found.spec["helm"] == {
        "chart": ".",
        "values": {"a": {"x": 1, "u": 0, "z": 2}, "l": [2], "m": None},
    }
    assert found.options()["targets"][0]["helm"] == {
        "chart": ".",
        "values": {"a": {"x": 1, "z": 1}, "l": [2]},
    }
    assert names_of(found) == ["Chart.yaml"]


def test_quirk_41_values_files_at_the_root_need_a_chart_and_are_no_resources_anyway() -> None:
    found = read_one({"fleet.yaml": "helm: {valuesFiles: [v.yaml]}\n", "v.yaml": "a: 1\n", "cm.yaml": ""})

    assert found.spec["helm"] == {"valuesFiles": ["v.yaml"]}
    assert names_of(found) == ["cm.yaml"]


@pytest.mark.parametrize(
    ("fleet_yaml", "message"),
    [
        ("helm:\n  chart: nowhere\n", "fleet.yaml:2: helm.chart: no such folder (looked in the top folder)"),
        ("helm:\n  chart: https://x/y.tgz\n", "fleet.yaml:2: helm.chart: the chart could not be fetched"),
        ("helm:\n  chart: ../../x\n", "fleet.yaml:2: helm.chart: no such folder"),
        ("helm:\n  chart: x\n  repo: https://x\n", "fleet.yaml:3: helm.repo: the chart could not be fetched"),
        (
            "targetCustomizations:\n- name: a\n  helm:\n    repo: https://x\n",
            "fleet.yaml:4: targetCustomizations[0].helm.repo: the chart could not be fetched",
        ),
        (
            "targetCustomizations:\n- name: a\n  helm:\n    valuesFiles:\n    - x.yaml\n",
            'fleet.yaml:5: targetCustomizations[0].helm.valuesFiles[0]: no such file "x.yaml"',
        ),
        (
            "helm:\n  chart: .\n  valuesFiles: [../../etc/passwd]\n",
            "fleet.yaml:3: helm.valuesFiles[0]: no such",
        ),
        ("helm:\n  chart: .\n  valuesFiles: [bad.yaml]\n", "bad.yaml:2: is not valid YAML"),
        ("helm:\n  chart: .\n  valuesFiles: [list.yaml]\n", "list.yaml:1: must be a map, is a list"),
        ("helm:\n  releaseName: Not_Good\n", "fleet.yaml:2: helm.releaseName: must be a DNS name"),
        (f"helm:\n  releaseName: {'a' * 54}\n", "fleet.yaml:2: helm.releaseName: must be a DNS name"),
        ("targetCustomizationMode: Some\n", "fleet.yaml:1: targetCustomizationMode: must be FirstMatch or"),
        ("name: My_Bundle\n", "fleet.yaml:1: name: must be a DNS name"),
    ],
)
def test_what_cannot_work_is_refused_with_its_place(fleet_yaml: str, message: str) -> None:
    assert wrong(fleet_yaml, **{"bad.yaml": "[", "list.yaml": "- a"}).startswith(message)


def test_a_dependency_of_a_chart_must_be_there_or_be_fetched() -> None:
    chart = "name: a\nversion: 1.0.0\ndependencies:\n- name: redis\n  version: 1.x\n  repository: https://charts.example\n"
    message = wrong("", **{"c/Chart.yaml": chart})

    assert message.startswith(
        'c/Chart.yaml:4: dependencies[0]: "redis" cannot be had from https://charts.example'
    )
    assert read_one({"c/Chart.yaml": chart, "c/charts/redis/Chart.yaml": "name: redis\nversion: 1.2.3\n"})
    assert bundle("helm: {disableDependencyUpdate: true}\n")
    assert read_one({"fleet.yaml": "helm: {disableDependencyUpdate: true}\n", "Chart.yaml": chart})


def test_a_gitrepo_without_targets_means_the_default_group() -> None:
    order = order_for("web", {"repo": "x"}, {})

    assert order.targets == (DEFAULT,)
    assert order.labels == {"fleet.cattle.io/repo-name": "web"}


def test_an_order_takes_what_it_needs_from_a_gitrepo() -> None:
    spec = {
        "repo": "x",
        "paths": ["a", "b/*"],
        "bundles": [{"base": "a", "options": "b.yaml"}, {"base": "c"}],
        "targets": [FILE_TARGET],
        "correctDrift": {"enabled": False, "force": True},
        "forceSyncGeneration": 4,
        "pollingInterval": "15s",
    }
    order = order_for("web", spec, {"a": "b", "fleet.cattle.io/created-by-display-name": "x"})

    assert order == Order(
        name="web",
        paths=("a", "b/*"),
        bundles=(("a", "b.yaml"), ("c", "")),
        targets=(FILE_TARGET,),
        restrictions=(FILE_TARGET,),
        labels={"a": "b", "fleet.cattle.io/repo-name": "web"},
        force_sync_generation=4,
    )
    assert Order.from_json(order.to_json()) == order


def test_a_gitrepo_with_a_field_of_the_wrong_type_is_refused() -> None:
    with pytest.raises(BadInput, match=r"^paths\[0\]: must be text, is a number"):
        order_for("web", {"paths": [5]}, {})


@pytest.mark.rule(id="12.1-28")
def test_b11_a_targets_file_has_targets_with_options_and_restrictions() -> None:
    text = (
        "targets:\n- {name: 7, clusterGroup: g, namespace: x}\n"
        "targetRestrictions:\n- {clusterName: c}\npaused: true\n"
    )
    targets, restrictions = read_targets_file(text.encode(), "targets.yaml")
    found = bundle("", targets=targets, restrictions=restrictions)

    assert found.spec["targets"] == [{"name": "7", "clusterGroup": "g", "namespace": "x", "ignore": {}}]
    assert found.spec["targetRestrictions"] == [{"clusterName": "c"}]
    assert "paused" not in found.spec


def test_an_empty_targets_file_leaves_the_default_target() -> None:
    targets, restrictions = read_targets_file(b"", "targets.yaml")

    assert bundle("", targets=targets, restrictions=restrictions).public_spec() == {"targets": [DEFAULT]}


def test_a_wrong_targets_file_is_named_with_its_line() -> None:
    with pytest.raises(BadInput, match=r"^targets.yaml:2: targets\[0\].clusterName: must be text"):
        read_targets_file(b"targets:\n- clusterName: [a]\n", "targets.yaml")


def test_annotations_are_those_of_the_file() -> None:
    assert bundle("annotations: {a: b}\n").annotations == {"a": "b"}


def test_empty_values_stay_where_the_file_has_them() -> None:
    files = {
        "fleet.yaml": "helm: {chart: ., values: {}, valuesFiles: [v.yaml]}\n",
        "v.yaml": "",
        "Chart.yaml": "",
    }
    files["Chart.yaml"] = "apiVersion: v2\nname: a\nversion: 0.1.0\n"

    assert read_one(files).spec["helm"] == {"chart": ".", "values": {}}
