"""`fleet apply NAME PATH...` into a running `fleet up`: bundles become Ready, change, move and go."""

from pathlib import Path

import pytest

from support.folders import write
from support.live import LiveHub, live_hub

TARGETS = "targets: [{name: live, clusterSelector: {matchLabels: {env: live}}}]\n"
CONFIG = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: default}}\n"
    "data: {{colour: {colour}}}\n"
)
SECRET = "correct-horse-battery"
CHART = "apiVersion: v2\nname: shop\nversion: 0.1.0\n"
TEMPLATE = (
    "apiVersion: v1\nkind: Secret\nmetadata: {name: shop, namespace: default}\n"
    "stringData: {password: {{ .Values.password }}}\n"
)


async def colour(hub: LiveHub, name: str) -> str:
    kubectl = await hub.kubectl("one")
    return await kubectl("get", "configmap", name, "--ignore-not-found", "-o", "jsonpath={.data.colour}")


async def applied(hub: LiveHub, *paths: str) -> None:
    done = await hub.fleet("apply", "--targets-file", "../targets", "shop", *paths)
    assert (done.code, done.err) == (0, ""), done.err


async def test_folders_run_on_clusters_follow_each_apply_and_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    write(here, {f"{name}/a.yaml": CONFIG.format(name=name, colour="red") for name in ("web", "old")})
    write(here, {"chart/Chart.yaml": CHART, "chart/templates/a.yaml": TEMPLATE})
    write(here, {"chart/fleet.yaml": f"helm: {{values: {{password: {SECRET}}}}}\n"})
    write(tmp_path, {"targets": TARGETS})
    monkeypatch.chdir(here)
    async with live_hub(tmp_path, "one:env=live", "two:env=other") as hub:
        await applied(hub, "web", "old", "chart")
        for name in ("shop-web", "shop-old", "shop-chart"):
            await hub.ready(f"bundle/{name}")
        assert (await colour(hub, "web"), await colour(hub, "old")) == ("red", "red")
        kubectl = await hub.kubectl("one")
        assert "password" in await kubectl("get", "secret", "shop", "-o", "jsonpath={.data}")
        held = [path for path in (hub.up.folder / "nats").rglob("*") if path.is_file()]
        assert not any(SECRET.encode() in path.read_bytes() for path in held)

        write(here, {"web/a.yaml": CONFIG.format(name="web", colour="blue")})
        write(here, {"new/a.yaml": CONFIG.format(name="old", colour="green")})
        await applied(hub, "web", "new", "chart")

        async def is_moved() -> bool:
            names = {one["metadata"]["name"] for one in await hub.objects("bundles")}
            releases = await kubectl("get", "secrets", "-A", "-l", "owner=helm", "-o", "name")
            return names == {"shop-web", "shop-new", "shop-chart"} and "shop-old" not in releases

        await hub.until("the old bundle and its release are gone", is_moved)
        await hub.ready("bundle/shop-new")
        await hub.ready("bundle/shop-web")
        assert (await colour(hub, "web"), await colour(hub, "old")) == ("blue", "green")


async def test_bundles_that_match_no_cluster_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    write(here, {"fleet.yaml": "overrideTargets: [{clusterName: nowhere}]\n", "a.yaml": "n: 1\n"})
    monkeypatch.chdir(here)
    async with live_hub(tmp_path, "one:env=live") as hub:
        for _ in range(2):
            done = await hub.fleet("apply", "shop")
            assert (done.code, done.err) == (
                0,
                'note: the bundle "shop" matches no cluster: see its targets\n',
            )
