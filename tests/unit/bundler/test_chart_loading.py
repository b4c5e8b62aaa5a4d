"""A chart in a bundle's folder is loaded with all that Helm looks at, and refused where Helm refuses it."""

import pytest

from fleet.bundler.domain.chartfiles import load_folder
from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.tree import Mode, Tree
from support.chart_repository import packed_chart
from support.trees import names_of, read_one

CHART = "apiVersion: v2\nname: c\nversion: 1.0.0\n"
SUB = "apiVersion: v2\nname: sub\nversion: 1.0.0\n"


def refusal(files: dict[str, str | bytes]) -> str:
    with pytest.raises(BadInput) as caught:
        read_one(files)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            CHART.replace("name: c", "name: .."),
            "Chart.yaml:2: name: validation: chart.metadata.name is invalid",
        ),
        (f"{CHART}deprecated: perhaps\n", "Chart.yaml:4: deprecated: must be true or false"),
        (f"{CHART}keywords: a\n", "Chart.yaml:4: keywords: must be a list"),
        (f"{CHART}annotations: [a]\n", "Chart.yaml:4: annotations: must be a map"),
        (f"{CHART}maintainers: [~]\n", "maintainers: validation: maintainers must not contain empty or null"),
        (
            f"{CHART}dependencies: [{{name: sub, version: 1, alias: a b}}]\n",
            'dependencies[0]: validation: dependency "sub" has disallowed characters in the alias',
        ),
    ],
)
def test_every_field_of_a_chart_is_checked_as_helm_does(text, message):
    assert message in refusal({"Chart.yaml": text})


def test_a_chart_with_all_fields_is_taken():
    chart = f"""{CHART}home: h
sources: [a, 1]
description: d
keywords: [k]
maintainers: [{{name: n, email: e, url: u}}]
icon: i
condition: x
tags: y
appVersion: 1.10
deprecated: true
annotations: {{a: 1}}
kubeVersion: '>= 1.20'
type: application
unknown: 1
"""
    assert names_of(read_one({"Chart.yaml": chart})) == ["Chart.yaml"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("values.yaml", "a: .inf\n", "values.yaml"),
        ("Chart.lock", "generated: yesterday\n", "Chart.lock:1: generated: must be a time"),
        ("requirements.lock", "digest: [a]\n", "requirements.lock:1: digest: must be text"),
        ("requirements.yaml", "dependencies: x\n", "requirements.yaml:1: dependencies: must be a list"),
    ],
)
def test_what_stands_beside_a_chart_is_checked_unless_helmignore_leaves_it_out(name, text, message):
    files = {"Chart.yaml": CHART, name: text}
    assert message in refusal(files)
    assert name in names_of(read_one({**files, ".helmignore": f"{name}\n"}))


def test_a_chart_that_helmignore_leaves_out_is_none():
    message = "Chart.yaml file is missing, as .helmignore leaves it out"
    assert message in refusal({"Chart.yaml": CHART, ".helmignore": "!values.yaml\n"})
    files = {
        "Chart.yaml": CHART,
        "charts/sub/Chart.yaml": SUB,
        ".helmignore": "sub/Chart.yaml\ncharts/sub/*\n",
    }
    assert read_one(files), "none of its files is looked at, so there is no chart"
    files["charts/sub/values.yaml"], files[".helmignore"] = "", "charts/sub/Chart.yaml\n"
    assert f"charts/sub: error unpacking subchart sub in c: charts/sub/Chart.yaml: {message}" in refusal(
        files
    )


def test_a_packed_chart_is_loaded_whole():
    good = packed_chart("sub", "1.0.0", {"values.yaml": "a: 1\n"})
    assert names_of(read_one({"Chart.yaml": CHART, "charts/sub.tgz": good})) == [
        "Chart.yaml",
        "charts/sub.tgz",
    ]
    bad = packed_chart("sub", "1.0.0", {"values.yaml": "- a\n"})
    message = (
        "charts/sub.tgz: error unpacking subchart sub.tgz in c: sub/values.yaml:1: cannot load values.yaml"
    )
    assert message in refusal({"Chart.yaml": CHART, "charts/sub.tgz": bad})


def test_archives_in_archives_have_an_end():
    data = packed_chart("sub", "1.0.0", {})
    for _ in range(20):
        data = packed_chart("sub", "1.0.0", {"charts/sub.tgz": data})
    assert "more than 20 archives stand in each other" in refusal(
        {"Chart.yaml": CHART, "charts/sub.tgz": data}
    )


def test_an_empty_folder_among_the_charts_is_none():
    data = {"Chart.yaml": CHART.encode()}
    modes = {"Chart.yaml": Mode.FILE, "charts/sub": Mode.EMPTY}
    assert load_folder(Tree(modes, lambda paths: {path: data[path] for path in paths}), "").name == "c"
