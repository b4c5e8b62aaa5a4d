"""Where a deployment waits follows from what the agent says of it."""

import pytest

from fleet.targeter.domain.hops import locate
from support.reports import a_report, a_trouble
from support.targeting import WORKSPACE, Draft, World, a_cluster

EVERYWHERE = {"clusterSelector": {}}


@pytest.mark.parametrize(
    ("state", "message", "hop", "next_step"),
    [
        (
            "NotReady",
            "Deployment web/shop: 0 of 1 replicas are available",
            "cluster",
            "watches these objects",
        ),
        ("NotReady", "not installed: YAML parse error", "agent", "every 15 to 23 minutes"),
        ("ErrApplied", "a hook failed", "agent", "more and more rarely"),
    ],
)
def test_only_objects_that_are_there_are_waited_for(
    state: str, message: str, hop: str, next_step: str
) -> None:
    found = World(epoch=5).clusters(a_cluster("one")).begin()
    found.deliver(Draft(targets=[EVERYWHERE])).flush()
    manifest = found.desired["one"]
    trouble = a_trouble(found.entry(manifest.entries[0]), state, message=message)
    found.put(a_report(manifest, troubles=[trouble]))
    cluster = found.estate.clusters.get((WORKSPACE, "one"))
    assert cluster is not None
    located = locate(found.estate, cluster, (WORKSPACE, "web"))
    assert (located.hop, located.why) == (hop, message)
    assert next_step in located.next
