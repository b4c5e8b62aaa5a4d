"""Which archive an index means: Fleet's way for charts of fleet.yaml, Helm's for dependencies."""

import json

import pytest

from fleet.bundler.domain.index import Choice, NoSuchChart, choose
from support.chart_repository import index_of

INDEX = index_of(*(("web", version, b"") for version in ("1.0.0", "1.2.0", "1.10.0", "2.0.0-rc.1", "junk")))


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [("", "1.10.0"), ("1.2.0", "1.2.0"), ("~1", "1.10.0"), ("junk", ""), ("2.0.0-rc.1", "2.0.0-rc.1")],
)
def test_the_exact_version_or_the_newest_that_fits_is_chosen(wanted: str, chosen: str) -> None:
    if not chosen:
        with pytest.raises(NoSuchChart, match="improper constraint"):
            choose(INDEX, "web", wanted)
        return
    found = choose(INDEX, "web", wanted)

    assert (found.url, found.version) == (f"web-{chosen}.tgz", chosen)
    assert len(found.digest) == 64


def test_a_dependency_needs_an_index_that_says_its_version() -> None:
    bare = INDEX.replace(b"apiVersion: v1\n", b"", 1)

    assert choose(bare, "web", "1.x").version == "1.10.0"
    with pytest.raises(NoSuchChart, match="no API version specified"):
        choose(bare, "web", "1.x", dependency=True)
    assert choose(INDEX, "web", "1.x", dependency=True).version == "1.10.0"


def test_an_index_may_be_json_and_its_numbers_be_versions() -> None:
    entry = {"version": "3.0.0", "urls": ["https://h/a.tgz"], "digest": "no digest"}
    assert choose(json.dumps({"entries": {"a": [entry]}}).encode(), "a", "") == Choice(
        "https://h/a.tgz", "3.0.0"
    )
    assert choose(b"entries:\n  a:\n  - version: 1.5\n    urls: [x]\n", "a", "").version == "1.5"


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (b"entries: []", "cannot be read: must be a map"),
        (b"a: [", r"cannot be read: .* \(line"),
        (b"", 'no chart name "web" found'),
        (b"entries:\n  web: []\n", 'no chart name "web" found'),
        (b"entries:\n  web:\n  - version: 1.0.0\n", "no URLs found for chart web 1.0.0"),
        (INDEX, "no chart version found for web-9"),
    ],
)
def test_what_an_index_does_not_have_is_said(index: bytes, message: str) -> None:
    with pytest.raises(NoSuchChart, match=message):
        choose(index, "web", "9" if index is INDEX else "")


def test_of_a_large_index_only_the_part_of_the_chart_is_read() -> None:
    charts = [(name, f"1.{n}.0", b"") for name in ("api", "web", "zoo") for n in range(40)]
    more = b"\nannotations:\n  long: %s\nentries:\n" % (b"y" * (1 << 20))
    large = index_of(*charts).replace(b"\nentries:\n", more)
    assert len(large) > 1 << 20

    assert choose(large, "web", "1.x").url == "web-1.39.0.tgz"
    assert choose(large, "zoo", "1.7.0", dependency=True).url == "zoo-1.7.0.tgz"
    with pytest.raises(NoSuchChart, match="no chart name"):
        choose(large, "eb", "")
    with pytest.raises(NoSuchChart, match="not laid out as `helm repo index` writes it"):
        choose(b"{" + b" " * (1 << 20) + b"entries: {}}", "web", "")
