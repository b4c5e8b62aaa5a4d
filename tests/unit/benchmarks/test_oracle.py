"""The oracle answers recorded inputs through the targeter's own functions, a line each."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson

ROOT = Path(__file__).resolve().parents[3]


def asked(function: str, *inputs: Any) -> list[Any]:
    lines = b"".join(orjson.dumps({"id": n, "input": given}) + b"\n" for n, given in enumerate(inputs))
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.oracle", function],
        input=lines,
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=60,
    )
    found = {answer["id"]: answer["output"] for answer in map(orjson.loads, done.stdout.splitlines())}
    return [found[n] for n in range(len(inputs))]


def cluster(name: str, labels: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "ws", "labels": labels or {}}
    return {"metadata": metadata, "status": {"namespace": f"cluster-{name}"}, **more}


def bundle(**spec: Any) -> dict[str, Any]:
    labels = {"app": "x", "a.cattle.io/hidden": "y", "fleet.cattle.io/commit": "c"}
    return {"metadata": {"name": "b", "namespace": "ws", "labels": labels}, "spec": spec}


def test_names() -> None:
    found = asked(
        "names",
        {"function": "Limit", "args": ["12345678"], "length": 7},
        {"function": "HelmReleaseName", "args": ["bundle.name.example.com"]},
        {"function": "SafeConcatName", "args": ["a" * 64]},
        {"function": "KeyHash", "args": ["fleet-default::one"]},
        {"function": "Other", "args": []},
    )
    assert [answer.get("value") for answer in found[:3]] == [
        "1-25d55",
        "bundle-name-example-com-645ef821",
        "a" * 57 + "-ffe05",
    ]
    assert len(found[3]["value"]) == 12
    assert "unknown function" in found[4]["error"]


def test_target_gives_every_deployment_with_its_merged_options() -> None:
    given = {
        "manifestID": "s-1",
        "bundle": bundle(
            helm={"values": {"env": "${ .ClusterLabels.env }"}},
            targets=[
                {"clusterName": "two", "helm": {"values": {"n": 2}}},
                {"clusterSelector": {}, "namespaceLabels": {"team": "a"}},
            ],
            targetRestrictions=[{"clusterSelector": {}}],
            dependsOn=[{"name": "db"}],
        ),
        "clusters": [
            cluster("two", {"env": "prod"}),
            cluster("one", {"env": "dev"}, spec={"paused": True}),
            cluster("three", {"env": "dev"}),
        ],
    }
    (found,) = asked("target", given)
    one, three, two = found["targets"]
    assert [t["cluster"] for t in found["targets"]] == ["ws/one", "ws/three", "ws/two"]
    assert one["deploymentID"] == three["deploymentID"] != two["deploymentID"]
    options = {"ignore": {}, "namespaceLabels": {"team": "a"}}
    assert three["bundleDeployment"] == {
        "name": "b",
        "namespace": "cluster-three",
        "labels": {
            "app": "x",
            "fleet.cattle.io/commit": "c",
            "fleet.cattle.io/bundle-name": "b",
            "fleet.cattle.io/bundle-namespace": "ws",
            "fleet.cattle.io/managed": "true",
            "fleet.cattle.io/cluster": "three",
            "fleet.cattle.io/cluster-namespace": "ws",
        },
        "spec": {"options": {**options, "helm": {"values": {"env": "dev"}}}, "dependsOn": [{"name": "db"}]},
    }
    assert two["bundleDeployment"]["spec"]["options"]["helm"] == {"values": {"env": "prod", "n": 2}}
    assert (one["promoted"], one["bundleDeployment"]["spec"]) == (
        False,
        {
            "paused": True,
            "options": options,
            "stagedOptions": {**options, "helm": {"values": {"env": "dev"}}},
            "dependsOn": [{"name": "db"}],
        },
    )


def test_target_follows_mappings_groups_policies_and_restrictions() -> None:
    far = {"metadata": {"name": "far", "namespace": "other", "labels": {"a": "b"}}}
    selector = {"matchLabels": {"team": "a"}}
    given = {
        "bundle": bundle(targets=[{"clusterGroup": "g"}]),
        "clusters": [cluster("one", {"a": "b"}), far],
        "clusterGroups": [
            {"metadata": {"name": "g", "namespace": ns}, "spec": {"selector": {"matchLabels": {"a": "b"}}}}
            for ns in ("ws", "other")
        ],
        "namespaces": [{"metadata": {"name": "other", "labels": {"team": "a"}}}],
        "bundleNamespaceMappings": [
            {
                "metadata": {"name": "m", "namespace": "ws"},
                "bundleSelector": {},
                "namespaceSelector": selector,
            }
        ],
        "policies": [{"metadata": {"name": "p", "namespace": "ws"}, "requireServiceAccount": True}],
    }
    (found,) = asked("target", given)
    assert [target["cluster"] for target in found["targets"]] == ["other/far", "ws/one"]
    options = found["targets"][0]["bundleDeployment"]["spec"]["options"]
    assert options == {"ignore": {}, "createNamespace": False, "helm": {}}


def test_target_says_what_is_wrong() -> None:
    bad = {"matchExpressions": [{"key": "a", "operator": "Odd"}]}
    found = asked(
        "target",
        {"bundle": bundle(targets=[{"clusterSelector": bad}]), "clusters": []},
        {
            "bundle": bundle(
                targets=[{"clusterSelector": {}}], helm={"values": {"a": "${ .ClusterLabels.b }"}}
            ),
            "clusters": [cluster("one", {"x": "y"})],
        },
        {"clusters": []},
    )
    assert '"Odd" is not a valid label selector operator' in found[0]["error"]
    assert found[1]["error"].startswith(
        "cluster one in namespace ws: failed to render helm values template: "
    )
    assert "the input cannot be used" in found[2]["error"]


def test_partitions_give_one_pass() -> None:
    counted, named = asked(
        "partitions",
        {"count": 230, "state": "ready", "rolloutStrategy": {"maxUnavailable": "10%"}},
        {
            "rolloutStrategy": {"partitions": [{"name": "p", "clusterGroup": "a"}]},
            "targets": [
                {"name": "x", "clusterGroups": ["a"], "state": ""},
                {"name": "y", "state": "broken"},
                {
                    "name": "z",
                    "clusterGroups": [{"name": "a", "labels": {}}],
                    "state": "ready",
                    "paused": True,
                },
            ],
        },
    )
    assert [partition["count"] for partition in counted["partitions"]] == [57, 57, 57, 57, 2]
    assert counted["promoted"] == [f"c{n:04d}" for n in range(5)]
    assert {key: value for key, value in counted.items() if isinstance(value, int)} == {
        "maxUnavailable": 23,
        "unavailable": 5,
        "maxUnavailablePartitions": 0,
        "unavailablePartitions": 1,
        "newlyCreated": 0,
    }
    assert named["partitions"] == [{"name": "p", "count": 2, "maxUnavailable": 2, "unavailable": 2}]
    assert (named["created"], named["promoted"], named["unavailable"]) == (["x"], ["x"], 1)
