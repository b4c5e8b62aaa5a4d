"""The numbers that an agent says of itself, however large, stop nothing and touch no other cluster."""

import json
from typing import Any

import pytest

from fleet.events import DeploymentReported, Event, Heartbeat, InvalidEvent
from fleet.events.delivery import MAX_SECONDS
from fleet.targeter.domain.hops import locate
from fleet.targeter.domain.ledger import LOST_AT_MOST
from support.reports import a_beat, a_report, a_trouble
from support.targeting import WORKSPACE, Draft, World, a_cluster

LARGEST = 2**53
EVERYWHERE = {"clusterSelector": {}}
BUNDLE = (WORKSPACE, "web")


def world() -> World:
    """Two clusters that run one bundle; the agent of `one` is the one that lies."""
    found = World(epoch=5).clusters(a_cluster("one"), a_cluster("two")).begin()
    found.deliver(Draft(targets=[EVERYWHERE])).flush()
    return found


def said(found: World, **numbers: int) -> list[Event]:
    """A report of trouble and two signs of life of `one`, with these numbers and an unknown manifest."""
    manifest = found.desired["one"]
    entry = found.entry(manifest.entries[0])
    report = a_report(manifest, troubles=[a_trouble(entry, "NotReady", seconds=MAX_SECONDS)])
    beat = a_beat(manifest, digest="0" * 32)
    return [event.model_copy(update=numbers) for event in (report, beat, beat)]


@pytest.mark.parametrize("generation", [2 * LOST_AT_MOST, LARGEST])
@pytest.mark.parametrize("epoch", [0, 5, LARGEST])
def test_the_largest_numbers_stop_nothing_and_touch_no_other_cluster(epoch: int, generation: int) -> None:
    found = world()
    other = found.desired["two"]
    found.put(*said(found, epoch=epoch, generation=generation))
    (writing,) = found.flush()
    assert (writing.manifest.cluster, writing.manifest.generation) == ("one", 2)
    assert found.desired["two"] == other
    written = found.deliver(Draft(targets=[EVERYWHERE], content="new")).flush()
    assert [(one.manifest.cluster, one.manifest.generation) for one in written] == [("one", 3), ("two", 2)]


def test_what_a_stream_can_have_lost_is_still_believed() -> None:
    found = world()
    found.put(*said(found, generation=1 + LOST_AT_MOST))
    (writing,) = found.flush()
    assert writing.manifest.generation == 2 + LOST_AT_MOST


def test_the_longest_time_that_an_agent_can_say_is_shown() -> None:
    found = world()
    found.put(said(found)[0])
    cluster = found.estate.clusters.get((WORKSPACE, "one"))
    assert cluster is not None
    hop = locate(found.estate, cluster, BUNDLE)
    assert (hop.hop, "since" in hop.to_json()) == ("cluster", True)


@pytest.mark.parametrize("number", [-1, LARGEST + 1, 2**64 - 1, 10**30])
@pytest.mark.parametrize("field", ["epoch", "generation"])
@pytest.mark.parametrize("kind", [DeploymentReported, Heartbeat])
def test_larger_numbers_are_no_event(kind: type[Event], field: str, number: int) -> None:
    body: dict[str, Any] = {"workspace": WORKSPACE, "cluster": "one", "uid": "u", "digest": "d"}
    right = {**body, "epoch": LARGEST, "generation": LARGEST}
    assert kind.parse(as_json(right))
    with pytest.raises(InvalidEvent, match=field):
        kind.parse(as_json({**right, field: number}))


@pytest.mark.parametrize("seconds", [-1, MAX_SECONDS + 1, 10**15, 10**30])
def test_a_longer_time_is_no_event(seconds: int) -> None:
    found = world()
    report = said(found)[0].encode()
    assert DeploymentReported.parse(report)
    told = report.replace(b'"seconds":%d' % MAX_SECONDS, b'"seconds":%d' % seconds)
    with pytest.raises(InvalidEvent, match="seconds"):
        DeploymentReported.parse(told)


def as_json(body: dict[str, Any]) -> bytes:
    """JSON with numbers of any size."""
    return json.dumps(body).encode()
