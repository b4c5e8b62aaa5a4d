"""The real kubectl and the real Helm beside a running hub: they see what was deployed, change it, and the
agent notices."""

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from support.helm import HelmUser
from support.kubectl import Kubectl
from support.live import LiveHub, a_gitrepo, live_hub

pytestmark = pytest.mark.asyncio(loop_scope="module")

RAW = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: shop}
data: {greeting: Good morning, release: "%s"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec: {containers: [{name: shop, image: registry.example/shop:1}]}
"""
CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: cache\nversion: 1.2.3\n",
    "chart/values.yaml": "memory: 64Mi\nreplicas: 1\n",
    "chart/templates/settings.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Release.Name }}'}\n"
        "data: {memory: '{{ .Values.memory }}', mode: '{{ .Values.mode }}'}\n"
    ),
    "chart/fleet.yaml": ("defaultNamespace: cache\nhelm: {releaseName: cache, values: {mode: '%s'}}\n"),
}


def files(number: int) -> dict[str, str]:
    """What the repository has at its commit of this number."""
    chart = {path: text % "warm" if path.endswith("fleet.yaml") else text for path, text in CHART.items()}
    if number > 1:
        chart["chart/fleet.yaml"] = CHART["chart/fleet.yaml"] % "hot"
    return {
        "seen/fleet.yaml": "defaultNamespace: seen\n",
        "seen/shop.yaml": RAW % number,
        "mended/fleet.yaml": "defaultNamespace: mended\ncorrectDrift: {enabled: true}\n",
        "mended/shop.yaml": RAW % number,
        "rolled/fleet.yaml": "defaultNamespace: rolled\n",
        "rolled/shop.yaml": RAW % number,
        **chart,
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveHub]:
    """A hub that has delivered two commits to the cluster `edge`."""
    async with live_hub(tmp_path_factory.mktemp("live"), "edge:env=live") as running:
        repository = running.repository("shop")
        await running.apply(a_gitrepo("shop", repository.url))
        for number in (1, 2):
            await running.delivered("shop", repository.commit(files(number), branch="master"))
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def kubectl(hub: LiveHub) -> Kubectl:
    return await hub.kubectl("edge")


@pytest_asyncio.fixture(loop_scope="module")
async def helm(hub: LiveHub) -> HelmUser:
    return await hub.helm("edge")


async def data_of(kubectl: Kubectl, name: str, namespace: str) -> dict[str, str]:
    """The data of a ConfigMap; empty while it is not there."""
    done = await kubectl.run("get", "configmap", name, "-n", namespace, "-o", "json")
    return dict(json.loads(done.out)["data"]) if done.code == 0 else {}


async def test_kubectl_lists_and_reads_what_was_deployed(kubectl: Kubectl) -> None:
    rows = (await kubectl("get", "deployments", "-A")).splitlines()
    shown = {tuple(row.split()[:5]) for row in rows[1:]}
    assert shown >= {("mended", "shop", "2/2", "2", "2"), ("seen", "shop", "2/2", "2", "2")}
    assert (await data_of(kubectl, "shop", "seen"))["release"] == "2"
    marked = await kubectl("get", "cm,deploy", "-A", "-l", "objectset.rio.cattle.io/hash", "-o", "name")
    assert set(marked.split()) == {"configmap/cache", "configmap/shop", "deployment.apps/shop"}
    assert "Good morning" in await kubectl("describe", "configmap/shop", "-n", "seen")
    assert "pocket" in await kubectl("version")


async def test_helm_lists_the_releases_and_shows_their_values_and_history(helm: HelmUser) -> None:
    listed = await helm("list", namespace="", all_namespaces=True)
    assert {(one["name"], one["namespace"], one["status"]) for one in listed} == {
        *((f"shop-{name}", name, "deployed") for name in ("seen", "mended", "rolled")),
        ("cache", "cache", "deployed"),
    }
    history = await helm("history", "cache", namespace="cache")
    assert [(one["revision"], one["status"]) for one in history] == [(1, "superseded"), (2, "deployed")]
    assert (await helm("get_values", "cache", namespace="cache"))["mode"] == "hot"
    values = await helm("get_values", "cache", namespace="cache", all_values=True)
    assert {"memory": "64Mi", "mode": "hot"}.items() <= values.items()
    assert "shop" in (await helm("status", "shop-seen", namespace="seen"))["manifest"]


async def test_a_change_with_kubectl_shows_as_modified_where_drift_is_only_seen(
    hub: LiveHub, kubectl: Kubectl
) -> None:
    mend = ("patch", "configmap/shop", "-n", "seen", "--type=merge", "-p")
    await kubectl(*mend, '{"data":{"greeting":"Good riddance"}}')
    text = await hub.describes("bundle/shop-seen", "Modified", '{"data":{"greeting":"Good morning"}}')
    assert "ConfigMap seen/shop" in text
    rows = (await hub.fleet("get", "bundles")).rows
    assert ["shop-seen", "0/1", "Modified(1)"] in [row[:3] for row in rows]
    assert (await data_of(kubectl, "shop", "seen"))["greeting"] == "Good riddance"
    await kubectl(*mend, '{"data":{"greeting":"Good morning"}}')
    await hub.ready("bundle/shop-seen")


async def test_a_change_with_kubectl_is_put_right_where_drift_is_corrected(
    hub: LiveHub, kubectl: Kubectl
) -> None:
    await kubectl(
        "patch", "configmap/shop", "-n", "mended", "--type=merge", "-p", '{"data":{"greeting":"x"}}'
    )
    await kubectl("scale", "deployment/shop", "-n", "mended", "--replicas=7")

    async def as_in_git() -> bool:
        replicas = await kubectl("get", "deployment/shop", "-n", "mended", "-o", "jsonpath={.spec.replicas}")
        return (await data_of(kubectl, "shop", "mended"))["greeting"] == "Good morning" and replicas == "2"

    await hub.until("what kubectl changed is as in git", as_in_git)
    await hub.ready("bundle/shop-mended")


async def test_a_release_that_somebody_uninstalls_with_helm_comes_back(
    hub: LiveHub, kubectl: Kubectl, helm: HelmUser
) -> None:
    await helm("uninstall", "cache", namespace="cache")

    async def is_back() -> bool:
        return (await data_of(kubectl, "cache", "cache")).get("mode") == "hot"

    await hub.until("the release cache is back", is_back)
    assert [one["status"] for one in await helm("list", namespace="cache")] == ["deployed"]
    await hub.ready("bundle/shop-chart")


async def test_a_release_that_somebody_rolls_back_with_helm_goes_forward_again(
    hub: LiveHub, kubectl: Kubectl, helm: HelmUser
) -> None:
    await helm("rollback", "shop-rolled", version=1, namespace="rolled")

    async def is_forward() -> bool:
        newest = (await helm("history", "shop-rolled", namespace="rolled"))[-1]
        data = await data_of(kubectl, "shop", "rolled")
        return newest["status"] == "deployed" and newest["revision"] > 3 and data["release"] == "2"

    await hub.until("the release shop-rolled has the newest commit again", is_forward)
    await hub.ready("bundle/shop-rolled")
