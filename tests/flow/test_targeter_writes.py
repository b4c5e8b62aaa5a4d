"""The targeter on a real broker: what is written to clusters, how often, and what a restart changes."""

from pathlib import Path

from fleet.events import DeploymentTargeted, Member, RolloutAdvanced, ViewPart
from support.targeter import Scene, leading, scene
from support.targeting import Draft, a_cluster

EVERYWHERE = {"clusterSelector": {}}


def drafts(count: int, *, content: str = "c0ffee") -> list[Draft]:
    return [Draft(f"app-{n:02}", targets=[EVERYWHERE], content=content) for n in range(count)]


async def written(found: Scene) -> dict[str, int]:
    classes = (DeploymentTargeted, Member, RolloutAdvanced, ViewPart)
    return {cls.STREAM: await found.writes(cls) for cls in classes}


async def test_many_bundles_cost_one_manifest_per_cluster(tmp_path: Path) -> None:
    clusters = [a_cluster(f"c{n}") for n in range(3)]
    async with scene(tmp_path, *clusters) as found:
        await found.deliver(*drafts(20))
        async with leading(found):
            await found.run({f"c{n}": [f"app-{n:02}" for n in range(20)] for n in range(3)})
            assert await found.writes(DeploymentTargeted) == 3


async def test_a_restart_writes_nothing_when_nothing_changed(tmp_path: Path) -> None:
    async with scene(tmp_path, a_cluster("c0"), a_cluster("c1")) as found:
        await found.deliver(*drafts(2))
        async with leading(found):
            await found.run({name: ["app-00", "app-01"] for name in ("c0", "c1")})
            await found.report_all()
            await found.ready("gitrepo", "shop")
            await found.ready("bundle", "app-00")
            await found.ready("bundle", "app-01")
        before = await written(found)
        async with leading(found):
            await found.deliver(*drafts(2), Draft("marker", targets=[]))
            await found.ready("bundle", "marker")
        after = await written(found)
        assert {**before, "VIEWS": 0} == {**after, "VIEWS": 0}
