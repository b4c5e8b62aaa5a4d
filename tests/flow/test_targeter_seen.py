"""When clusters were heard of last outlives the leader that heard them."""

from pathlib import Path

from fleet.events import LastSeen
from fleet.targeter.seen import SeenTimes
from support.bus import running_bus
from support.reports import a_beat
from support.targeting import Draft, World, a_cluster

KEY = ("fleet-default", "one")


def world() -> World:
    found = World().clusters(a_cluster("one"), a_cluster("two")).begin()
    found.deliver(Draft(targets=[{"clusterSelector": {}}])).flush()
    return found


async def test_times_are_written_in_chunks_only_when_they_changed_and_read_by_the_next(
    tmp_path: Path,
) -> None:
    async with running_bus(tmp_path) as (_, bus):
        first = world()
        uid = first.desired["one"].uid
        times = SeenTimes(bus=bus, estate=first.estate)
        first.put(a_beat(first.desired["one"]))
        await times.write()
        await times.write()
        info = await bus.connection.api("STREAM.INFO.SEEN")
        assert info["state"]["last_seq"] == 1
        stored = [stored async for stored in bus.present(LastSeen)]
        assert [list(one.event.seen) for one in stored] == [[uid]]
        second = world()
        assert second.estate.ledger.last_seen(KEY, uid) == 0
        await SeenTimes(bus=bus, estate=second.estate).load()
        assert second.estate.ledger.last_seen(KEY, uid) == first.estate.ledger.last_seen(KEY, uid) > 0
