"""The real kubectl on a pocket cluster, as people use it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from support.conformance import definition
from support.kubectl import Kubectl
from support.pocket import pocket, write_kubeconfig

MANIFEST = """
apiVersion: v1
kind: Namespace
metadata: {name: demo}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: demo}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: "registry.example/web:1", ports: [{containerPort: 80}]}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: demo}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""


@pytest.fixture
async def kubectl(tmp_path: Path) -> AsyncIterator[Kubectl]:
    async with pocket(tmp_path / "data", "alpha") as server:
        yield Kubectl(write_kubeconfig(server, "alpha", tmp_path), tmp_path)


async def test_kubectl_sees_that_it_is_a_pocket_cluster(kubectl: Kubectl) -> None:
    version = orjson.loads(await kubectl("version", "-o", "json"))["serverVersion"]
    assert version["gitVersion"] == "v1.36.0+pocket"


async def test_apply_is_done_once(kubectl: Kubectl) -> None:
    first = await kubectl("apply", "-f", "-", stdin=MANIFEST)
    assert first.splitlines() == [
        "namespace/demo created",
        "deployment.apps/web created",
        "service/web created",
    ]
    second = await kubectl("apply", "-f", "-", stdin=MANIFEST)
    assert {line.split()[1] for line in second.splitlines()} == {"unchanged"}
    changed = await kubectl("apply", "-f", "-", stdin=MANIFEST.replace("replicas: 2", "replicas: 3"))
    assert "deployment.apps/web configured" in changed


async def test_server_side_apply_reports_the_other_manager(kubectl: Kubectl) -> None:
    await kubectl("apply", "--server-side", "-f", "-", stdin=MANIFEST)
    other = MANIFEST.replace("replicas: 2", "replicas: 3")
    refused = await kubectl.run("apply", "--server-side", "--field-manager=other", "-f", "-", stdin=other)
    assert refused.code != 0
    assert 'conflict with "kubectl": .spec.replicas' in refused.err
    forced = ("apply", "--server-side", "--field-manager=other", "--force-conflicts", "-f", "-")
    assert "serverside-applied" in await kubectl(*forced, stdin=other)


async def test_client_side_apply_turns_into_server_side_apply(kubectl: Kubectl) -> None:
    await kubectl("apply", "-f", "-", stdin=MANIFEST)
    await kubectl("apply", "--server-side", "-f", "-", stdin=MANIFEST.replace("replicas: 2", "replicas: 4"))
    assert await kubectl("get", "deploy", "web", "-n", "demo", "-o", "jsonpath={.spec.replicas}") == "4"


async def test_get_prints_the_columns_of_a_kind(kubectl: Kubectl) -> None:
    await kubectl("apply", "-f", "-", stdin=MANIFEST)
    await kubectl("rollout", "status", "-n", "demo", "deployment/web", "--timeout=20s")
    header, row = (await kubectl("get", "deployments", "-n", "demo", "-o", "wide")).splitlines()
    assert header.split() == [
        "NAME",
        "READY",
        "UP-TO-DATE",
        "AVAILABLE",
        "AGE",
        "CONTAINERS",
        "IMAGES",
        "SELECTOR",
    ]
    assert row.split()[:4] == ["web", "2/2", "2", "2"]
    assert row.split()[5:] == ["web", "registry.example/web:1", "app=web"]
    everything = await kubectl("get", "all", "-A")
    assert "deployment.apps/web" in everything
    assert "service/web" in everything


async def test_get_prints_the_columns_of_a_definition(kubectl: Kubectl) -> None:
    wanted = definition("widgets", "Widget", "kubectl.example.com")
    await kubectl("apply", "-f", "-", stdin=orjson.dumps(wanted).decode())
    widget = {
        "apiVersion": "kubectl.example.com/v1",
        "kind": "Widget",
        "metadata": {"name": "w", "namespace": "default"},
        "spec": {"repo": "here"},
    }
    await kubectl("apply", "-f", "-", stdin=orjson.dumps(widget).decode())
    header, row = (await kubectl("get", "widgets")).splitlines()
    assert (header.split(), row.split()) == (["NAME", "REPO"], ["w", "here"])


async def test_the_usual_changes_work(kubectl: Kubectl) -> None:
    await kubectl("apply", "-f", "-", stdin=MANIFEST)
    await kubectl("patch", "deploy", "web", "-n", "demo", "-p", '{"spec":{"replicas":4}}')
    await kubectl("label", "deploy", "web", "-n", "demo", "team=blue")
    await kubectl("annotate", "deploy", "web", "-n", "demo", "note=here")
    await kubectl("set", "image", "-n", "demo", "deploy/web", "web=registry.example/web:2")
    await kubectl("scale", "deploy", "web", "-n", "demo", "--replicas=5")
    obj = orjson.loads(await kubectl("get", "deploy", "web", "-n", "demo", "-o", "json"))
    assert obj["spec"]["replicas"] == 5
    assert obj["metadata"]["labels"] == {"team": "blue"}
    assert obj["metadata"]["annotations"]["note"] == "here"
    assert obj["spec"]["template"]["spec"]["containers"][0]["image"] == "registry.example/web:2"


async def test_diff_shows_what_an_apply_would_change(kubectl: Kubectl) -> None:
    await kubectl("apply", "-f", "-", stdin=MANIFEST)
    assert (await kubectl.run("diff", "-f", "-", stdin=MANIFEST)).code == 0
    other = await kubectl.run("diff", "-f", "-", stdin=MANIFEST.replace("replicas: 2", "replicas: 3"))
    assert other.code == 1
    assert "+  replicas: 3" in other.out


async def test_describe_works(kubectl: Kubectl) -> None:
    await kubectl("apply", "-f", "-", stdin=MANIFEST)
    assert "registry.example/web:1" in await kubectl("describe", "deploy", "web", "-n", "demo")
    assert "Selector" in await kubectl("describe", "service", "web", "-n", "demo")
    assert "Active" in await kubectl("describe", "namespace", "demo")


@pytest.mark.parametrize(
    "command",
    [
        "create configmap made --from-literal=a=b",
        "create secret generic made --from-literal=a=b",
        "create serviceaccount made",
        "create deployment made --image=registry.example/web:1 --port=80 --replicas=2",
        "create job made --image=registry.example/job:1",
        "create cronjob made --image=registry.example/job:1 --schedule=@hourly",
        "create role made --verb=get,list --resource=pods",
        "create rolebinding made --clusterrole=view --serviceaccount=default:default",
        "create quota made --hard=cpu=1,memory=1Gi",
        "create poddisruptionbudget made --selector=app=web --min-available=50%",
        "create ingress made --rule=a.example/*=web:80",
        "run made --image=registry.example/web:1",
    ],
)
async def test_create_sends_typed_objects(kubectl: Kubectl, command: str) -> None:
    assert "made created" in await kubectl(*command.split())


@pytest.mark.parametrize(
    ("port", "said"),
    [
        ('port: "abc"', "cannot be handled as a Service"),
        ("port: 80, colour: blue", 'unknown field "spec.ports[0].colour"'),
    ],
)
async def test_apply_is_validated_by_the_server(kubectl: Kubectl, port: str, said: str) -> None:
    done = await kubectl.run(
        "apply",
        "-f",
        "-",
        stdin=f"{{apiVersion: v1, kind: Service, metadata: {{name: s}}, spec: {{ports: [{{{port}}}]}}}}",
    )
    assert done.code != 0
    assert said in done.err


async def test_get_watch_prints_what_changes(kubectl: Kubectl) -> None:
    watching = await kubectl.start("get", "configmaps", "-w", "--no-headers")
    assert watching.stdout is not None
    try:
        # The first change may come before the watch is open: repeat until one is seen.
        line, n = b"", 0
        async with asyncio.timeout(30.0):
            while not line:
                await kubectl("create", "configmap", f"seen-{n}", "--from-literal=a=b")
                n += 1
                try:
                    async with asyncio.timeout(1.0):
                        line = await watching.stdout.readline()
                except TimeoutError:
                    continue
        assert line.split()[0].startswith(b"seen-")
        assert line.split()[1] == b"1"
    finally:
        watching.kill()
        await watching.communicate()


async def test_delete_waits_for_the_end(kubectl: Kubectl) -> None:
    await kubectl("apply", "-f", "-", stdin=MANIFEST)
    await kubectl("delete", "namespace", "demo", "--timeout=20s")
    missing = await kubectl.run("get", "deploy", "web", "-n", "demo")
    assert missing.code == 1
    assert "(NotFound)" in missing.err


async def test_kubectl_explains_and_lists_resources(kubectl: Kubectl) -> None:
    assert "FIELD: replicas <integer>" in await kubectl("explain", "deployment.spec.replicas")
    assert "customresourcedefinitions" in await kubectl("api-resources")
    assert (await kubectl("auth", "can-i", "create", "pods")).strip() == "yes"
