"""What every Kubernetes API does with objects, seen through our client."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fleet.kube import Conflict, NotFound
from support.conformance import Scene, scene, servers
from support.waiting import eventually


@pytest.fixture(params=servers())
async def api(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(request.param, tmp_path) as made:
        yield made


async def test_the_server_says_which_version_it_is(api: Scene) -> None:
    assert (await api.client.version())["gitVersion"].startswith("v1.")


async def test_discovery_knows_built_in_kinds(api: Scene) -> None:
    deployments = await api.client.resource("apps/v1", "Deployment")
    assert (deployments.plural, deployments.namespaced) == ("deployments", True)
    assert not (await api.client.resource("v1", "Namespace")).namespaced
    kinds = {(r.api_version, r.kind) for r in await api.client.resources()}
    assert {("v1", "Secret"), ("batch/v1", "CronJob"), ("rbac.authorization.k8s.io/v1", "Role")} <= kinds


async def test_a_created_object_gets_its_identity_from_the_server(api: Scene) -> None:
    made = await api.create(api.config_map("one", {"a": "1"}))
    metadata = made["metadata"]
    assert all(metadata[name] for name in ("uid", "resourceVersion", "creationTimestamp"))
    assert (await api.get(made))["data"] == {"a": "1"}


async def test_generate_name_makes_a_name_of_its_own(api: Scene) -> None:
    wanted = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"generateName": "s-", "namespace": api.namespace},
    }
    names = {(await api.create(wanted))["metadata"]["name"] for _ in range(3)}
    assert len(names) == 3
    assert all(name.startswith("s-") for name in names)


async def test_a_secret_gives_its_plain_strings_back_encoded(api: Scene) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "namespace": api.namespace},
        "stringData": {"password": "hunter2"},
    }
    made = await api.create(secret)
    assert made["data"] == {"password": "aHVudGVyMg=="}
    assert "stringData" not in made
    assert made["type"] == "Opaque"


async def test_generation_counts_changes_of_the_spec_only(api: Scene) -> None:
    made = await api.create(api.deployment("web"))
    assert made["metadata"]["generation"] == 1
    labelled = await api.patch(made, {"metadata": {"labels": {"a": "b"}}})
    assert labelled["metadata"]["generation"] == 1
    scaled = await api.patch(made, {"spec": {"replicas": 2}})
    assert scaled["metadata"]["generation"] == 2


async def test_a_write_that_changes_nothing_makes_no_version(api: Scene) -> None:
    made = await api.create(api.config_map("one", {"a": "1"}))
    same = await api.patch(made, {"data": {"a": "1"}})
    assert same["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


async def test_built_in_kinds_get_their_defaults(api: Scene) -> None:
    spec = (await api.create(api.deployment("web")))["spec"]
    assert spec["replicas"] == 1
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": "25%", "maxUnavailable": "25%"}
    container = spec["template"]["spec"]["containers"][0]
    assert container["imagePullPolicy"] == "IfNotPresent"
    assert container["ports"] == [{"containerPort": 80, "protocol": "TCP"}]
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": api.namespace},
        "spec": {"ports": [{"port": 80}]},
    }
    spec = (await api.create(service))["spec"]
    assert spec["type"] == "ClusterIP"
    assert spec["clusterIP"]
    assert spec["ports"] == [{"port": 80, "protocol": "TCP", "targetPort": 80}]


async def test_lists_are_chosen_by_labels_fields_and_namespace(api: Scene) -> None:
    for n in range(5):
        await api.create(api.config_map(f"m{n}", labels={"odd": str(n % 2), "n": str(n)}))

    async def names(**selection: str) -> list[str]:
        found = await api.client.list("v1", "ConfigMap", namespace=api.namespace, **selection)
        return sorted(item["metadata"]["name"] for item in found.items if item["metadata"]["name"][0] == "m")

    assert await names(labels="odd=1") == ["m1", "m3"]
    assert await names(labels="odd in (0,1),n!=3") == ["m0", "m1", "m2", "m4"]
    assert await names(labels="n notin (0,1,2)") == ["m3", "m4"]
    assert await names(labels="!odd") == []
    assert await names(fields="metadata.name=m2") == ["m2"]


async def test_list_items_are_whole_objects(api: Scene) -> None:
    await api.create(api.config_map("one"))
    found = await api.client.list("v1", "ConfigMap", namespace=api.namespace)
    assert {(item["apiVersion"], item["kind"]) for item in found.items} == {("v1", "ConfigMap")}


async def test_pages_together_are_the_list(api: Scene) -> None:
    for n in range(7):
        await api.create(api.config_map(f"m{n}", labels={"page": "yes"}))
    pages = [
        [item["metadata"]["name"] for item in page.items]
        async for page in api.client.iter_pages(
            "v1", "ConfigMap", namespace=api.namespace, labels="page=yes", size=3
        )
    ]
    assert pages == [["m0", "m1", "m2"], ["m3", "m4", "m5"], ["m6"]]


async def test_metadata_can_be_had_without_the_rest(api: Scene) -> None:
    await api.create(api.config_map("one", {"big": "x" * 1000}, labels={"part": "yes"}))
    alone = await api.client.get("v1", "ConfigMap", "one", namespace=api.namespace, metadata_only=True)
    listed = await api.client.list(
        "v1", "ConfigMap", namespace=api.namespace, labels="part=yes", metadata_only=True
    )
    assert alone["kind"] == "PartialObjectMetadata"
    assert listed.items == [alone]
    assert "data" not in alone


async def test_a_merge_patch_removes_what_is_null(api: Scene) -> None:
    made = await api.create(api.config_map("one", {"a": "1", "b": "2"}))
    assert (await api.patch(made, {"data": {"a": None, "c": "3"}}))["data"] == {"b": "2", "c": "3"}


async def test_a_strategic_patch_finds_list_items_by_their_key(api: Scene) -> None:
    obj = api.deployment("web")
    containers = obj["spec"]["template"]["spec"]["containers"]
    containers.append({"name": "side", "image": "registry.example/side:1"})
    made = await api.create(obj)
    change = {
        "spec": {"template": {"spec": {"containers": [{"name": "side", "image": "registry.example/side:2"}]}}}
    }
    images = [
        c["image"]
        for c in (await api.patch(made, change, sort="strategic"))["spec"]["template"]["spec"]["containers"]
    ]
    assert images == ["registry.example/web:1", "registry.example/side:2"]
    gone = {"spec": {"template": {"spec": {"containers": [{"name": "side", "$patch": "delete"}]}}}}
    left = (await api.patch(made, gone, sort="strategic"))["spec"]["template"]["spec"]["containers"]
    assert [c["name"] for c in left] == ["web"]


async def test_a_json_patch_is_all_or_nothing(api: Scene) -> None:
    made = await api.create(api.config_map("one", {"a": "1"}))
    good = [{"op": "test", "path": "/data/a", "value": "1"}, {"op": "add", "path": "/data/b", "value": "2"}]
    assert (await api.patch(made, good, sort="json"))["data"] == {"a": "1", "b": "2"}


async def test_a_dry_run_changes_nothing(api: Scene) -> None:
    await api.client.create(api.config_map("dry"), field_manager="test", dry_run=True)
    with pytest.raises(NotFound):
        await api.get(api.config_map("dry"))
    made = await api.create(api.config_map("one", {"a": "1"}))
    changed = await api.patch(made, {"data": {"a": "2"}}, dry_run=True)
    assert changed["data"] == {"a": "2"}
    assert (await api.get(made))["data"] == {"a": "1"}


async def test_deleting_says_whether_there_was_something(api: Scene) -> None:
    made = await api.create(api.config_map("one"))
    assert await api.delete(made)
    assert not await api.delete(made)


async def test_only_the_object_with_the_right_uid_is_deleted(api: Scene) -> None:
    made = await api.create(api.config_map("one"))
    with pytest.raises(Conflict):
        await api.delete(made, uid="00000000-0000-0000-0000-000000000000")
    assert await api.delete(made, uid=made["metadata"]["uid"])


async def test_a_finalizer_holds_an_object_until_it_is_taken_away(api: Scene) -> None:
    made = await api.create(api.config_map("held", finalizers=["example.com/hold"]))
    await api.delete(made)
    assert (await api.get(made))["metadata"]["deletionTimestamp"]
    await api.patch(made, {"metadata": {"finalizers": None}})
    with pytest.raises(NotFound):
        await api.get(made)


async def _is_gone(api: Scene, obj: dict[str, object]) -> bool:
    try:
        await api.get(obj)
    except NotFound:
        return True
    return False


async def test_what_an_object_owns_goes_with_it(api: Scene) -> None:
    owner = await api.create(api.config_map("owner"))
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    owned = await api.create(api.config_map("owned", ownerReferences=[reference]))
    await api.delete(owner)
    await eventually(lambda: _is_gone(api, owned))


async def test_orphans_outlive_their_owner(api: Scene) -> None:
    owner = await api.create(api.config_map("owner"))
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    owned = await api.create(api.config_map("owned", ownerReferences=[reference]))
    await api.delete(owner, propagation="Orphan")
    await eventually(lambda: _is_gone(api, owner))
    assert "ownerReferences" not in (await api.get(owned))["metadata"]


async def test_a_foreground_deletion_ends_with_the_owner(api: Scene) -> None:
    owner = await api.create(api.config_map("owner"))
    reference = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": "owner",
        "uid": owner["metadata"]["uid"],
        "blockOwnerDeletion": True,
    }
    owned = await api.create(
        api.config_map("owned", ownerReferences=[reference], finalizers=["example.com/hold"])
    )
    await api.delete(owner, propagation="Foreground")
    assert (await api.get(owner))["metadata"]["finalizers"] == ["foregroundDeletion"]
    await eventually(lambda: _is_marked(api, owned))
    await api.patch(owned, {"metadata": {"finalizers": None}})
    await eventually(lambda: _is_gone(api, owner))


async def _is_marked(api: Scene, obj: dict[str, object]) -> bool:
    return "deletionTimestamp" in (await api.get(obj))["metadata"]


async def test_a_namespace_takes_its_content_with_it(api: Scene) -> None:
    name = f"{api.namespace}-more"
    namespace = await api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    inside = await api.create(api.config_map("one", namespace=name, finalizers=["example.com/hold"]))
    await api.delete(namespace)
    await eventually(lambda: _is_marked(api, inside))
    assert (await api.get(namespace))["status"]["phase"] == "Terminating"
    await api.patch(inside, {"metadata": {"finalizers": None}})
    await eventually(lambda: _is_gone(api, namespace), within=30.0)


async def test_every_namespace_has_a_default_service_account(api: Scene) -> None:
    async def there() -> bool:
        try:
            await api.client.get("v1", "ServiceAccount", "default", namespace=api.namespace)
        except NotFound:
            return False
        return True

    await eventually(there)
