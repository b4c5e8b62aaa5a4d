"""A rolloutStrategy from git to clusters: what fails stops at the first, what mends it goes everywhere."""

from pathlib import Path

from support.live import WORKSPACE, LiveHub, Object, a_gitrepo, live_hub

NAMES = ("one", "three", "two")
STRATEGY = "namespace: painted\nhelm: {releaseName: painted}\nrolloutStrategy: {maxUnavailable: 1}\n"
CHART = "apiVersion: v2\nname: painted\nversion: 0.1.0\n"
WALL = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: wall}\ndata: {colour: {{ %s }}}\n"


def chart(colour: str) -> dict[str, str]:
    return {"Chart.yaml": CHART, "templates/wall.yaml": WALL % colour, "fleet.yaml": STRATEGY}


async def by_cluster(hub: LiveHub) -> dict[str, Object]:
    found = [one for one in await hub.objects("bundledeployments") if one["metadata"]["name"] == "shop"]
    return {one["metadata"]["labels"]["fleet.cattle.io/cluster"]: one for one in found}


async def colours(hub: LiveHub) -> dict[str, str]:
    clusters = {name: await hub.kubectl(name) for name in NAMES}
    wanted = ("get", "configmap", "wall", "-n", "painted", "-o", "jsonpath={.data.colour}")
    return {name: (await kubectl(*wanted)).strip() for name, kubectl in clusters.items()}


async def test_a_bad_commit_stops_at_the_first_cluster_and_the_next_one_mends_it(tmp_path: Path) -> None:
    async with live_hub(tmp_path, *(f"{name}:env=live" for name in NAMES)) as hub:
        repository = hub.repository("shop")
        first = repository.commit(chart('"blue"'))
        await hub.apply(a_gitrepo("shop", repository.url))
        await hub.delivered("shop", first)
        repository.commit(chart('fail "no such colour"'))

        async def the_first_has_failed() -> bool:
            found = await by_cluster(hub)
            return found["one"]["status"]["display"]["state"] == "ErrApplied"

        await hub.until("the first cluster refuses it", the_first_has_failed)
        found = await by_cluster(hub)
        assert {found[name]["status"]["display"]["state"] for name in ("three", "two")} == {"OutOfSync"}
        assert "first one" in found["two"]["status"]["hop"]["why"]
        text = await hub.describes("bundle/shop", "ErrApplied(1)", "WaitApplied(2)")
        assert f"{WORKSPACE}/one" in text
        third = repository.commit(chart('"green"'))
        await hub.delivered("shop", third)
        assert await colours(hub) == dict.fromkeys(NAMES, "green")
