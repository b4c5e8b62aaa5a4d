"""`.helmignore`: bundles have what it names all the same, but it is no subchart and is not packed."""

import base64
import gzip
import io
import tarfile

import pytest

from fleet.bundler.domain.bundle import Bundle
from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.helmignore import read_helmignore
from support.trees import a_tree, names_of, read_one

CHART = "apiVersion: v2\nname: c\nversion: 1.0.0\n"
LIB = "apiVersion: v2\nname: lib\nversion: 0.1.0\n"
NEEDS_LIB = CHART + "dependencies:\n- {name: lib, version: 0.1.x, repository: 'file://%s'}\n"


@pytest.mark.parametrize(
    ("rules", "ignored", "loaded"),
    [
        ("", "templates/.x", "templates/a.yaml .x"),
        ("*.txt", "a.txt d/b.txt", "a.yaml"),
        ("# *.txt\n  *.md  \r\n", "a.md", "a.txt"),
        ("/a.txt", "a.txt", "d/a.txt"),
        ("d/*.txt", "d/a.txt", "d/e/a.txt a.txt"),
        ("d/", "d/a.txt d/e/b", "e/d a"),
        ("d", "d/a.txt e/d", "a"),
        ("!*.yaml\n", "a.txt d/a.yaml", "a.yaml"),
        ("\ufeff*.txt", "a.txt", "a.md"),
        ("[a-c].txt\n?.md", "b.txt x.md", "d.txt xy.md"),
    ],
)
def test_rules_mean_what_they_mean_to_helm(rules: str, ignored: str, loaded: str) -> None:
    found = read_helmignore(a_tree({"c/.helmignore": rules}), "c")

    assert [path for path in ignored.split() if not found.ignores(path)] == []
    assert [path for path in loaded.split() if found.ignores(path)] == []


def test_what_stands_in_the_ignore_file_is_in_the_bundle_all_the_same() -> None:
    found = read_one({"Chart.yaml": CHART, ".helmignore": "*.txt\n", "a.txt": "", "templates/a.yaml": ""})
    assert names_of(found) == ["Chart.yaml", "a.txt", "templates/a.yaml"]


def test_a_subchart_that_is_ignored_is_missing_and_may_be_broken() -> None:
    files = {
        "Chart.yaml": NEEDS_LIB % "./other",
        ".helmignore": "charts/lib/\ncharts/broken.tgz\n",
        "charts/lib/Chart.yaml": LIB,
        "charts/broken.tgz": "no archive",
        "other/Chart.yaml": LIB,
    }
    assert "charts/lib-0.1.0.tgz" in names_of(read_one(files))
    del files[".helmignore"]
    with pytest.raises(BadInput, match=r"error unpacking subchart broken\.tgz"):
        read_one(files)


def packed_in(bundle: Bundle, name: str) -> list[str]:
    (found,) = (file for file in bundle.files if file.name == name)
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(base64.b64decode(found.content)))) as tar:
        return tar.getnames()


def test_a_chart_is_packed_without_what_its_own_file_ignores() -> None:
    files = {
        "Chart.yaml": NEEDS_LIB % "./lib",
        ".helmignore": "b.yaml\n",
        "lib/Chart.yaml": LIB,
        "lib/.helmignore": "ci/\n*.md\n",
        "lib/ci/x.yaml": "",
        "lib/README.md": "",
        "lib/b.yaml": "",
    }
    found = packed_in(read_one(files), "charts/lib-0.1.0.tgz")
    assert found == ["lib/Chart.yaml", "lib/b.yaml"]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("a/**", "c/.helmignore:2: double-star (**) syntax is not supported"),
        ("[a", "c/.helmignore:2: syntax error in pattern"),
    ],
)
def test_a_rule_that_helm_does_not_take_is_told_with_its_line(rule: str, message: str) -> None:
    with pytest.raises(BadInput) as failure:
        read_one(
            {"c/Chart.yaml": NEEDS_LIB % "./lib", "c/.helmignore": f"*.md\n{rule}\n", "c/lib/Chart.yaml": LIB}
        )
    assert str(failure.value) == message
