"""`fleet up` as people use it: it starts, keeps all alive, stops, resumes, and leaves nothing behind."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from fleet.bus import Bus
from fleet.cli.demo.git import DemoRepository
from fleet.cli.hub.layout import Layout
from fleet.events import DeploymentReported, DeploymentTargeted
from support.command import fleet
from support.embedded import a_hub_in, pids_of
from support.waiting import eventually

KUBECTL = Path(sys.executable).parent / "kubectl"
PROCESSES = {"nats", "gitjob", "bundler", "targeter", "gateway", "pocket", "agent"}
GITREPO = """\
apiVersion: fleet.cattle.io/v1alpha1
kind: GitRepo
metadata: {{name: demo, namespace: fleet-default}}
spec:
  repo: {repo}
  branch: main
  paths: [web]
  pollingInterval: 500ms
  targets: [{{clusterSelector: {{matchLabels: {{env: demo}}}}}}]
"""


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "hub"


async def kubectl(kubeconfig: Path, *arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        str(KUBECTL),
        "--kubeconfig",
        str(kubeconfig),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()


async def deliver(folder: Path, tmp_path: Path) -> None:
    """Have the demo's `web` bundle delivered to every cluster labelled env=demo."""
    repository = DemoRepository(tmp_path / "git")
    commit = await repository.create()
    path = tmp_path / "gitrepo.yaml"
    path.write_text(GITREPO.format(repo=repository.served / "demo.git"))
    assert (await fleet("apply", "-f", str(path), "--data", str(folder))).code == 0
    arguments = ("-n", "fleet-default", "--timeout", "60s", "--data", str(folder))
    done = await fleet("wait", "gitrepo/demo", f"--for=commit={commit}", *arguments)
    assert done.code == 0, done.err


async def what_runs(folder: Path, kubeconfig: Path) -> dict[str, object]:
    """What would change with a redeployment: manifests, reports, and the releases with their versions."""
    seed = Layout(folder).control_seed.read_text().strip()
    url = json.loads((folder / "hub.json").read_bytes())["url"]
    async with await Bus.connect(url, name="test", seed=seed) as bus:
        desired = {one.subject: one.event.digest async for one in bus.present(DeploymentTargeted)}
        reported = {one.subject: one.event.entries async for one in bus.present(DeploymentReported)}
    releases = json.loads(await kubectl(kubeconfig, "get", "secrets", "-A", "-l", "owner=helm", "-o", "json"))
    versions = {item["metadata"]["name"]: item["metadata"]["resourceVersion"] for item in releases["items"]}
    assert min(len(desired), len(reported), len(versions)) > 0
    return {"desired": desired, "reported": reported, "releases": versions}


async def test_up_starts_refuses_a_second_restarts_what_dies_and_ends_with_nothing_left(folder):
    async with a_hub_in(folder) as hub:
        await hub.ready()
        assert set(hub.known["processes"]) == PROCESSES
        clusters = await fleet("get", "clusters", "-A", "--data", str(folder))
        assert [row[:2] for row in clusters.rows] == [["NAMESPACE", "NAME"], ["fleet-local", "local"]]
        assert (await fleet("get", "clustergroup/default", "--data", str(folder))).code == 0

        async with a_hub_in(folder) as second:
            assert await second.ended() == 1
        assert f"{folder} is in use by another hub (process {hub.process.pid})" in second.lines[0]
        assert hub.process.returncode is None

        killed = hub.known["processes"]["targeter"]
        os.kill(killed, signal.SIGKILL)
        await eventually(lambda: hub.known["processes"]["targeter"] != killed)
        await eventually(
            lambda: any(line.startswith("targeter was killed by signal 9") for line in hub.lines)
        )

        assert await hub.stop() == 0
    assert hub.lines[-1] == "stopped"
    assert pids_of(folder) == {}


async def test_a_second_start_resumes_with_nothing_redeployed(folder, tmp_path):
    named = ("--cluster", "one:env=demo", "--cluster", "two")
    async with a_hub_in(folder, *named) as hub:
        await hub.ready()
        await deliver(folder, tmp_path)
        kubeconfig = tmp_path / "one.kubeconfig"
        shown = await fleet("kubeconfig", "one", "--data", str(folder))
        kubeconfig.write_text(shown.out)
        before = await what_runs(folder, kubeconfig)
        assert await hub.stop(signal.SIGTERM) == 0

    async with a_hub_in(folder, "--cluster", "one:env=prod") as hub:
        await hub.ready()
        kept = "cluster fleet-default/one is there already and keeps its labels"
        assert [line for line in hub.lines if line.startswith(kept)]
        arguments = ("--for=ready", "-n", "fleet-default", "--timeout", "60s", "--data", str(folder))
        assert (await fleet("wait", "gitrepo/demo", *arguments)).code == 0
        clusters = await fleet("get", "clusters", "-A", "--data", str(folder))
        assert [row[1] for row in clusters.rows[1:]] == ["one", "two"]
        assert await what_runs(folder, kubeconfig) == before
        assert await hub.stop() == 0


async def test_nothing_outlives_a_hub_that_is_killed_and_the_next_start_goes_on(folder):
    async with a_hub_in(folder, "--cluster", "one:env=demo") as hub:
        await hub.ready()
        hub.process.kill()
        await hub.ended()
        await eventually(lambda: pids_of(folder) == {})
    async with a_hub_in(folder, "--cluster", "one:env=demo") as hub:
        await hub.ready()
        shown = await fleet(
            "get", "cluster", "one", "-n", "fleet-default", "-o", "json", "--data", str(folder)
        )
        assert json.loads(shown.out)["metadata"]["labels"] == {"env": "demo"}


async def test_a_cluster_that_is_declared_takes_part_and_one_that_is_deleted_does_not(folder, tmp_path):
    async with a_hub_in(folder, "--cluster", "one") as hub:
        await hub.ready()
        path = tmp_path / "two.yaml"
        path.write_text(
            "apiVersion: fleet.cattle.io/v1alpha1\nkind: Cluster\n"
            "metadata: {name: two, namespace: fleet-default, labels: {env: demo}}\n"
        )
        assert (await fleet("apply", "-f", str(path), "--data", str(folder))).code == 0
        await deliver(folder, tmp_path)
        await eventually(
            lambda: any("cluster fleet-default/two reports 1 bundle" in line for line in hub.lines)
        )
        assert (await fleet("delete", "-f", str(path), "--data", str(folder))).code == 0
        await eventually(lambda: hub.has_said("cluster fleet-default/two dropped"))
        assert (await fleet("kubeconfig", "two", "--data", str(folder))).code == 1
