"""What counts as drift and what does not, by Fleet's rules."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.agent.domain.difference import difference
from fleet.agent.domain.drift import Drift, Live, find_drift
from fleet.agent.domain.objects import Object, Ref, ref_of
from fleet.agent.domain.options import ComparePatch
from fleet.agent.domain.quantities import same_quantity, same_scalar


def config(data: dict[str, str] | None = None, **metadata: Any) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c", **metadata},
        "data": data or {},
    }


def deployment(spec: dict[str, Any]) -> Object:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": spec}


def pod_spec(**container: Any) -> dict[str, Any]:
    return {"template": {"spec": {"containers": [{"name": "main", **container}]}}}


def found(
    wanted: list[Object],
    live: list[Object],
    *,
    others: tuple[Ref, ...] = (),
    previous: tuple[Ref, ...] = (),
    patches: list[dict[str, Any]] | None = None,
) -> list[str]:
    by_ref = {ref_of(item, "web"): item for item in wanted}
    owned = {ref_of(item, "web"): item for item in live}
    rules = [ComparePatch.model_validate(patch) for patch in patches or []]
    return [str(drift) for drift in find_drift(by_ref, Live(owned, others), previous, rules)]


def named(api_version: str, kind: str, **parts: Any) -> Object:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "c"}, **parts}


def limited(cpu: Any, memory: str) -> Object:
    return deployment(pod_spec(resources={"limits": {"cpu": cpu, "memory": memory}}))


def service(**port: Any) -> Object:
    return named("v1", "Service", spec={"ports": [{"port": 80, **port}]})


def role(*rules: Any) -> Object:
    api = "rbac.authorization.k8s.io/v1"
    return named(api, "ClusterRole", aggregationRule={"x": 1}, rules=list(rules))


def webhook(ca: str) -> Object:
    hooks = [{"name": "w", "clientConfig": {"caBundle": ca}}]
    return named("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", webhooks=hooks)


SIDECAR = {"template": {"spec": {"containers": [{"name": "sidecar"}, {"name": "main"}]}}}
ZEROES = {"a": False, "b": 0, "c": "", "d": [], "e": {}}
ENCODED = base64.b64encode(b"x").decode()
SAME = {
    "a key that others added": (config({"a": "1"}), config({"a": "1", "b": "2"})),
    "a label that others added": (config(labels={"a": "1"}), config(labels={"a": "1", "b": "2"})),
    "status": ({**config(), "status": {"x": 1}}, {**config(), "status": {"x": 2}}),
    "fields of the server": (config(), config(uid="u", resourceVersion="5", managedFields=[1])),
    "null": ({**config(), "spec": {"a": None}}, config()),
    "zero values that the server leaves out": (deployment(ZEROES), deployment({})),
    "defaults in a container": (deployment(pod_spec(image="x")), deployment(pod_spec(image="x", tty=False))),
    "another container": (deployment(pod_spec()), deployment(SIDECAR)),
    "defaults in a list": (deployment({"l": [{"a": 1}]}), deployment({"l": [{"a": 1, "b": 2}]})),
    "quantities": (limited("1000m", "1Gi"), limited("1", "1024Mi")),
    "a number as quantity": (limited(0.5, "1"), limited("500m", "1")),
    "1 and 1.0": (deployment({"replicas": 1}), deployment({"replicas": 1.0})),
    "stringData": (named("v1", "Secret", stringData={"a": "x"}), named("v1", "Secret", data={"a": ENCODED})),
    "the protocol of a port": (service(), service(protocol="TCP", targetPort=80)),
    "rules of an aggregated role": (role(), role({"verbs": ["get"]})),
    "an injected CA": (webhook("\n"), webhook("Q0E=")),
}


@pytest.mark.parametrize(("wanted", "live"), SAME.values(), ids=SAME)
def test_this_is_no_drift(wanted: Object, live: Object) -> None:
    assert found([wanted], [live]) == []


MODIFIED = [
    (config({"a": "1"}), config({"a": "2"}), '{"data":{"a":"1"}}'),
    (config({"a": ""}), config({}), '{"data":{"a":""}}'),
    (config(labels={"a": "1"}), config(), '{"metadata":{"labels":{"a":"1"}}}'),
    (config({"limits": "1000m"}), config({"limits": "1"}), '{"data":{"limits":"1000m"}}'),
    (deployment({"replicas": 0}), deployment({"replicas": 2}), '{"spec":{"replicas":0}}'),
    (deployment({"x": True}), deployment({"x": 1}), '{"spec":{"x":true}}'),
    (
        deployment(pod_spec(image="a", env=[{"name": "X", "value": "1"}])),
        deployment(pod_spec(image="b", env=[{"name": "X", "value": "1"}, {"name": "Y"}])),
        '{"spec":{"template":{"spec":{"containers":[{"image":"a","name":"main"}]}}}}',
    ),
    (deployment(pod_spec(args=["a"])), deployment(pod_spec(args=["a", "b"])), None),
    (deployment({"l": [{"a": 1}]}), deployment({"l": [{"a": 1}, {"a": 2}]}), '{"spec":{"l":[{"a":1}]}}'),
    (
        {"apiVersion": "e.com/v1", "kind": "T", "metadata": {"name": "c"}, "spec": {"env": [{"name": "a"}]}},
        {"apiVersion": "e.com/v1", "kind": "T", "metadata": {"name": "c"}, "spec": {"env": [{"name": "b"}]}},
        '{"spec":{"env":[{"name":"a"}]}}',
    ),
]


@pytest.mark.parametrize(("wanted", "live", "patch"), MODIFIED)
def test_a_changed_field_is_drift_and_the_patch_says_how_to_mend_it(
    wanted: Object, live: Object, patch: str | None
) -> None:
    (text,) = found([wanted], [live])
    assert " modified " in text
    if patch is not None:
        assert text.endswith(f" modified {patch}")


def test_missing_foreign_and_extra_objects_are_told_apart() -> None:
    gone, foreign, left = config(name="gone"), config(name="foreign"), config(name="left")
    assert found(
        [gone, foreign],
        [left],
        others=(ref_of(foreign, "web"),),
        previous=(ref_of(left, "web"),),
    ) == [
        "configmap.v1 web/foreign is not owned by us",
        "configmap.v1 web/gone missing",
        "configmap.v1 web/left extra",
    ]


def test_an_object_with_a_copied_mark_is_not_extra() -> None:
    assert found([], [config(name="copied")]) == []


def test_secrets_never_show_in_a_patch() -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s"},
        "data": {"password": "aHVudGVyMg=="},
    }
    changed = {**secret, "data": {"password": "b3RoZXI="}}
    (text,) = found([secret], [changed])
    assert text == 'secret.v1 web/s modified {"data":{"password":"(hidden)"}}'


RULE = {"apiVersion": "v1", "kind": "ConfigMap", "name": "c", "namespace": "web"}
COVERED: list[dict[str, Any]] = [
    {**RULE, "jsonPointers": ["/data"]},
    {**RULE, "jsonPointers": ["/data/a"]},
    {"apiVersion": "v1", "kind": "*", "jsonPointers": ["/data"]},
    {**RULE, "operations": [{"op": "remove", "path": "/data"}]},
    {**RULE, "operations": [{"op": "replace", "path": "/data/a", "value": '"same"'}]},
    {**RULE, "operations": [{"op": "remove", "path": "/nowhere"}, {"op": "remove", "path": "/data"}]},
]
NOT_COVERED: list[dict[str, Any]] = [
    {**RULE, "namespace": "other", "jsonPointers": ["/data"]},
    {**RULE, "name": "other", "jsonPointers": ["/data"]},
    {**RULE, "kind": "Secret", "jsonPointers": ["/data"]},
    {**RULE, "jsonPointers": ["/data/b"]},
    {**RULE, "operations": [{"op": "ignore"}]},
]


@pytest.mark.parametrize("patch", COVERED)
def test_what_compare_patches_cover_is_no_drift(patch: dict[str, Any]) -> None:
    assert found([config({"a": "1"})], [config({"a": "2"})], patches=[patch]) == []


@pytest.mark.parametrize("patch", NOT_COVERED)
def test_what_they_do_not_cover_is(patch: dict[str, Any]) -> None:
    assert found([config({"a": "1"})], [config({"a": "2"})], patches=[patch])


@pytest.mark.parametrize(
    ("name", "hidden"), [("", True), ("c", True), ("^c$", True), ("[", False), ("other", False)]
)
def test_the_operation_ignore_hides_missing_objects_only(name: str, hidden: bool) -> None:
    rule = {**RULE, "name": name, "operations": [{"op": "ignore"}]}
    assert (found([config()], [], patches=[rule]) == []) is hidden


SCALER = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "h"},
    "spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"},
        "maxReplicas": 5,
    },
}


@pytest.mark.parametrize(
    ("replicas", "change", "drifts"),
    [
        (3, {}, 0),
        (1, {}, 0),
        (6, {}, 1),
        (2, {"minReplicas": 3}, 1),
        (3, {"scaleTargetRef": {"kind": "Deployment", "name": "d"}}, 0),
        (3, {"scaleTargetRef": {"kind": "Deployment", "name": "other"}}, 1),
        (3, {"scaleTargetRef": {"kind": "StatefulSet", "name": "d"}}, 1),
        (3, {"scaleTargetRef": {"apiVersion": "x/v1", "kind": "Deployment", "name": "d"}}, 1),
    ],
)
def test_replicas_within_an_autoscalers_range_are_no_drift(
    replicas: int, change: dict[str, Any], drifts: int
) -> None:
    scaler = {**SCALER, "spec": {**SCALER["spec"], **change}}  # type: ignore[dict-item]
    wanted, live = deployment({"replicas": 2}), deployment({"replicas": replicas})
    if replicas == 2:
        wanted = deployment({"replicas": 4})
    assert len(found([wanted, scaler], [live, scaler])) == drifts


def test_drifts_are_sorted() -> None:
    names = ["b", "a", "c"]
    assert found([config(name=name) for name in names], []) == [
        f"configmap.v1 web/{name} missing" for name in sorted(names)
    ]


def test_a_drift_names_a_cluster_scoped_object_without_a_namespace() -> None:
    assert str(Drift(Ref("apps/v1", "Thing", "", "x"), "missing")) == "thing.apps x missing"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1", 1, True),
        ("1k", "1000", True),
        ("1e3", "1k", True),
        ("0.1", "100m", True),
        ("1E", "1e18", True),
        ("1Ki", "1k", False),
        ("x", "x", False),
        (True, 1, False),
    ],
)
def test_quantities_are_compared_by_value(one: Any, other: Any, same: bool) -> None:
    assert same_quantity(one, other) is same


def test_true_is_not_one() -> None:
    assert not same_scalar(True, 1)
    assert same_scalar(1, 1.0)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["spec", "data", "env", "ports"]), PLAIN))
def test_nothing_differs_from_itself(value: dict[str, Any]) -> None:
    item = {"apiVersion": "v1", "kind": "Thing", **value}
    assert difference(item, item) == {}
