"""Readiness is judged as Fleet does: its summarizers first, then the standard rules by kind."""

from typing import Any

import pytest

from fleet.agent.domain.conditions import without_ignored
from fleet.agent.domain.kstatus import compute
from fleet.agent.domain.readiness import Summary, summarize


def item(api_version: str, kind: str, status: Any = None, **parts: Any) -> dict[str, Any]:
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": "x"},
        "status": status or {},
        **parts,
    }


def condition(kind: str, status: str, reason: str = "", message: str = "") -> dict[str, str]:
    return {"type": kind, "status": status, "reason": reason, "message": message}


def deployment(want: int = 2, **status: Any) -> dict[str, Any]:
    good = {
        "replicas": want,
        "updatedReplicas": want,
        "availableReplicas": want,
        "readyReplicas": want,
        "conditions": [condition("Available", "True")],
    }
    return item("apps/v1", "Deployment", {**good, **status}, spec={"replicas": want})


READY = [
    deployment(),
    item("v1", "ConfigMap"),
    item("v1", "Secret"),
    item("batch/v1", "CronJob"),
    item("policy/v1", "PodDisruptionBudget", {"conditions": [condition("DisruptionAllowed", "False")]}),
    item("v1", "Service", spec={"type": "ClusterIP"}),
    item(
        "v1",
        "Service",
        {"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}},
        spec={"type": "LoadBalancer", "clusterIP": "10.0.0.1"},
    ),
    item("v1", "PersistentVolumeClaim", {"phase": "Bound"}),
    item("v1", "Namespace", {"phase": "Active"}),
    item("v1", "Pod", {"phase": "Succeeded"}),
    item("v1", "Pod", {"phase": "Running", "conditions": [condition("Ready", "True")]}),
    item("batch/v1", "Job", {"startTime": "x", "active": 1}),
    item(
        "batch/v1", "Job", {"startTime": "x", "succeeded": 1, "conditions": [condition("Complete", "True")]}
    ),
    item(
        "apps/v1",
        "StatefulSet",
        {
            "replicas": 1,
            "readyReplicas": 1,
            "currentReplicas": 1,
            "currentRevision": "a",
            "updateRevision": "a",
        },
    ),
    item("apps/v1", "DaemonSet", {"observedGeneration": 1, "desiredNumberScheduled": 0}),
    item(
        "apps/v1",
        "ReplicaSet",
        {"replicas": 1, "fullyLabeledReplicas": 1, "availableReplicas": 1, "readyReplicas": 1},
    ),
    item(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        {"conditions": [condition("Established", "True")]},
    ),
    item("example.com/v1", "Thing"),
    item("example.com/v1", "Thing", {"conditions": [condition("Ready", "True")]}),
    item("example.com/v1", "Thing", {"phase": "Whatever"}),
]

NOT_READY = [
    (deployment(readyReplicas=1, availableReplicas=1), "Available: 1/2"),
    (deployment(updatedReplicas=1), "Updated: 1/2"),
    (deployment(replicas=0), "Replicas: 0/2"),
    (deployment(replicas=3), "Pending termination: 1"),
    (deployment(conditions=[]), "Deployment not Available"),
    (deployment(conditions=[condition("Available", "False", message="too few")]), "too few"),
    (
        deployment(conditions=[condition("Progressing", "False", "ProgressDeadlineExceeded", "took long")]),
        "took long",
    ),
    (deployment(conditions=[condition("ReplicaFailure", "True", message="quota")]), "quota"),
    (
        item("apps/v1", "Deployment", {"observedGeneration": 1}, metadata={"generation": 2}),
        "latest observed generation is 1",
    ),
    (item("apps/v1", "StatefulSet", {"replicas": 1}), "Ready: 0/1"),
    (
        item(
            "apps/v1",
            "StatefulSet",
            {
                "replicas": 1,
                "readyReplicas": 1,
                "currentReplicas": 1,
                "currentRevision": "a",
                "updateRevision": "b",
            },
        ),
        "updated revision",
    ),
    (item("apps/v1", "DaemonSet", {}), "desiredNumberScheduled"),
    (
        item(
            "apps/v1",
            "DaemonSet",
            {"observedGeneration": 1, "desiredNumberScheduled": 2, "currentNumberScheduled": 2},
        ),
        "Updated: 0/2",
    ),
    (item("v1", "PersistentVolumeClaim", {"phase": "Pending"}), "PVC is not Bound"),
    (item("v1", "Pod", {"phase": "Pending"}), "Pending phase"),
    (
        item(
            "v1", "Pod", {"phase": "Running", "conditions": [condition("Ready", "False", message="not yet")]}
        ),
        "not yet",
    ),
    (item("batch/v1", "Job"), "Job not started"),
    (
        item(
            "batch/v1",
            "Job",
            {"startTime": "x", "failed": 3, "conditions": [condition("Failed", "True", message="gave up")]},
        ),
        "gave up",
    ),
    (item("v1", "Service", spec={"type": "LoadBalancer"}), "Load balancer is being provisioned"),
    (item("apiextensions.k8s.io/v1", "CustomResourceDefinition"), "Install in progress"),
    (item("v1", "ConfigMap", metadata={"deletionTimestamp": "now"}), "scheduled for deletion"),
    (item("example.com/v1", "Thing", {"conditions": [condition("Ready", "False", message="soon")]}), "soon"),
    (
        item("example.com/v1", "Thing", {"conditions": [condition("Stalled", "True", message="stuck")]}),
        "stuck",
    ),
    (
        item("example.com/v1", "Thing", {"conditions": [condition("Any", "False", "Error", "broken")]}),
        "broken",
    ),
    (
        item("example.com/v1", "Thing", {"conditions": [condition("Reconciling", "True", message="busy")]}),
        "busy",
    ),
    (
        item("example.com/v1", "Thing", {"conditions": [condition("Installed", "Unknown", message="when?")]}),
        "when?",
    ),
    (
        item("example.com/v1", "Thing", {"display": {"state": "odd", "error": True, "message": ["why"]}}),
        "why",
    ),
]


@pytest.mark.parametrize("live", READY, ids=lambda live: live["kind"])
def test_what_is_done_is_ready(live: dict[str, Any]) -> None:
    assert summarize(live, 100.0).ready


@pytest.mark.parametrize(
    ("live", "said"), NOT_READY, ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_is_not_done_says_why(live: dict[str, Any], said: str) -> None:
    summary = summarize(live, 100.0)
    assert not summary.ready
    assert said in str(summary)


def test_false_of_a_step_is_an_error_and_its_unknown_is_on_the_way() -> None:
    failed = summarize(
        item("example.com/v1", "T", {"conditions": [condition("Installed", "False", message="m")]}), 1
    )
    waiting = summarize(item("example.com/v1", "T", {"conditions": [condition("Installed", "Unknown")]}), 1)
    assert (failed.error, failed.state) == (True, "installed")
    assert (waiting.error, waiting.transitioning) == (False, True)


@pytest.mark.parametrize(("age", "progress"), [(5.0, "InProgress"), (60.0, "Failed")])
def test_a_pod_may_be_unschedulable_for_a_moment(age: float, progress: str) -> None:
    unschedulable = condition("PodScheduled", "False", "Unschedulable")
    pod = item("v1", "Pod", {"phase": "Pending", "conditions": [unschedulable]})
    assert compute(pod, age).progress == progress


def test_texts_are_written_as_fleet_writes_them() -> None:
    assert str(Summary("active")) == "active"
    assert str(Summary("x", transitioning=True, messages=("a", "b"))) == "[progressing] a, b"
    assert str(Summary("x", error=True, transitioning=True, messages=("a",))) == "[progressing,error] a"
    assert str(Summary("x", error=True, messages=("a",))) == "error] a"


def test_the_same_message_is_said_once() -> None:
    twice = [condition("Ready", "False", message=" m "), condition("Available", "False", message="m")]
    assert summarize(item("example.com/v1", "T", {"conditions": twice}), 1).messages == ("m",)


@pytest.mark.parametrize(
    ("rules", "ready"),
    [
        ([], False),
        ([{}], False),
        ([{"type": "Ready"}], True),
        ([{"type": "Ready", "status": "False"}], True),
        ([{"type": "Ready", "status": "True"}], False),
        ([{"type": "Other"}, {"type": "Ready", "reason": "r"}], True),
    ],
)
def test_conditions_that_the_options_ignore_do_not_count(rules: list[dict[str, str]], ready: bool) -> None:
    live = item("example.com/v1", "T", {"conditions": [condition("Ready", "False", "r")]})
    assert summarize(without_ignored(live, rules), 1).ready is ready


@pytest.mark.parametrize(
    "status", [None, "text", [], {"conditions": "none"}, {"conditions": ["x"]}, {"phase": 3}]
)
def test_a_status_of_any_shape_is_survived(status: Any) -> None:
    assert summarize(
        {"apiVersion": "example.com/v1", "kind": "T", "metadata": {}, "status": status}, 1.0
    ).ready
