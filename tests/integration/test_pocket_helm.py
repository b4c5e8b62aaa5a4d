"""Helm's own SDK on a pocket cluster."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import helm_python
import pytest

from fleet.kube import KubeClient
from fleet.pocket import PocketServer
from support.pocket import pocket, pocket_client, write_kubeconfig

TEMPLATE = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec:
      containers: [{name: web, image: {{ .Values.image | quote }}}]
---
apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}}
spec: {selector: {app: {{ .Release.Name }}}, ports: [{port: {{ .Values.port }}}]}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-hook
  annotations: {helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-delete-policy: before-hook-creation}
spec:
  template:
    spec: {restartPolicy: Never, containers: [{name: hook, image: "registry.example/hook:1"}]}
"""


class Helm:
    """A chart and the place where it is released."""

    def __init__(self, *, kubeconfig: Path, chart: Path) -> None:
        self.config = helm_python.Config(
            kubeconfig_path=str(kubeconfig), namespace="apps", qps=1000.0, burst_limit=2000
        )
        self.chart = helm_python.Chart.load(str(chart))

    async def call(self, method: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Run a method of the SDK, which blocks, beside the server."""
        return await asyncio.to_thread(method, *arguments, **options)

    async def install(self, values: dict[str, Any]) -> None:
        await self.call(
            self.config.install, self.chart, "web", values, create_namespace=True, wait="watcher", timeout=30
        )

    async def upgrade(self, values: dict[str, Any], seconds: int = 30) -> None:
        await self.call(self.config.upgrade, self.chart, "web", values, wait="watcher", timeout=seconds)

    async def revisions(self) -> list[tuple[int, str]]:
        history = await self.call(self.config.history, "web")
        return [(entry["revision"], entry["status"]) for entry in history]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[PocketServer]:
    async with pocket(tmp_path / "data", "alpha") as running:
        yield running


@pytest.fixture
async def client(server: PocketServer) -> AsyncIterator[KubeClient]:
    async with pocket_client(server, "alpha") as made:
        yield made


@pytest.fixture
def helm(server: PocketServer, tmp_path: Path) -> Helm:
    chart = tmp_path / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 0.1.0\n")
    (chart / "values.yaml").write_text('replicas: 2\nport: 80\nimage: "registry.example/web:1"\n')
    (chart / "templates" / "all.yaml").write_text(TEMPLATE)
    return Helm(kubeconfig=write_kubeconfig(server, "alpha", tmp_path), chart=chart)


async def _deployment(client: KubeClient) -> dict[str, Any]:
    return await client.get("apps/v1", "Deployment", "web", namespace="apps")


async def test_an_install_waits_until_all_is_ready(helm: Helm, client: KubeClient) -> None:
    await helm.install({"replicas": 3})
    assert (await _deployment(client))["status"]["readyReplicas"] == 3
    listed = await helm.call(helm.config.list, all_namespaces=True)
    assert [(release["name"], release["status"]) for release in listed] == [("web", "deployed")]
    assert (await client.get("batch/v1", "Job", "web-hook", namespace="apps"))["status"]["succeeded"] == 1


async def test_an_upgrade_and_a_rollback_are_revisions(helm: Helm, client: KubeClient) -> None:
    await helm.install({})
    await helm.upgrade({"replicas": 5})
    assert (await _deployment(client))["spec"]["replicas"] == 5
    await helm.call(helm.config.rollback, "web", version=1)
    assert (await _deployment(client))["spec"]["replicas"] == 2
    assert await helm.revisions() == [(1, "superseded"), (2, "superseded"), (3, "deployed")]


async def test_an_upgrade_that_changes_nothing_changes_no_object(helm: Helm, client: KubeClient) -> None:
    await helm.install({})
    before = (await _deployment(client))["metadata"]
    await helm.upgrade({})
    after = (await _deployment(client))["metadata"]
    assert (before["generation"], before["uid"]) == (after["generation"], after["uid"])


async def test_a_wait_for_what_cannot_start_fails(helm: Helm) -> None:
    await helm.install({})
    with pytest.raises(helm_python.HelmError) as caught:
        await helm.upgrade({"image": "registry.invalid/web:2"}, seconds=1)
    assert "not ready" in str(caught.value)
    assert await helm.revisions() == [(1, "deployed"), (2, "failed")]


async def test_values_of_a_wrong_type_are_refused_by_the_server(helm: Helm) -> None:
    await helm.install({})
    with pytest.raises(helm_python.HelmError) as caught:
        await helm.upgrade({"port": "abc"})
    assert ".spec.ports[0].port" in str(caught.value)


async def test_an_uninstall_leaves_nothing(helm: Helm, client: KubeClient) -> None:
    await helm.install({})
    await helm.call(helm.config.uninstall, "web")
    for api_version, kind in (("apps/v1", "Deployment"), ("v1", "Service"), ("v1", "Secret")):
        assert (await client.list(api_version, kind, namespace="apps")).items == []
    with pytest.raises(helm_python.HelmError):
        await helm.call(helm.config.uninstall, "web")
