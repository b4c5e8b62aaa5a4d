"""Helm itself sees what the agent deployed, and the agent sees what is done with Helm."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from helm_python import Chart, Config

from fleet.agent.domain.charts import archive
from fleet.agent.domain.files import File
from support.agents import Bundle, Site, attended_site, config_map
from support.waiting import eventually

T = TypeVar("T")

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.2.3\nappVersion: '9'\n",
    "values.yaml": "greeting: hello\nother: 1\n",
    "templates/config.yaml": config_map("conf", greeting="{{ .Values.greeting }}"),
    "templates/NOTES.txt": "greeting is {{ .Values.greeting }}",
}
OPTIONS = {"defaultNamespace": "web", "helm": {"values": {"greeting": "hi"}}}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with attended_site(tmp_path) as found:
        yield found


async def with_helm(site: Site, work: Callable[[Config], T]) -> T:
    """Do something with Helm, as a person beside the agent would."""

    def run() -> T:
        with Config(kubeconfig_path=site.identity.kubeconfig, namespace="web") as config:
            return work(config)

    return await asyncio.to_thread(run)


async def test_helm_lists_the_release_with_name_chart_values_and_notes(site: Site) -> None:
    await site.ready(await site.deliver(Bundle("shop", CHART, OPTIONS)))
    (listed,) = await with_helm(site, lambda helm: helm.list(all_namespaces=True))
    assert (listed["name"], listed["namespace"], listed["status"]) == ("shop", "web", "deployed")
    assert (listed["chart_name"], listed["chart_version"]) == ("shop", "1.2.3")
    assert await with_helm(site, lambda helm: helm.get_values("shop")) == {"greeting": "hi"}
    everything = await with_helm(site, lambda helm: helm.get_values("shop", all_values=True))
    assert everything == {"greeting": "hi", "other": 1}
    status = await with_helm(site, lambda helm: helm.status("shop"))
    assert status["notes"] == "greeting is hi"
    assert "objectset.rio.cattle.io/hash" in status["manifest"]


async def test_a_release_that_is_uninstalled_by_hand_comes_back(site: Site) -> None:
    manifest = await site.deliver(Bundle("shop", CHART, OPTIONS))
    await site.ready(manifest)
    await with_helm(site, lambda helm: helm.uninstall("shop"))
    await eventually(lambda: _greets(site, "hi"))
    await site.ready(manifest)


async def test_a_release_that_is_upgraded_by_hand_is_what_git_says_again(site: Site) -> None:
    manifest = await site.deliver(Bundle("shop", CHART, OPTIONS))
    await site.ready(manifest)
    packed = archive("shop", [File(name, text.encode()) for name, text in CHART.items()])

    def upgrade(helm: Config) -> dict[str, Any]:
        with Chart.load_archive(packed) as chart:
            return helm.upgrade(chart, "shop", {"greeting": "by hand"})

    await with_helm(site, upgrade)

    async def deployed_from_git() -> bool:
        release = (await site.releases()).get("shop")  # none while Helm replaces one revision by the next
        return (
            release is not None and release.marks is not None and release.marks.entry == manifest.entries[0]
        )

    await eventually(deployed_from_git)
    await eventually(lambda: _greets(site, "hi"))
    await site.ready(manifest)


async def test_changes_are_seen_after_the_watches_were_cut(site: Site) -> None:
    manifest = await site.deliver(Bundle("shop", CHART, OPTIONS))
    await site.ready(manifest)
    site.server.refuse("fleet-default.edge-1", status=503)
    site.server.accept("fleet-default.edge-1")
    await site.kube.patch(
        "v1",
        "ConfigMap",
        "conf",
        {"data": {"greeting": "changed"}},
        field_manager="somebody",
        namespace="web",
    )
    await site.trouble(manifest, "shop", "Modified")


async def _greets(site: Site, word: str) -> bool:
    return await site.data_of("conf") == {"greeting": word}
