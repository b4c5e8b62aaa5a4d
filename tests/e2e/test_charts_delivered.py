"""A chart of a repository that wants a password is delivered, and so is its next version."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from support.certificates import make_certificate
from support.chart_repository import PAIR, packed_chart, serving_charts
from support.live import LiveHub, a_gitrepo, live_hub

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEMPLATE = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"
    "data: {version: '{{ .Chart.Version }}', colour: '{{ .Values.colour }}'}\n"
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveHub]:
    async with live_hub(tmp_path_factory.mktemp("charts"), "one:env=live") as running:
        yield running


async def settings(hub: LiveHub) -> dict[str, str]:
    async with await hub.kube("one") as kube:
        found = await kube.get("v1", "ConfigMap", "settings", namespace="shop")
    return dict(found["data"])


async def test_a_chart_of_a_locked_repository_becomes_ready_on_a_cluster(
    hub: LiveHub, tmp_path: Path
) -> None:
    certificate = make_certificate(tmp_path / "tls")
    repository = hub.repository("shop")
    charts = [
        ("web", v, packed_chart("web", v, {"templates/config.yaml": TEMPLATE})) for v in ("1.0.0", "1.1.0")
    ]
    with serving_charts(pair=PAIR, tls=certificate.context()) as server:
        server.put(*charts)

        def options(version: str, colour: str) -> dict[str, str]:
            chart = f"repo: {server.url}, chart: web, version: {version}"
            return {"fleet.yaml": f"helm: {{{chart}, releaseName: web, values: {{colour: {colour}}}}}\n"}

        repository.commit(options("1.0.0", "white"))
        gitrepo = a_gitrepo("shop", repository.url, targetNamespace="shop", helmSecretName="charts")
        secret = (f"--from-literal=username={PAIR[0]}", f"--from-literal=password={PAIR[1]}")
        done = await hub.fleet(
            "create", "secret", "generic", "charts", *secret, f"--from-file=cacerts={certificate.path}"
        )
        assert done.code == 0, done.err
        await hub.apply(gitrepo)
        await hub.describes("gitrepo/shop", "fleet.yaml:1: helm.repo", "401", "helmRepoURLRegex is empty")

        gitrepo["spec"]["helmRepoURLRegex"] = server.url
        await hub.apply(gitrepo)
        await hub.delivered("shop", repository.commit(options("1.0.0", "blue")))
        await hub.ready("gitrepo/shop")
        assert await settings(hub) == {"version": "1.0.0", "colour": "blue"}

        await hub.delivered("shop", repository.commit(options("1.x", "blue")))
        assert await settings(hub) == {"version": "1.1.0", "colour": "blue"}
    assert not hub.up.has_said(PAIR[1])
