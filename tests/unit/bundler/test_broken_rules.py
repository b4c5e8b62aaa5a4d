"""Every rule that a repository can break: one case each, with the exact place and words of its message."""

import io
import tarfile
from collections.abc import Sequence
from typing import Any

import pytest

from fleet.bundler.domain.chartneeds import ChartNeed, FetchedChart
from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.order import Order, driven_bundle
from fleet.bundler.domain.reading import read_tree
from support.trees import a_tree

CHART = "apiVersion: v2\nname: c\nversion: 1.0.0\n"


def chart(*dependency: str, **files: str) -> dict[str, str]:
    """A chart in the folder `x` whose dependencies have these fields."""
    listed = "".join(f"- {one}\n" for one in dependency)
    return {"x/Chart.yaml": CHART + (f"dependencies:\n{listed}" if listed else "")} | files


def options(*lines: str) -> dict[str, str]:
    """A folder `x` with this fleet.yaml."""
    return {"x/fleet.yaml": "\n".join(lines) + "\n", "x/a.yaml": ""}


def fetched(_: Sequence[ChartNeed]) -> list[FetchedChart]:
    return [FetchedChart(name="c-1.0.0.tgz", data=b"none", version="1.0.0")]


def packed(files: dict[str, str]) -> bytes:
    """An archive of these files."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return data.getvalue()


def nameless(_: Sequence[ChartNeed]) -> list[FetchedChart]:
    return [FetchedChart(data=packed({"c/Chart.yaml": CHART}), version="1.0.0")]


def broken(_: Sequence[ChartNeed]) -> list[FetchedChart]:
    files = {"c/Chart.yaml": CHART, "c/charts/d/x": ""}
    return [FetchedChart(name="c-1.0.0.tgz", data=packed(files), version="1.0.0")]


def ignoring(_: Sequence[ChartNeed]) -> list[FetchedChart]:
    files = {"c/Chart.yaml": CHART, "c/.fleetignore": "["}
    return [FetchedChart(name="c-1.0.0.tgz", data=packed(files), version="1.0.0")]


RULES: list[tuple[str, dict[str, Any]]] = [
    (
        "x/fleet.yaml:1: name: must be a DNS name in lower case of at most 253 characters",
        {"files": options("name: Web")},
    ),
    (
        "x/fleet.yaml:1: targetCustomizationMode: must be FirstMatch or AllMatches",
        {"files": options("targetCustomizationMode: Best")},
    ),
    (
        "x/fleet.yaml:3: helm.releaseName: must be a DNS name in lower case of at most 53 characters",
        {"files": options("a: 1", "helm:", "  releaseName: Web")},
    ),
    (
        "x/fleet.yaml:3: targetCustomizations[0].helm.releaseName: must be a DNS name in lower case"
        " of at most 53 characters",
        {"files": options("targetCustomizations:", "- name: a", "  helm: {releaseName: a_b}")},
    ),
    (
        "x/fleet.yaml:3: dependsOn[1]: must specify either 'name' or 'selector'",
        {"files": options("dependsOn:", "- name: a", "- acceptedStates: [Ready]")},
    ),
    (
        'x/fleet.yaml:5: dependsOn[0].acceptedStates[1]: invalid state "Soon", valid values are: '
        "[Ready NotReady Pending OutOfSync Modified WaitApplied ErrApplied]",
        {"files": options("dependsOn:", "- name: a", "  acceptedStates:", "  - Ready", "  - Soon")},
    ),
    (
        "x/fleet.yaml:1: imageScans: imagescan is disabled; remove imagescans from your config "
        "files, or enable imagescan",
        {"files": options("imageScans:", "- tagName: a")},
    ),
    (
        "x/fleet.yaml:2: imageScans[0]: the name of scan is required (tagName)",
        {"files": options("imageScans:", "- image: a"), "image_scans": True},
    ),
    (
        "x/fleet.yaml:1: namespace: must be text, is a list (quote it)",
        {"files": options("namespace: [a]")},
    ),
    (
        "x/fleet.yaml:1: keepResources: must be true or false, is text",
        {"files": options("keepResources: maybe")},
    ),
    (
        "x/fleet.yaml:1: helm.timeoutSeconds: must be a whole number, is text",
        {"files": options("helm: {timeoutSeconds: soon}")},
    ),
    (
        "x/fleet.yaml:1: helm.timeoutSeconds: must be a whole number of 64 bits",
        {"files": options("helm: {timeoutSeconds: 9223372036854775808}")},
    ),
    (
        "x/fleet.yaml:1: helm.values: must be a map, is a number",
        {"files": options("helm: {values: 5}")},
    ),
    (
        "x/fleet.yaml:1: helm.values.a: is not a number that JSON has",
        {"files": options("helm: {values: {a: .inf}}")},
    ),
    (
        "x/fleet.yaml:1: targets: must be a list, is a number",
        {"files": options("targets: 5")},
    ),
    (
        "x/fleet.yaml:3: imageScans[0].interval: must be a duration with the units ns, us, ms, s, m"
        ' or h, such as "1h30m"',
        {"files": options("imageScans:", "- tagName: a", "  interval: soon")},
    ),
    (
        'x/fleet.yaml:1: creationTimestamp: must be a time such as "2006-01-02T15:04:05Z"',
        {"files": options("creationTimestamp: soon")},
    ),
    (
        "x/fleet.yaml:2: is not valid YAML: did not find expected node content",
        {"files": options("a: [")},
    ),
    (
        "x/fleet.yaml:2: a.b: an alias that leads back to itself",
        {"files": options("a: &a", "  b: *a")},
    ),
    (
        "x/fleet.yaml:1: a: an alias to an anchor that is not there before it",
        {"files": options("a: *b")},
    ),
    (
        "x/fleet.yaml:1: a key must be text, a boolean or a number of 64 bits",
        {"files": options("? [a]", ": b")},
    ),
    (
        "x/fleet.yaml:2: is not valid YAML: did not find expected <document start>",
        {"files": options("%YAML 1.2")},
    ),
    (
        'x/fleet.yaml:3: helm.valuesFiles[1]: no such file "x.yaml" (looked in x)',
        {"files": options("helm:", "  chart: .", "  valuesFiles: [v.yaml, x.yaml]") | {"x/v.yaml": ""}},
    ),
    (
        'x/fleet.yaml:2: targets[0].helm.valuesFiles[0]: no such file "../../x.yaml" (looked in x)',
        {"files": options("targets:", "- helm: {valuesFiles: [../../x.yaml]}")},
    ),
    (
        "x/v.yaml:1: must be a map, is a list",
        {"files": options("helm: {chart: ., valuesFiles: [v.yaml]}") | {"x/v.yaml": "- b\n"}},
    ),
    (
        "x/fleet.yaml:1: helm.chart: no such folder (looked in x), and it is no URL (chart=nowhere)",
        {"files": options("helm: {chart: nowhere}")},
    ),
    (
        "x/fleet.yaml:1: helm.repo: a repository begins with http://, https:// or oci:// "
        "(repo=ftp://host chart=c)",
        {"files": options("helm: {chart: c, repo: 'ftp://host'}")},
    ),
    (
        'x/fleet.yaml:1: helm.chart: "s3::" is not supported: use https://, http://, oci://, git::https://, '
        "git::ssh://, or a folder of the repository (chart=s3::http://host/c)",
        {"files": options("helm: {chart: 's3::http://host/c'}")},
    ),
    (
        "x/fleet.yaml:2: helm.chart: the chart could not be fetched: charts cannot be fetched here "
        "(chart=https://host/c.tgz)",
        {"files": options("helm:", "  chart: https://host/c.tgz")},
    ),
    (
        "x/fleet.yaml:2: helm.repo: the chart cannot be unpacked: it cannot be read: zlib error: "
        "Error -3 while decompressing data: incorrect header check (repo=https://host chart=c)",
        {"files": options("helm:", "  repo: https://host", "  chart: c"), "charts": fetched},
    ),
    (
        "x/Chart.yaml:1: name: validation: chart.metadata.name is required",
        {"files": chart() | {"x/Chart.yaml": "version: 1.0.0\n"}},
    ),
    (
        "x/Chart.yaml:1: name: validation: chart.metadata.name is invalid",
        {"files": chart() | {"x/Chart.yaml": "name: a/b\nversion: 1.0.0\n"}},
    ),
    (
        "x/Chart.yaml:1: version: validation: chart.metadata.version is required",
        {"files": chart() | {"x/Chart.yaml": "name: a\n"}},
    ),
    (
        "x/Chart.yaml:2: version: validation: chart.metadata.version is invalid",
        {"files": chart() | {"x/Chart.yaml": "name: a\nversion: one\n"}},
    ),
    (
        "x/Chart.yaml:3: type: validation: chart.metadata.type must be application or library",
        {"files": chart() | {"x/Chart.yaml": "name: a\nversion: 1.0.0\ntype: other\n"}},
    ),
    (
        "x/Chart.yaml:1: must be a map, is a list",
        {"files": chart() | {"x/Chart.yaml": "- a\n"}},
    ),
    (
        "x/Chart.yaml:4: dependencies: must be a list, is a number",
        {"files": chart() | {"x/Chart.yaml": CHART + "dependencies: 5\n"}},
    ),
    (
        "x/values.yaml:1: cannot load values.yaml: it must be a map",
        {"files": chart() | {"x/values.yaml": "- a\n"}},
    ),
    (
        "x/Chart.yaml:5: dependencies[0]: must be a map with a name",
        {"files": chart("{}")},
    ),
    (
        'x/Chart.yaml:6: dependencies[1]: validation: more than one dependency with name or alias "a"',
        {"files": chart("{name: a, repository: 'https://host'}", "{name: a, repository: 'https://host'}")},
    ),
    (
        'x/Chart.yaml:5: dependencies[0]: dependency "a" has an invalid version/constraint format: '
        'improper constraint: "one two"',
        {"files": chart("{name: a, version: one two, repository: 'https://host'}")},
    ),
    (
        'x/Chart.yaml:5: dependencies[0]: no repository definition for @stable: name the URL of "a"',
        {"files": chart("{name: a, version: 1.0.0, repository: '@stable'}")},
    ),
    (
        'x/Chart.yaml:5: dependencies[0]: "ftp://host" is no repository: use http, https, oci or file',
        {"files": chart("{name: a, version: 1.0.0, repository: 'ftp://host'}")},
    ),
    (
        'x/Chart.yaml:5: dependencies[0]: "a": no chart at file://../a (looked in x)',
        {"files": chart("{name: a, version: 1.0.0, repository: 'file://../a'}")},
    ),
    (
        'x/Chart.yaml:5: dependencies[0]: "a": no chart at charts/a (looked in x)',
        {"files": chart("{name: a, version: 1.0.0}")},
    ),
    (
        'x/Chart.yaml:5: dependencies[0]: "a": a/Chart.yaml:1: version: validation: '
        "chart.metadata.version is required",
        {
            "files": chart("{name: a, version: 1.0.0, repository: 'file://../a'}")
            | {"a/Chart.yaml": "name: a\n"},
            "paths": ("x",),
        },
    ),
    (
        'x/Chart.yaml:5: dependencies[0]: "a" at version 1.0.0 does not satisfy the constraint >2',
        {
            "files": chart("{name: a, version: '>2', repository: 'file://../a'}") | {"a/Chart.yaml": CHART},
            "paths": ("x",),
        },
    ),
    (
        'x/Chart.yaml:5: dependencies[0]: "a": the archive has no file name',
        {"files": chart("{name: a, version: 1.0.0, repository: 'https://host'}"), "charts": nameless},
    ),
    (
        "x/fleet.yaml:1: helm.chart: invalid ?checksum=: the value is not hexadecimal "
        "(chart=https://host/c.tgz)",
        {"files": options("helm: {chart: 'https://host/c.tgz?checksum=md5:zz'}")},
    ),
    (
        'x/Chart.yaml:5: dependencies[0]: "a" cannot be had from https://host: charts cannot be fetched here',
        {"files": chart("{name: a, version: 1.0.0, repository: 'https://host'}")},
    ),
    (
        'x/Chart.yaml:5: dependencies[0]: "a" cannot be unpacked: it cannot be read: zlib error: '
        "Error -3 while decompressing data: incorrect header check",
        {"files": chart("{name: a, version: 1.0.0, repository: 'https://host'}"), "charts": fetched},
    ),
    (
        "x/charts/a: error unpacking subchart a in c: Chart.yaml file is missing",
        {"files": chart() | {"x/charts/a/b.yaml": ""}},
    ),
    (
        "x/charts/a.tgz: error unpacking subchart a.tgz in c: it cannot be read: zlib error: Error -3 while "
        "decompressing data: incorrect header check",
        {"files": chart() | {"x/charts/a.tgz": b"none"}},
    ),
    (
        "x/.fleetignore:2: syntax error in pattern",
        {"files": {"x/.fleetignore": "a\n[\n", "x/a.yaml": ""}},
    ),
    (
        "x/l.yaml: the link leads to nothing, or out of the repository",
        {"files": {"x/a.yaml": ""}, "links": {"x/l.yaml": "/etc/passwd"}},
    ),
    (
        "x/l.yaml: the link leads to nothing, or out of the repository",
        {"files": {"x/a.yaml": ""}, "links": {"x/l.yaml": "l.yaml"}},
    ),
    (
        "x/l.yaml: the link leads to a folder; only links to files are read",
        {"files": {"x/a.yaml": "", "x/d/b.yaml": ""}, "links": {"x/l.yaml": "d"}},
    ),
    (
        "x/l.yaml: the link leads out of the bundle's folder x",
        {
            "files": {"x/a.yaml": "", "x/fleet.yaml": "", "b.yaml": ""},
            "links": {"x/l.yaml": "../b.yaml"},
            "paths": ("x",),
        },
    ),
    (
        "x/m: git submodules are not read; put the files into the repository",
        {"files": {"x/a.yaml": ""}, "submodules": ["x/m"]},
    ),
    (
        "x/l.yaml: the link leads to a git submodule, which is not read",
        {"files": {"x/a.yaml": ""}, "submodules": ["x/m"], "links": {"x/l.yaml": "m"}, "paths": ("x",)},
    ),
    (
        "'\\udcff.yaml': the name of the file is not UTF-8",
        {"files": {"\udcff.yaml": ""}},
    ),
    (
        "x/fleet.yaml: is a folder, and must be a file",
        {"files": {"x/fleet.yaml/a": ""}, "paths": ("x",)},
    ),
    (
        'no resource found at the following paths to deploy: [a b/c]: "a" is not there, or has no files; '
        '"b/c" has neither a fleet.yaml nor files that end in .yaml or .yml',
        {"files": {"a.txt": "", "b/c/a.txt": ""}, "paths": ("a", "b/c")},
    ),
    (
        'the path "[" is not a valid pattern (spec.paths)',
        {"files": {"a.yaml": ""}, "paths": ("[",)},
    ),
    (
        "b: no such folder (spec.bundles)",
        {"files": {"a.yaml": ""}, "bundles": (("b", ""),)},
    ),
    (
        'dev.yaml: no such file "dev.yaml" (looked in the top folder)',
        {"files": {"a.yaml": ""}, "bundles": ((".", "dev.yaml"),)},
    ),
    (
        "x/fleet.yaml:2: helm.repo: the chart cannot be used: c/charts/d: error unpacking subchart "
        "d in c: Chart.yaml file is missing (repo=https://host chart=c)",
        {"files": options("helm:", "  repo: https://host", "  chart: c"), "charts": broken},
    ),
    (
        "x/fleet.yaml:2: helm.repo: the chart cannot be read: c/.fleetignore:1: syntax error in "
        "pattern (repo=https://host chart=c)",
        {"files": options("helm:", "  repo: https://host", "  chart: c"), "charts": ignoring},
    ),
    (
        'b: the bundle name "one" is already that of the folder a; give one of them another name in'
        " fleet.yaml",
        {"files": {"a/a.yaml": "", "a/fleet.yaml": "name: one", "b/b.yaml": "", "b/fleet.yaml": "name: one"}},
    ),
]


@pytest.mark.parametrize(("message", "case"), RULES, ids=range(len(RULES)))
def test_a_broken_rule_is_told_with_its_place(message: str, case: dict[str, Any]) -> None:
    assert said(**case) == message


def said(
    files: dict[str, str | bytes],
    links: dict[str, str] | None = None,
    submodules: Sequence[str] = (),
    charts: Any = None,
    **order: Any,
) -> str:
    """The message about a tree."""
    tree = a_tree(files, links=links, submodules=submodules)
    more = {"charts": charts} if charts else {}
    with pytest.raises(BadInput) as failure:
        read_tree(tree, Order(name="repo", **order), **more)
    return str(failure.value)


def test_an_argument_of_the_driven_scan_has_one_separator() -> None:
    with pytest.raises(BadInput) as failure:
        driven_bundle("a:b:c", ":")
    assert str(failure.value) == 'invalid bundle path: "a:b:c" (more than one ":"; see --driven-scan-sep)'
