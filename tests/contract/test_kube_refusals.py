"""What a Kubernetes API refuses, and how it says so."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fleet.kube import Conflict, Forbidden, Invalid, KubeError, NotFound
from support.conformance import Scene, scene, servers


@pytest.fixture(params=servers())
async def api(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(request.param, tmp_path) as made:
        yield made


def _service(api: Scene, name: str = "web", **spec: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": api.namespace}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {"ports": [{"port": 80}], **spec},
    }


async def _refused(api: Scene, obj: dict[str, Any]) -> KubeError:
    with pytest.raises(KubeError) as caught:
        await api.create(obj)
    return caught.value


async def test_a_missing_object_is_not_found(api: Scene) -> None:
    with pytest.raises(NotFound) as caught:
        await api.get(api.config_map("nothing"))
    error = caught.value
    assert (error.code, error.reason, error.message) == (404, "NotFound", 'configmaps "nothing" not found')
    assert error.path.endswith("/configmaps/nothing")
    assert error.method == "GET"


async def test_a_kind_that_is_not_served_is_not_found(api: Scene) -> None:
    with pytest.raises(NotFound) as caught:
        await api.client.get("example.com/v1", "Unicorn", "u", namespace=api.namespace)
    assert "serves no kind Unicorn in example.com/v1" in caught.value.message


async def test_nothing_is_made_in_a_namespace_that_does_not_exist(api: Scene) -> None:
    error = await _refused(api, api.config_map("one", namespace="no-such-namespace"))
    assert isinstance(error, NotFound)
    assert error.message == 'namespaces "no-such-namespace" not found'


async def test_a_second_create_already_exists(api: Scene) -> None:
    await api.create(api.config_map("one"))
    error = await _refused(api, api.config_map("one"))
    assert isinstance(error, Conflict)
    assert (error.code, error.reason, error.exists) == (409, "AlreadyExists", True)


async def test_a_replace_of_an_old_version_is_a_conflict(api: Scene) -> None:
    made = await api.create(api.config_map("one", {"a": "1"}))
    await api.patch(made, {"data": {"a": "2"}})
    with pytest.raises(Conflict) as caught:
        await api.client.replace({**made, "data": {"a": "3"}}, field_manager="test")
    assert caught.value.reason == "Conflict"
    assert "the object has been modified" in caught.value.message


@pytest.mark.parametrize("name", ["Upper", "under_score", "-dash", "dash-", "a" * 254])
async def test_a_bad_name_is_invalid(api: Scene, name: str) -> None:
    error = await _refused(api, api.config_map(name))
    assert isinstance(error, Invalid)
    assert (error.code, error.reason) == (422, "Invalid")
    assert "metadata.name: Invalid value" in error.message


async def test_a_bad_label_is_invalid(api: Scene) -> None:
    error = await _refused(api, api.config_map("one", labels={"a": "not a label"}))
    assert error.code == 422
    assert "metadata.labels: Invalid value" in error.message


@pytest.mark.parametrize("value", ["abc", [1], {"a": 1}, True])
async def test_a_value_of_another_type_is_a_bad_request(api: Scene, value: Any) -> None:
    error = await _refused(api, _service(api, ports=[{"port": value}]))
    assert isinstance(error, Invalid)
    assert (error.code, error.reason) == (400, "BadRequest")
    assert "cannot unmarshal" in error.message


async def test_a_missing_field_is_invalid(api: Scene) -> None:
    error = await _refused(
        api,
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": api.namespace},
        },
    )
    assert error.code == 422
    assert "spec.selector: Required value" in error.message


async def test_a_selector_that_does_not_match_is_invalid(api: Scene) -> None:
    obj = api.deployment("web")
    obj["spec"]["selector"]["matchLabels"] = {"other": "label"}
    assert "`selector` does not match template `labels`" in (await _refused(api, obj)).message


async def test_a_deployment_without_an_image_is_invalid(api: Scene) -> None:
    assert (
        "containers[0].image: Required value"
        in (await _refused(api, api.deployment("web", image=""))).message
    )


async def test_the_selector_of_a_deployment_is_immutable(api: Scene) -> None:
    made = await api.create(api.deployment("web"))
    labels = {"app": "web", "more": "labels"}
    change = {"spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}}}}
    with pytest.raises(Invalid) as caught:
        await api.patch(made, change)
    assert caught.value.code == 422
    assert "field is immutable" in caught.value.message


async def test_the_template_of_a_job_is_immutable(api: Scene) -> None:
    pod = {"restartPolicy": "Never", "containers": [{"name": "c", "image": "registry.example/job:1"}]}
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "job", "namespace": api.namespace},
        "spec": {"template": {"spec": pod}},
    }
    made = await api.create(job)
    with pytest.raises(Invalid) as caught:
        await api.patch(made, {"spec": {"template": {"spec": {"restartPolicy": "OnFailure"}}}})
    assert "field is immutable" in caught.value.message


async def test_the_address_of_a_service_is_immutable(api: Scene) -> None:
    made = await api.create(_service(api))
    net, _, host = made["spec"]["clusterIP"].rpartition(".")
    other = f"{net}.{251 if host == '250' else 250}"
    with pytest.raises(Invalid) as caught:
        await api.patch(made, {"spec": {"clusterIP": other, "clusterIPs": [other]}})
    assert "may not change once set" in caught.value.message


async def test_an_immutable_config_map_is_immutable(api: Scene) -> None:
    made = await api.create({**api.config_map("fixed", {"a": "1"}), "immutable": True})
    with pytest.raises(Invalid) as caught:
        await api.patch(made, {"data": {"a": "2"}})
    assert "field is immutable when `immutable` is set" in caught.value.message


async def test_a_stateful_set_changes_in_few_fields_only(api: Scene) -> None:
    obj = api.deployment("db")
    obj["kind"] = "StatefulSet"
    obj["spec"]["serviceName"] = "db"
    made = await api.create(obj)
    with pytest.raises(Invalid) as caught:
        await api.patch(made, {"spec": {"serviceName": "other"}})
    assert "updates to statefulset spec for fields other than" in caught.value.message
    assert (await api.patch(made, {"spec": {"replicas": 2}}))["spec"]["replicas"] == 2


async def test_a_role_binding_keeps_its_role(api: Scene) -> None:
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "b", "namespace": api.namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        "subjects": [],
    }
    made = await api.create(binding)
    with pytest.raises(Invalid):
        await api.patch(made, {"roleRef": {"name": "edit"}})


async def test_an_unknown_field_in_an_apply_is_refused(api: Scene) -> None:
    with pytest.raises(KubeError) as caught:
        await api.client.apply(_service(api, colour="blue"), field_manager="test")
    assert ".spec.colour: field not declared in schema" in caught.value.message


async def test_an_unknown_field_in_a_create_is_dropped(api: Scene) -> None:
    assert "colour" not in (await api.create(_service(api, colour="blue")))["spec"]


async def test_a_json_patch_that_does_not_fit_is_invalid(api: Scene) -> None:
    made = await api.create(api.config_map("one", {"a": "1"}))
    with pytest.raises(Invalid) as caught:
        await api.patch(made, [{"op": "test", "path": "/data/a", "value": "2"}], sort="json")
    assert caught.value.code == 422
    assert (await api.get(made))["data"] == {"a": "1"}


async def test_no_finalizer_is_added_to_what_is_being_deleted(api: Scene) -> None:
    made = await api.create(api.config_map("held", finalizers=["example.com/hold"]))
    await api.delete(made)
    with pytest.raises(Invalid) as caught:
        await api.patch(made, {"metadata": {"finalizers": ["example.com/hold", "example.com/more"]}})
    assert "no new finalizers can be added" in caught.value.message
    await api.patch(made, {"metadata": {"finalizers": None}})


async def test_nothing_is_made_in_a_namespace_that_is_ending(api: Scene) -> None:
    name = f"{api.namespace}-ending"
    namespace = await api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    held = await api.create(api.config_map("held", namespace=name, finalizers=["example.com/hold"]))
    await api.delete(namespace)
    error = await _refused(api, api.config_map("late", namespace=name))
    await api.patch(held, {"metadata": {"finalizers": None}})
    assert isinstance(error, Forbidden)
    assert "because it is being terminated" in error.message


async def test_the_namespace_of_an_object_is_the_one_in_its_path(api: Scene) -> None:
    made = await api.create(api.config_map("one"))
    with pytest.raises(KubeError) as caught:
        await api.client.replace(
            {**made, "metadata": {**made["metadata"], "name": "two"}}, field_manager="test"
        )
    assert caught.value.code == 404
