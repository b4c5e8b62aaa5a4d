"""What Fleet ignores is ignored with a warning that names file and line, and changes no byte."""

from typing import Any

import pytest

from fleet.bundler.domain.fleetyaml import read_fleet_yaml
from fleet.bundler.domain.order import Order
from fleet.bundler.domain.reading import read_tree, stored_form
from fleet.bundler.domain.warnings import warnings_of
from support.trees import CONFIG_MAP, Files, a_tree


def warned(text: str, **options: Any) -> list[str]:
    return [str(one) for one in warnings_of(read_fleet_yaml(text.encode(), "a/fleet.yaml", **options))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "namespace: x\nnamspace: y\n",
            'a/fleet.yaml:2: namspace: is ignored: Fleet knows no such field; did you mean "namespace"?',
        ),
        (
            "helm:\n  chrt: x\n",
            'a/fleet.yaml:2: helm.chrt: is ignored: Fleet knows no such field; did you mean "chart"?',
        ),
        ("zzz: 1\n", "a/fleet.yaml:1: zzz: is ignored: Fleet knows no such field"),
        (
            "targetCustomizations:\n- name: a\n  clusterSelectr: {}\n",
            "a/fleet.yaml:3: targetCustomizations[0].clusterSelectr: is ignored: Fleet knows no such field; "
            'did you mean "clusterSelector"?',
        ),
        ("finalizers: [a]\n", "a/fleet.yaml:1: finalizers: is ignored: Fleet knows no such field"),
        (
            "\nforceSyncGeneration: 5\n",
            "a/fleet.yaml:2: forceSyncGeneration: is ignored: it is always taken from the GitRepo",
        ),
        (
            "resources: [{name: a}]\n",
            "a/fleet.yaml:1: resources: is ignored: the resources are always the files of the folder",
        ),
        (
            "paused: true\ncontentsId: x\n",
            "a/fleet.yaml:2: contentsId: is printed by fleet apply -o, and ignored otherwise: "
            "it is for Fleet to write",
        ),
        (
            "helm:\n  valuesFiles: [a.yaml]\n",
            "a/fleet.yaml:2: helm.valuesFiles: is not merged without helm.chart or helm.repo; "
            "the files are no resources all the same",
        ),
        (
            "targets:\n- helm:\n    disableDependencyUpdate: true\n",
            "a/fleet.yaml:3: targets[0].helm.disableDependencyUpdate: has no effect: "
            "it only counts at the top, in helm",
        ),
        (
            "Helm: {}\nhelm: {}\n",
            'a/fleet.yaml:2: helm: says the same field as "Helm" in another case',
        ),
    ],
)
def test_what_is_ignored_is_said_with_its_place(text: str, expected: str) -> None:
    assert warned(text) == [expected]


def test_image_scans_without_effect_are_named() -> None:
    text = "imageScans:\n- name: unused\n  image: a\n  tagName: t\n- tagName: u\n"

    assert warned(text, image_scans=True) == [
        "a/fleet.yaml:2: imageScans[0].name: is ignored: Fleet makes the name itself",
        "a/fleet.yaml:5: imageScans[1]: is ignored: it has no image",
    ]


def test_values_may_have_any_keys_and_known_fields_any_case() -> None:
    assert (
        warned("helm: {values: {zzz: 1}, TemplateValues: {q: r}}\nannotations: {a: b}\nlabels: {c: d}\n")
        == []
    )


def test_no_warning_repeats_a_value() -> None:
    assert "hunter2" not in str(warned("passwrd: hunter2\nhelm: {valus: hunter2}\n"))


FILES: Files = {"a/fleet.yaml": "namespace: x\n", "a/cm.yaml": CONFIG_MAP}


def test_warnings_come_with_the_reading_and_change_no_byte() -> None:
    order = Order(name="repo")
    quiet = read_tree(a_tree(FILES), order)
    loud = read_tree(a_tree({**FILES, "a/fleet.yaml": "namespace: x\nzzz: 1\n"}), order)

    assert [str(one) for one in quiet.warnings] == []
    assert [one.field for one in loud.warnings] == ["zzz"]
    assert [stored_form(one) for one in loud.bundles] == [stored_form(one) for one in quiet.bundles]


def test_what_is_for_fleet_to_write_changes_no_byte_of_what_is_stored() -> None:
    text = "namespace: x\ncontentsId: c\nvaluesHash: h\nhelmOpOptions: {helmOpSecretName: s}\n"
    order = Order(name="repo")
    plain = read_tree(a_tree(FILES), order)
    given = read_tree(a_tree({**FILES, "a/fleet.yaml": text}), order)

    assert [stored_form(one) for one in given.bundles] == [stored_form(one) for one in plain.bundles]


def test_a_folder_with_nothing_to_deploy_is_passed_over_with_a_warning() -> None:
    found = read_tree(a_tree({**FILES, "b/fleet.yaml": ""}), Order(name="repo"))

    assert [one.name for one in found.bundles] == ["repo-a"]
    assert [str(one) for one in found.warnings] == ["b: there is nothing to deploy in this folder"]


@pytest.mark.parametrize(
    "text", ["name: My_Bundle\n", "targetCustomizationMode: Some\n", "helm: {releaseName: Not_Good}\n"]
)
def test_what_only_kubernetes_refuses_is_a_warning_where_bundles_are_printed(text: str) -> None:
    found = read_tree(a_tree({**FILES, "a/fleet.yaml": text}), Order(name="repo", offline=True))

    assert len(found.bundles) == 1
    assert str(found.warnings[0]).startswith("a/fleet.yaml:1: ")


def test_a_warning_is_one_short_line_whatever_the_field_is_called() -> None:
    (said,) = warned(f'"\\e[2J\\n{"x" * 900}": 1\n')

    assert said.isprintable()
    assert said.startswith("a/fleet.yaml:1: \\x1b[2J\\nxxx")
    assert len(said) < 700


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (
            "{matchExpressions: [{key: a, operator: in, values: [b]}]}",
            ["matchExpressions[0].operator: is no op"],
        ),
        (
            "{matchExpressions: [{key: a, operator: In}]}",
            ["matchExpressions[0].values: must not be empty with In"],
        ),
        (
            "{matchExpressions: [{key: a, operator: Exists, values: [b]}]}",
            ["matchExpressions[0].values: must be empty with Exists"],
        ),
        ("{matchExpressions: [{operator: Exists}]}", ["matchExpressions[0].key: is no label's key"]),
        (
            "{matchExpressions: [{key: a, operator: In, values: [b, '-']}]}",
            ["matchExpressions[0].values[1]: is no label's value"],
        ),
        (
            "{matchLabels: {a b: c, d: e f, g: '1', h: null}}",
            ["matchLabels.a b: is no label's k", "matchLabels.d: "],
        ),
        ("{MatchLabels: {a: b}, matchExpressions: [{Key: a, operator: NotIn, values: [b, '1']}]}", []),
    ],
)
def test_a_selector_that_selects_nothing_is_told(selector: str, expected: list[str]) -> None:
    found = warned(f"targets:\n- clusterSelector: {selector}\n")

    assert len(found) == len(expected)
    for one, text in zip(sorted(found), expected, strict=True):
        assert one.startswith(f"a/fleet.yaml:2: targets[0].clusterSelector.{text}")


def test_a_key_that_is_there_again_is_told_with_both_lines_and_the_last_one_counts() -> None:
    text = "namespace: a\nhelm:\n  values: {x: 1, x: 2}\nnamespace: b\n"

    assert warned(text) == [
        "a/fleet.yaml:3: helm.values.x: is there twice, first on line 3; the last one counts, as in Fleet",
        "a/fleet.yaml:4: namespace: is there twice, first on line 1; the last one counts, as in Fleet",
    ]
    assert read_fleet_yaml(text.encode(), "f").spec["namespace"] == "b"


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ("kustomize: {dir: overlays/prd}", ["kustomize.dir"]),
        ("kustomize: {dir: overlays/yml}", ["kustomize.dir"]),
        ("kustomize: {dir: ../x/overlays}", ["kustomize.dir"]),
        ("kustomize: {dir: ./overlays/prod/}", []),
        ("kustomize: {dir: /overlays/prod}", []),
        ("kustomize: {}", []),
        ("targets: [{kustomize: {dir: none}}, {kustomize: {dir: .}}]", ["targets[0].kustomize.dir"]),
    ],
)
def test_a_folder_for_kustomize_without_a_kustomization_is_told(options: str, where: list[str]) -> None:
    files = ("x/kustomization.yaml", "x/overlays/prod/kustomization.yaml", "x/overlays/yml/kustomization.yml")
    found = read_tree(a_tree({"x/fleet.yaml": options, **dict.fromkeys(files, "")}), Order(name="r"))

    assert [(one.field, one.line) for one in found.warnings] == [(place, 1) for place in where]
    assert all("no kustomization.yaml in this folder" in str(one) for one in found.warnings)
