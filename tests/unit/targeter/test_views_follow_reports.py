"""Which reports have a bundle's view looked at again: those that tell another story, whatever the state."""

import pytest

from support.reports import a_report, a_trouble
from support.targeting import WORKSPACE, Draft, World, a_cluster

BUNDLE = ("bundle", WORKSPACE, "web")
TROUBLE = ("WaitApplied", "the gateway does not answer")


@pytest.fixture
def found() -> World:
    """A cluster that took its manifest and has said nothing about its bundle; the view of that is shown."""
    found = World().clusters(a_cluster("one")).begin().deliver(Draft(targets=[{"clusterSelector": {}}]))
    found.flush()
    says(found)
    found.estate.work.views.clear()
    return found


def says(found: World, *trouble: str, seconds: int = 0) -> bool:
    """Whether a report has the view looked at; with a trouble the bundle is not applied for that reason."""
    troubles = [a_trouble(found.entry_on("one"), *trouble, seconds=seconds)] if trouble else []
    found.put(a_report(found.desired["one"], applied=(), troubles=troubles))
    looked_at = BUNDLE in found.estate.work.views
    found.estate.work.views.clear()
    return looked_at


def test_the_first_reason_for_a_state_is_shown_although_the_state_stays(found: World) -> None:
    assert found.view("bundle", "web")["display"]["state"] == "WaitApplied"
    assert says(found, *TROUBLE)
    assert found.view("bundle", "web")["display"]["state"] == "WaitApplied"
    assert TROUBLE[1] in found.view("bundle", "web")["hop"]["why"]


def test_another_reason_for_the_same_state_is_shown(found: World) -> None:
    says(found, *TROUBLE)
    assert says(found, "WaitApplied", "it waits for another bundle")


def test_time_that_passes_is_no_news(found: World) -> None:
    says(found, *TROUBLE)
    assert not says(found, *TROUBLE, seconds=15)


def test_a_first_report_on_a_newer_manifest_is_shown_although_the_state_stays(found: World) -> None:
    found.deliver(Draft(targets=[{"clusterSelector": {}}], content="new")).flush()
    found.estate.work.views.clear()
    assert says(found)
    assert found.view("bundle", "web")["hop"]["hop"] == "agent"
