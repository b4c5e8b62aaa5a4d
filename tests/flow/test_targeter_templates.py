"""Templates and mapped workspaces on a real broker: what is sealed for each cluster, what a restart keeps."""

from pathlib import Path
from typing import Any

from fleet.events import DeploymentTargeted, Stored
from support.targeter import Scene, leading, scene
from support.targeting import WORKSPACE, Draft, a_cluster, a_resource
from support.waiting import eventually

EVERYWHERE = {"clusterSelector": {}}


def templated() -> Draft:
    values = {"region": "${ .ClusterLabels.region | upper }"}
    return Draft("web", targets=[EVERYWHERE], options={"helm": {"values": values}})


async def values_on(found: Scene, cluster: str) -> Any:
    manifest = (await found.desired())[cluster].event
    entry = await found.entry(manifest.entries[0])
    return (await found.options(entry))["helm"]["values"]


async def test_c13_every_cluster_gets_its_own_values_and_one_that_lacks_a_label_gets_them_later(
    tmp_path: Path,
) -> None:
    clusters = [a_cluster(name, {"region": name}) for name in ("eu", "us")]
    async with scene(tmp_path, *clusters, a_cluster("bare", {"other": "x"})) as found:
        await found.deliver(templated())
        async with leading(found):
            await found.run({"eu": ["web"], "us": ["web"]})
            assert [await values_on(found, name) for name in ("eu", "us")] == [
                {"region": "EU"},
                {"region": "US"},
            ]
            await found.report_all()
            for kind, name in (("bundle", "web"), ("gitrepo", "shop")):
                part = await found.ready(kind, name, "False")
                assert part.conditions[0].reason == "Error"
                assert part.conditions[0].message.startswith(
                    "targeting error: cluster bare in namespace fleet-default: failed to render"
                )
                assert (
                    '<.ClusterLabels.region>: map has no entry for key "region"' in part.conditions[0].message
                )
            await found.declare(a_cluster("bare", {"region": "far"}))
            await found.run({"bare": ["web"], "eu": ["web"], "us": ["web"]})
            assert await values_on(found, "bare") == {"region": "FAR"}
            await found.report_all()
            for kind, name in (("bundle", "web"), ("gitrepo", "shop")):
                assert (await found.ready(kind, name)).conditions[0].message == ""


async def test_a_restart_renders_the_same_and_writes_nothing(tmp_path: Path) -> None:
    async with scene(tmp_path, a_cluster("eu", {"region": "eu"}), a_cluster("bare", {"x": "y"})) as found:
        await found.deliver(templated())
        async with leading(found):
            await found.run({"eu": ["web"]})
            await found.report_all()
            await found.ready("bundle", "web", "False")
        written = await found.writes(DeploymentTargeted)
        async with leading(found):
            await found.deliver(Draft("marker"), repository="other")
            await found.ready("gitrepo", "other")
        assert await found.writes(DeploymentTargeted) == written
        assert await found.runs() == {"eu": ["web"]}


async def test_c17_a_mapped_bundle_reaches_a_cluster_of_another_workspace_with_its_sealed_entry(
    tmp_path: Path,
) -> None:
    mapping = a_resource(
        "bundlenamespacemapping",
        "mapping",
        {
            "bundleSelector": {"matchLabels": {"app": "shared"}},
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "other"}},
        },
    )
    async with scene(tmp_path, a_cluster("far", {"env": "dev"}, workspace="other")) as found:
        await found.deliver(Draft("web", targets=[EVERYWHERE], labels={"app": "shared"}))
        async with leading(found):
            await found.declare(mapping)
            told: list[Stored[DeploymentTargeted]] = []

            async def the_cluster_is_told() -> bool:
                told[:] = [s async for s in found.bus.present(DeploymentTargeted, workspace="other")]
                return bool(told and told[0].event.entries)

            await eventually(the_cluster_is_told)
            entry = await found.entry(told[0].event.entries[0], "other")
            assert (entry.bundle, entry.namespace) == ("web", WORKSPACE)
            assert await found.options(entry) == {"helm": {}}
