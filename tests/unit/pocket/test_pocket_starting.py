"""Which pods could start."""

from typing import Any

import pytest

from fleet.pocket.kubelet import report
from fleet.pocket.starting import blocker

PROJECTED = {"projected": {"sources": [{"secret": {"name": "absent"}}]}}
THERE = {("serviceaccounts", "ns", "default"): {}, ("configmaps", "ns", "there"): {"data": {"key": "1"}}}


def _find(table: str, namespace: str, name: str) -> dict[str, Any] | None:
    return THERE.get((table, namespace, name))


def _reason(**spec: Any) -> str | None:
    found = blocker({"containers": [{"name": "c", "image": "web:1"}], **spec}, "ns", _find)
    return found.reason if found else None


@pytest.mark.parametrize(
    "image",
    [
        "nginx",
        "nginx:1.27",
        "library/nginx",
        "registry.example:5000/team/web:v1.2-rc_3",
        "ghcr.io/a/b@sha256:" + "0" * 64,
        "localhost/web:1",
        "a__b/c-d.e:LATEST",
    ],
)
def test_a_proper_image_starts(image: str) -> None:
    assert _reason(containers=[{"image": image}]) is None


@pytest.mark.parametrize(
    "image", ["", "Nginx", "two words", "a:b:c", "a//b", "web:", "web@sha256:abc", "/web", "-web"]
)
def test_an_image_that_is_none_does_not_start(image: str) -> None:
    assert _reason(containers=[{"image": image}]) == "InvalidImageName"


def test_a_registry_that_cannot_exist_is_not_reached() -> None:
    assert _reason(containers=[{"image": "registry.invalid/web:1"}]) == "ErrImagePull"
    assert _reason(initContainers=[{"image": "registry.invalid:5000/web:1"}]) == "ErrImagePull"
    assert _reason(containers=[{"image": "invalid/web:1"}]) is None


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"serviceAccountName": "absent"}, "FailedCreate"),
        ({"volumes": [{"configMap": {"name": "there"}}]}, None),
        ({"volumes": [{"configMap": {"name": "absent"}}]}, "CreateContainerConfigError"),
        ({"volumes": [{"configMap": {"name": "absent", "optional": True}}]}, None),
        ({"volumes": [{"secret": {"secretName": "absent"}}]}, "CreateContainerConfigError"),
        (
            {"volumes": [{"projected": {"sources": [{"secret": {"name": "absent"}}]}}]},
            "CreateContainerConfigError",
        ),
        ({"volumes": [{"persistentVolumeClaim": {"claimName": "absent"}}]}, "Unschedulable"),
        ({"volumes": [{"emptyDir": {}}]}, None),
        ({"imagePullSecrets": [{"name": "absent"}]}, None),
    ],
)
def test_a_pod_needs_what_it_names(spec: dict[str, Any], reason: str | None) -> None:
    assert _reason(**spec) == reason


@pytest.mark.parametrize(("key", "reason"), [("key", None), ("other", "CreateContainerConfigError")])
def test_a_variable_needs_its_key(key: str, reason: str | None) -> None:
    source = {"configMapKeyRef": {"name": "there", "key": key}}
    container = {"image": "web:1", "env": [{"name": "A", "valueFrom": source}]}
    assert _reason(containers=[container]) == reason


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "Pod"])
@pytest.mark.parametrize("image", ["web:1", "registry.invalid/web:1"])
def test_a_report_of_what_was_reported_changes_nothing(kind: str, image: str) -> None:
    pod = {"containers": [{"name": "c", "image": image}], "restartPolicy": "Always"}
    spec = pod if kind == "Pod" else {"replicas": 2, "template": {"spec": pod}}
    metadata = {"name": "x", "namespace": "ns", "uid": "u", "generation": 3}
    obj: dict[str, Any] = {"kind": kind, "metadata": metadata, "spec": spec}
    first = report(obj, _find, "2026-01-01T00:00:00Z")
    assert first is not None
    second = report({**obj, "status": first[0]}, _find, "2026-01-01T00:01:00Z")
    assert second is not None
    assert second[0] == first[0]


def test_a_failing_roll_out_stays_half_way() -> None:
    pod = {"containers": [{"name": "c", "image": "registry.invalid/web:1"}]}
    metadata = {"name": "x", "namespace": "ns", "uid": "u", "generation": 2}
    spec = {"replicas": 3, "template": {"spec": pod}}
    obj: dict[str, Any] = {"kind": "Deployment", "metadata": metadata, "spec": spec}
    obj["status"] = {"observedGeneration": 1, "replicas": 3, "readyReplicas": 3, "availableReplicas": 3}
    for _ in range(3):
        found = report(obj, _find, "2026-01-01T00:00:00Z")
        assert found is not None
        obj["status"] = found[0]
        counts = {k: v for k, v in found[0].items() if k.endswith("eplicas")}
        assert counts == {
            "replicas": 4,
            "readyReplicas": 3,
            "availableReplicas": 3,
            "updatedReplicas": 1,
            "unavailableReplicas": 1,
        }
