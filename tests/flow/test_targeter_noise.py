"""What disturbs the targeter costs it neither its term nor the hub's disk."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from fleet.events import Member
from support.reports import a_beat
from support.targeter import leading, scene
from support.targeting import Draft, a_cluster

EVERYWHERE = {"clusterSelector": {}}
MANY = 250


async def test_an_agent_that_errs_in_every_message_fills_no_log(tmp_path: Path) -> None:
    async with scene(tmp_path, a_cluster("c0"), a_cluster("c1")) as found:
        await found.deliver(Draft("app", targets=[EVERYWHERE]))
        with capture_logs() as logs:
            async with leading(found):
                await found.run({"c0": ["app"], "c1": ["app"]})
                manifests = await found.desired()
                own = a_beat(manifests["c0"].event)
                for _ in range(50):
                    await found.bus.tell(own.subject(), b"{}")
                    await found.bus.tell(a_beat(manifests["c1"].event).subject(), own.encode())
                await found.report_all()
                await found.ready("gitrepo", "shop")
    assert [line["event"] for line in logs if line["log_level"] == "warning"] == [
        "unreadable heartbeat",
        "message of an agent about another cluster dropped",
    ]


async def test_members_that_come_late_by_their_feed_are_looked_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fleet.targeter.writer._FEED_SECONDS", 0)
    async with scene(tmp_path, *(a_cluster(f"c{number}") for number in range(MANY))) as found:
        await found.deliver(Draft("app", targets=[EVERYWHERE]))
        with capture_logs() as logs:
            async with leading(found):
                await found.run({f"c{number}": ["app"] for number in range(MANY)})
        assert await found.writes(Member) == MANY
    assert "term ended" not in [line["event"] for line in logs]
