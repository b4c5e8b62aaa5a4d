"""What becomes ready by itself, what does not, and when it does after all."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from support.conformance import Scene, scene
from support.waiting import eventually


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene("pocket", tmp_path) as made:
        yield made


def _available(obj: dict[str, Any]) -> str | None:
    conditions = (obj.get("status") or {}).get("conditions") or ()
    return next((c["status"] for c in conditions if c["type"] == "Available"), None)


async def _is(api: Scene, obj: dict[str, Any], wanted: str) -> bool:
    present = await api.get(obj)
    observed = (present.get("status") or {}).get("observedGeneration")
    return observed == present["metadata"]["generation"] and _available(present) == wanted


async def test_a_deployment_becomes_available(api: Scene) -> None:
    made = await api.create(api.deployment("web"))
    await eventually(lambda: _is(api, made, "True"))
    present = await api.get(made)
    status = present["status"]
    assert [status[f"{count}eplicas"] for count in ("r", "readyR", "updatedR", "availableR")] == [1, 1, 1, 1]
    assert present["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "1"


async def test_a_new_template_is_a_new_revision(api: Scene) -> None:
    made = await api.create(api.deployment("web"))
    await eventually(lambda: _is(api, made, "True"))
    await api.client.apply(api.deployment("web", "registry.example/web:2"), field_manager="other", force=True)
    await eventually(lambda: _is(api, made, "True"))
    present = await api.get(made)
    assert present["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2"
    assert present["status"]["observedGeneration"] == 2


@pytest.mark.parametrize("image", ["two words:1", "Upper/Case:1", "registry.invalid/web:1", "a:b:c", " "])
async def test_an_image_that_cannot_be_pulled_never_starts(api: Scene, image: str) -> None:
    made = await api.create(api.deployment("web", image))
    await eventually(lambda: _is(api, made, "False"))
    assert (await api.get(made))["status"]["unavailableReplicas"] == 1


async def test_what_ran_before_goes_on_while_the_new_image_does_not_start(api: Scene) -> None:
    made = await api.create(api.deployment("web"))
    await eventually(lambda: _is(api, made, "True"))
    await api.client.apply(api.deployment("web", "registry.invalid/web:2"), field_manager="other", force=True)

    async def half_way() -> bool:
        status = (await api.get(made))["status"]
        return bool(status.get("observedGeneration") == 2 and status.get("unavailableReplicas") == 1)

    await eventually(half_way)
    assert (await api.get(made))["status"]["availableReplicas"] == 1


REFERENCES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "volume of a ConfigMap": (
        {"volumes": [{"name": "v", "configMap": {"name": "needed"}}]},
        {"apiVersion": "v1", "kind": "ConfigMap", "data": {"key": "1"}},
    ),
    "volume of a Secret": (
        {"volumes": [{"name": "v", "secret": {"secretName": "needed"}}]},
        {"apiVersion": "v1", "kind": "Secret", "stringData": {"key": "1"}},
    ),
    "volume of a claim": (
        {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "needed"}}]},
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        },
    ),
    "service account": (
        {"serviceAccountName": "needed"},
        {"apiVersion": "v1", "kind": "ServiceAccount"},
    ),
}


@pytest.mark.parametrize("what", REFERENCES)
async def test_a_pod_waits_for_what_it_refers_to(api: Scene, what: str) -> None:
    pod, needed = REFERENCES[what]
    made = await api.create(api.deployment("web", **pod))
    await eventually(lambda: _is(api, made, "False"))
    await api.create({**needed, "metadata": {"name": "needed", "namespace": api.namespace}})
    await eventually(lambda: _is(api, made, "True"))


@pytest.mark.parametrize(
    "environment",
    [
        {"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "needed", "key": "key"}}}]},
        {"envFrom": [{"configMapRef": {"name": "needed"}}]},
    ],
)
async def test_a_container_waits_for_its_environment(api: Scene, environment: dict[str, Any]) -> None:
    obj = api.deployment("web")
    obj["spec"]["template"]["spec"]["containers"][0] |= environment
    made = await api.create(obj)
    await eventually(lambda: _is(api, made, "False"))
    assert 'configmap "needed" not found' in str((await api.get(made))["status"]["conditions"])
    await api.create(api.config_map("needed", {"key": "1"}))
    await eventually(lambda: _is(api, made, "True"))


async def test_what_is_optional_is_not_waited_for(api: Scene) -> None:
    volume = {"name": "v", "configMap": {"name": "absent", "optional": True}}
    made = await api.create(api.deployment("web", volumes=[volume], imagePullSecrets=[{"name": "absent"}]))
    await eventually(lambda: _is(api, made, "True"))


async def test_what_runs_goes_on_without_what_it_needed_to_start(api: Scene) -> None:
    needed = await api.create(api.config_map("needed"))
    volume = {"name": "v", "configMap": {"name": "needed"}}
    made = await api.create(api.deployment("web", volumes=[volume]))
    await eventually(lambda: _is(api, made, "True"))
    await api.delete(needed)
    await api.patch(made, {"metadata": {"labels": {"touched": "yes"}}})
    assert await _is(api, made, "True")


async def test_the_other_workloads_run_too(api: Scene) -> None:
    stateful = {**api.deployment("db"), "kind": "StatefulSet"}
    stateful["spec"] |= {"serviceName": "db", "replicas": 2}
    daemon = {**api.deployment("log"), "kind": "DaemonSet"}
    job = {**api.deployment("job"), "apiVersion": "batch/v1", "kind": "Job"}
    del job["spec"]["selector"]
    job["spec"]["template"]["spec"]["restartPolicy"] = "Never"
    for obj in (stateful, daemon, job):
        await api.create(obj)

    async def counts() -> list[Any]:
        status = [(await api.get(obj)).get("status", {}) for obj in (stateful, daemon, job)]
        return [status[0].get("readyReplicas"), status[1].get("numberReady"), status[2].get("succeeded")]

    async def all_run() -> bool:
        return await counts() == [2, 1, 1]

    await eventually(all_run)


async def test_a_bare_pod_runs_or_completes_by_its_restart_policy(api: Scene) -> None:
    pods = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": policy.lower(), "namespace": api.namespace},
            "spec": {"restartPolicy": policy, "containers": [{"name": "c", "image": "registry.example/c:1"}]},
        }
        for policy in ("Always", "Never")
    ]
    for pod in pods:
        await api.create(pod)

    async def phases() -> bool:
        found = [(await api.get(pod)).get("status", {}).get("phase") for pod in pods]
        return found == ["Running", "Succeeded"]

    await eventually(phases)


async def test_a_load_balancer_gets_an_address(api: Scene) -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": api.namespace},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
    }
    made = await api.create(service)

    async def has_address() -> bool:
        return bool((await api.get(made))["status"]["loadBalancer"].get("ingress"))

    await eventually(has_address)


async def test_a_claim_of_an_unknown_class_stays_pending(api: Scene) -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "c", "namespace": api.namespace},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "fast",
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }
    made = await api.create(claim)

    async def phase(wanted: str) -> bool:
        return bool((await api.get(made)).get("status", {}).get("phase") == wanted)

    await eventually(lambda: phase("Pending"))
    await api.create(
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": "fast"},
            "provisioner": "example.com/fast",
        }
    )
    await eventually(lambda: phase("Bound"))
