"""20,000 URLs and 3,000 trees with charts: each is a bundle or a clear error, and no password is repeated."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from fleet.bundler.charts.errors import ChartUnavailable
from fleet.bundler.charts.oci import parse_reference
from fleet.bundler.domain.chartsource import BadSource, in_index, joined, origin, parse_source, shown
from fleet.bundler.domain.order import Order
from support.chart_fuzz import SECRET, answering, tree_files, url
from support.fuzz import outcome
from support.trees import a_tree

URLS = 20_000
SEEDS = range(3)
TREES_OF_A_SEED = 1000
HOME = "https://charts.example:8443"
READINGS: dict[str, Callable[[str], Any]] = {
    "source": lambda text: parse_source(text).kind.value,
    "origin": lambda text: bool(origin(text)),
    "in an index": lambda text: bool(in_index(HOME, text)),
    "as a repository": lambda text: bool(in_index(text, "web.tgz")),
    "redirect": lambda text: bool(joined(HOME, text)),
    "registry": lambda text: bool(parse_reference(text)),
}
SOURCES = ("http", "git", "oci", "folder")
RULES = (  # as `outcome` says them, without numbers
    "no such folder",
    "the chart could not be fetched",
    "the chart cannot be unpacked",
    "a repository begins with http",
    "is not supported",
    "is no repository",
    "no chart at file",
    "no repository definition for",
    "has an invalid version/constraint format",
    "error unpacking subchart",
    "validation: chart.metadata",
    "validation: more than one dependency",
    "must be",
    "is not valid YAML",
)


def answered(read: Callable[[str], Any], text: str) -> tuple[Any, str]:
    """What a URL was read as, and what was told where it was refused."""
    try:
        return read(text), ""
    except (BadSource, ChartUnavailable) as error:
        return "refused", str(error)
    except Exception as error:
        raise AssertionError(f"{text!r} is neither taken nor refused") from error


def test_what_may_be_a_url_is_one_or_is_refused_without_its_password() -> None:
    rng = random.Random(1)
    counts: Counter[str] = Counter()
    for _ in range(URLS):
        text = url(rng, [HOME])
        assert SECRET not in shown(text), ascii(text)
        for name, read in READINGS.items():
            found, told = answered(read, text)
            assert SECRET not in told, f"{name} of {text!r}: {told}"
            counts[f"{name}: {found}"] += 1

    said = "\n".join(f"{n:6} {kind}" for kind, n in sorted(counts.items()))
    assert all(counts[f"source: {kind}"] > URLS / 100 for kind in (*SOURCES, "refused")), said
    assert all(
        counts[f"{name}: refused"] and counts[f"{name}: True"] for name in READINGS if name != "source"
    ), said


@pytest.mark.parametrize("seed", SEEDS)
def test_mutated_charts_give_a_bundle_or_a_clear_error(seed: int) -> None:
    rng = random.Random(seed)
    counts: Counter[str] = Counter()
    for _ in range(TREES_OF_A_SEED):
        files = tree_files(rng, [url(rng, [HOME]), url(rng, [HOME]), HOME])
        try:
            counts[outcome(a_tree(files), Order(name="repo"), answering(rng))] += 1
        except Exception as error:
            raise AssertionError(f"these are neither a bundle nor a clear error: {files!r}") from error

    said = "\n".join(f"{n:6} {kind}" for kind, n in counts.most_common())
    assert TREES_OF_A_SEED * 0.15 < counts["bundle"] < TREES_OF_A_SEED * 0.6, said
    assert [rule for rule in RULES if not any(rule in kind for kind in counts)] == [], said
    assert SECRET not in said
