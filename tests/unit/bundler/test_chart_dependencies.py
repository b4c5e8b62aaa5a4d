"""What `helm dependency update` would put into charts of a repository, compared with what Helm itself did."""

import base64
import gzip
import io
import tarfile

import pytest

from fleet.bundler.domain.bundle import Bundle
from fleet.bundler.domain.errors import BadInput
from support.chart_repository import packed_chart
from support.trees import names_of, read_one

CHART = "apiVersion: v2\nname: c\nversion: 1.0.0\n"
LIB = "apiVersion: v2\nname: lib\nversion: 0.1.0\n"


def depending(*lines: str, chart: str = CHART) -> str:
    return chart + "dependencies:\n" + "".join(f"- {{{line}}}\n" for line in lines)


def content(bundle: Bundle, name: str) -> str:
    (found,) = (file for file in bundle.files if file.name == name)
    if not found.encoding:
        return found.content
    return gzip.decompress(base64.b64decode(found.content)).decode("latin-1")


def wrong(files: dict[str, str]) -> str:
    with pytest.raises(BadInput) as caught:
        read_one(files)
    return str(caught.value)


def test_the_lock_file_has_helms_own_digest_and_no_time() -> None:
    chart = CHART + (
        'dependencies:\n- name: lib\n  version: ">=0.0.1 <2"\n  repository: file://./lib\n  alias: zz\n'
    )
    found = read_one({"Chart.yaml": chart, "lib/Chart.yaml": LIB})

    assert names_of(found) == ["Chart.lock", "Chart.yaml", "charts/lib-0.1.0.tgz", "lib/Chart.yaml"]
    lock = content(found, "Chart.lock").splitlines()
    assert lock[:4] == ["dependencies:", "- name: lib", "  repository: file://./lib", "  version: 0.1.0"]
    # Helm 3 wrote this digest for this very chart.
    assert lock[4] == "digest: sha256:b1cc93979b785f22d900c6701a827c56d639f98434c8b8a62f0bb7f72afa16f1"
    assert "0001-01-01T00:00:00Z" in lock[5]


def test_a_folder_of_the_repository_is_packed_as_a_chart() -> None:
    files = {
        "app/Chart.yaml": depending("name: lib, version: 0.1.x, repository: 'file://../lib'"),
        "lib/Chart.yaml": LIB,
        "lib/templates/a.yaml": "a: b\n",
        "lib/.hidden": "",
    }
    found = read_one(files)
    (packed,) = (file for file in found.files if file.name == "app/charts/lib-0.1.0.tgz")
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(base64.b64decode(packed.content)))) as outer:
        assert outer.getnames() == ["lib/Chart.yaml", "lib/templates/a.yaml"]


def test_what_is_there_already_is_not_brought_again() -> None:
    chart = depending("name: lib, version: 9.9.9, repository: 'https://h'")
    assert names_of(read_one({"Chart.yaml": chart, "charts/lib/Chart.yaml": LIB})) == [
        "Chart.yaml",
        "charts/lib/Chart.yaml",
    ]


def test_a_chart_of_api_version_one_has_requirements_and_their_lock() -> None:
    files = {
        "Chart.yaml": "name: c\nversion: 1.0.0\n",
        "requirements.yaml": "dependencies:\n- {name: lib, version: '*', repository: 'file://lib'}\n",
        "lib/Chart.yaml": LIB,
    }
    assert {"requirements.lock", "charts/lib-0.1.0.tgz"} <= set(names_of(read_one(files)))


@pytest.mark.parametrize(
    ("text", "brought"), [("{}", True), ("x: 1", True), ("dependencies: []", False), ("dependencies:", False)]
)
def test_requirements_that_list_nothing_take_those_of_the_chart_away(text: str, brought: bool) -> None:
    files = {
        "Chart.yaml": depending("name: lib, version: '*', repository: 'file://lib'", chart=CHART),
        "requirements.yaml": f"{text}\n",
        "lib/Chart.yaml": LIB,
    }
    assert ("charts/lib-0.1.0.tgz" in names_of(read_one(files))) is brought


def test_what_is_brought_may_be_ignored() -> None:
    files = {
        "Chart.yaml": depending("name: lib, version: '*', repository: 'file://lib'"),
        "lib/Chart.yaml": LIB,
        ".fleetignore": "*.tgz\n",
    }
    assert names_of(read_one(files)) == ["Chart.lock", "Chart.yaml", "lib/Chart.yaml"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {
                "Chart.yaml": depending("name: lib, version: 2.x, repository: 'file://lib'"),
                "lib/Chart.yaml": LIB,
            },
            'Chart.yaml:5: dependencies[0]: "lib" at version 0.1.0 does not satisfy the constraint 2.x',
        ),
        (
            {"Chart.yaml": depending("name: lib, version: '*', repository: 'file://../../up'")},
            'Chart.yaml:5: dependencies[0]: "lib": no chart at file://../../up',
        ),
        (
            {"Chart.yaml": depending("name: lib, version: '*', repository: 'file:///etc'")},
            'Chart.yaml:5: dependencies[0]: "lib": no chart at file:///etc',
        ),
        (
            {"Chart.yaml": depending("name: lib, version: '*'")},
            'Chart.yaml:5: dependencies[0]: "lib": no chart at charts/lib',
        ),
        (
            {"Chart.yaml": depending("name: lib, version: '', repository: 'https://h'")},
            'dependency "lib" has an invalid version/constraint format: improper constraint: ""',
        ),
        (
            {"Chart.yaml": depending("name: lib, version: 1, repository: '@stable'")},
            "no repository definition for @stable",
        ),
        ({"Chart.yaml": depending("version: 1")}, "dependencies[0]: must be a map with a name"),
        (
            {"Chart.yaml": depending("name: a, version: 1", "name: b, alias: a, version: 1")},
            'dependencies[1]: validation: more than one dependency with name or alias "a"',
        ),
        (
            {"Chart.yaml": "name: c\n"},
            "Chart.yaml:1: version: validation: chart.metadata.version is required",
        ),
        ({"Chart.yaml": "version: 1.0.0\n"}, "name: validation: chart.metadata.name is required"),
        (
            {"Chart.yaml": "name: c\nversion: one\n"},
            "Chart.yaml:2: version: validation: chart.metadata.version is",
        ),
        ({"Chart.yaml": CHART, "values.yaml": "a: [\n"}, "values.yaml:"),
        ({"Chart.yaml": CHART, "values.yaml": "- a\n"}, "cannot load values.yaml"),
        (
            {"Chart.yaml": CHART, "charts/README.md": "x"},
            "charts/README.md: error unpacking subchart README.md in c: Chart.yaml file is missing",
        ),
        (
            {"Chart.yaml": CHART, "charts/sub-1.tgz": "x"},
            "charts/sub-1.tgz: error unpacking subchart sub-1.tgz in c",
        ),
    ],
)
def test_what_helm_would_not_load_or_update_is_refused_with_its_place(
    files: dict[str, str], message: str
) -> None:
    assert message in wrong(files)
    off = {"fleet.yaml": "helm: {disableDependencyUpdate: true}\n", **files}
    assert read_one(off)


def test_all_subcharts_of_a_chart_are_unpacked_within_one_budget() -> None:
    files: dict[str, str | bytes] = {"Chart.yaml": depending("name: other, version: 1.x, repository: ''")}
    for number in range(3):
        place = ("charts", "charts/in/charts", "charts/in/charts/deep/charts")[number]
        files[f"{place}/z{number}.tgz"] = packed_chart(f"z{number}", "1.0.0", {"a.bin": "\0" * (24 << 20)})
    files |= {"charts/in/Chart.yaml": LIB, "charts/in/charts/deep/Chart.yaml": LIB}

    with pytest.raises(BadInput, match=r"more than 67108864 bytes are unpacked together"):
        read_one(files)
