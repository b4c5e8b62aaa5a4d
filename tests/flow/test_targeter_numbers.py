"""The targeter goes on, whatever numbers an agent says of itself."""

from pathlib import Path

from fleet.events import DeploymentReported, Envelope, Event
from support.reports import a_beat, a_report, a_trouble
from support.targeter import Scene, leading, scene
from support.targeting import Draft, a_cluster

EVERYWHERE = {"clusterSelector": {}}


async def say(found: Scene, event: Event) -> None:
    """Say this event as it is, valid or not."""
    if isinstance(event, DeploymentReported):
        headers = Envelope(id="1", type=event.type_name(), source="agent", time="now").to_headers()
        await found.bus.tell(event.subject(), event.encode(), headers=headers)
    else:
        await found.bus.tell(event.subject(), event.encode())


async def test_numbers_beyond_all_bounds_stop_nothing(tmp_path: Path) -> None:
    async with scene(tmp_path, a_cluster("c0"), a_cluster("c1")) as found:
        await found.deliver(Draft("app", targets=[EVERYWHERE]))
        async with leading(found):
            await found.run({"c0": ["app"], "c1": ["app"]})
            manifest = (await found.desired())["c0"].event
            trouble = a_trouble(await found.entry(manifest.entries[0]), "NotReady")
            too_long = trouble.model_copy(update={"seconds": 10**15})
            await say(found, a_report(manifest, troubles=[too_long]))
            beat = a_beat(manifest, digest="0" * 32)
            for generation in (2**53, 2**64 - 1):
                far = {"generation": generation}
                await say(found, a_report(manifest, troubles=[trouble]).model_copy(update=far))
                for _ in range(2):
                    await say(found, beat.model_copy(update=far))
            await found.deliver(Draft("next", targets=[EVERYWHERE]))
            await found.run({"c0": ["next"], "c1": ["next"]})
            assert (await found.desired())["c0"].event.generation < 10
