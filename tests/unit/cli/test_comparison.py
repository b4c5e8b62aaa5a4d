"""The comparison sees a lie of any one source."""

import base64
import gzip
import json

import orjson
import pytest

from fleet.cli.comparison.pairs import Pair, Running, compare
from fleet.cli.comparison.releases import running_of

ALPHA = Pair("fleet-default/alpha", "shop")
BETA = Pair("fleet-default/beta", "shop")
TRUTH = {ALPHA: Running("s-1:a", "e1"), BETA: Running("s-1:a", "e1")}
SOURCES = ("desired", "delivered", "reported")


def test_three_equal_readings_are_equal() -> None:
    found = compare(desired=TRUTH, delivered=TRUTH, reported=TRUTH)

    assert found.equal
    assert (found.desired, found.delivered, found.reported, found.clusters, found.bundles) == (2, 2, 2, 2, 1)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    "falsified",
    [
        TRUTH | {BETA: Running("s-2:a", "e1")},
        TRUTH | {BETA: Running("s-1:a", "e2")},
        {ALPHA: TRUTH[ALPHA]},
        TRUTH | {Pair("fleet-default/gamma", "shop"): Running("s-1:a", "e1")},
    ],
    ids=["another id", "another digest", "a pair less", "a pair more"],
)
def test_a_falsified_source_is_seen_on_its_pair_alone(source: str, falsified: dict[Pair, Running]) -> None:
    found = compare(**(dict.fromkeys(SOURCES, TRUTH) | {source: falsified}))

    assert not found.equal
    assert len(found.differences) == 1
    assert found.differences[0].pair != ALPHA


def test_a_difference_is_printed_with_what_each_source_has() -> None:
    found = compare(desired=TRUTH, delivered=TRUTH, reported={ALPHA: TRUTH[ALPHA]})
    there = {"deploymentId": "s-1:a", "entry": "e1"}

    assert json.loads(orjson.dumps(found.to_json()))["differences"] == [
        {"cluster": BETA.cluster, "bundle": "shop", "desired": there, "delivered": there, "reported": None}
    ]


def a_release(annotations: dict[str, str], status: str = "deployed") -> dict[str, object]:
    chart = {"metadata": {"name": "shop", "annotations": annotations}}
    release = {"chart": chart, "info": {"status": status}}
    packed = base64.b64encode(gzip.compress(json.dumps(release).encode()))
    return {"data": {"release": base64.b64encode(packed).decode()}}


MARKS = {
    "fleet.cattle.io/bundle-id": "shop",
    "fleet.cattle.io/deployment-id": "s-1:a",
    "fleet.cattle.io/entry": "e1",
}


def test_a_release_names_its_pair_by_its_marks() -> None:
    assert running_of("fleet-default/alpha", [a_release(MARKS), a_release({})]) == {ALPHA: TRUTH[ALPHA]}


@pytest.mark.parametrize("status", ["failed", "pending-install", "uninstalling"])
def test_a_release_that_nobody_wants_and_that_is_not_wholly_gone_is_a_difference(status: str) -> None:
    delivered = running_of("fleet-default/alpha", [a_release(MARKS, status)])

    assert not compare(desired={}, delivered=delivered, reported={}).equal


def test_a_failed_upgrade_leaves_what_ran_delivered() -> None:
    failed = a_release(MARKS | {"fleet.cattle.io/entry": "e2"}, "failed")

    for secrets in ([a_release(MARKS), failed], [failed, a_release(MARKS)]):
        assert running_of("fleet-default/alpha", secrets) == {ALPHA: TRUTH[ALPHA]}
