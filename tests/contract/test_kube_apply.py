"""Server-side apply: who owns what, and what happens when two want it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fleet.kube import Conflict
from support.conformance import Scene, scene, servers


@pytest.fixture(params=servers())
async def api(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(request.param, tmp_path) as made:
        yield made


async def _apply(api: Scene, obj: dict[str, Any], manager: str, *, force: bool = False) -> dict[str, Any]:
    return await api.client.apply(obj, field_manager=manager, force=force)


def _managers(obj: dict[str, Any]) -> set[tuple[str, str]]:
    return {(entry["manager"], entry["operation"]) for entry in obj["metadata"]["managedFields"]}


async def test_an_apply_creates_what_is_not_there(api: Scene) -> None:
    made = await _apply(api, api.config_map("one", {"a": "1"}), "alice")
    assert made["data"] == {"a": "1"}
    assert _managers(made) == {("alice", "Apply")}


async def test_an_apply_that_changes_nothing_makes_no_version(api: Scene) -> None:
    made = await _apply(api, api.deployment("web"), "alice")
    first = await api.get(made)
    again = await _apply(api, api.deployment("web"), "alice")
    settled = await api.get(made)
    assert again["metadata"]["generation"] == first["metadata"]["generation"]
    assert again["spec"] == settled["spec"]


async def test_two_managers_share_an_object(api: Scene) -> None:
    await _apply(api, api.config_map("one", {"a": "1"}), "alice")
    both = await _apply(api, api.config_map("one", {"b": "2"}), "bob")
    assert both["data"] == {"a": "1", "b": "2"}


async def test_what_a_manager_leaves_out_goes(api: Scene) -> None:
    await _apply(api, api.config_map("one", {"a": "1", "b": "2"}), "alice")
    await _apply(api, api.config_map("one", {"c": "3"}), "bob")
    left = await _apply(api, api.config_map("one", {"a": "1"}), "alice")
    assert left["data"] == {"a": "1", "c": "3"}


async def test_what_two_own_stays_when_one_leaves_it_out(api: Scene) -> None:
    await _apply(api, api.config_map("one", {"a": "1", "b": "2"}), "alice")
    await _apply(api, api.config_map("one", {"b": "2"}), "bob")
    left = await _apply(api, api.config_map("one", {"a": "1"}), "alice")
    assert left["data"] == {"a": "1", "b": "2"}


async def test_a_field_of_another_manager_is_a_conflict(api: Scene) -> None:
    await _apply(api, api.config_map("one", {"a": "1"}), "alice")
    with pytest.raises(Conflict) as caught:
        await _apply(api, api.config_map("one", {"a": "2"}), "bob")
    assert 'conflict with "alice"' in caught.value.message
    assert ".data.a" in caught.value.message
    assert not caught.value.exists


async def test_force_takes_the_field(api: Scene) -> None:
    await _apply(api, api.config_map("one", {"a": "1"}), "alice")
    taken = await _apply(api, api.config_map("one", {"a": "2"}), "bob", force=True)
    assert taken["data"] == {"a": "2"}
    assert _managers(taken) == {("bob", "Apply")}


async def test_a_patch_takes_fields_and_an_apply_wins_them_back_by_force(api: Scene) -> None:
    made = await _apply(api, api.deployment("web"), "alice")
    await api.patch(made, {"spec": {"replicas": 5}})
    wanted = api.deployment("web")
    wanted["spec"]["replicas"] = 2
    with pytest.raises(Conflict) as caught:
        await _apply(api, wanted, "alice")
    assert 'conflict with "test"' in caught.value.message
    assert (await _apply(api, wanted, "alice", force=True))["spec"]["replicas"] == 2


async def test_items_of_a_map_list_are_owned_one_by_one(api: Scene) -> None:
    await _apply(api, api.deployment("web"), "alice")
    side = api.deployment("web")
    side["spec"]["template"]["spec"]["containers"] = [{"name": "side", "image": "registry.example/side:1"}]
    both = await _apply(api, side, "bob")
    assert [c["name"] for c in both["spec"]["template"]["spec"]["containers"]] == ["web", "side"]
    gone = api.deployment("web")
    gone["spec"]["template"]["spec"]["containers"] = []
    del gone["spec"]["template"]["spec"]["containers"]
    left = await _apply(api, gone, "bob")
    assert [c["name"] for c in left["spec"]["template"]["spec"]["containers"]] == ["web"]


async def test_ports_that_differ_in_protocol_are_two(api: Scene) -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "dns", "namespace": api.namespace},
        "spec": {"ports": [{"name": "tcp", "port": 53}, {"name": "udp", "port": 53, "protocol": "UDP"}]},
    }
    await _apply(api, service, "alice")
    service["spec"] = {"ports": [{"name": "tcp", "port": 53}]}
    left = await _apply(api, service, "alice")
    assert [port["name"] for port in left["spec"]["ports"]] == ["tcp"]


async def test_the_status_is_not_the_managers_to_apply(api: Scene) -> None:
    wanted = {**api.deployment("web"), "status": {"replicas": 99}}
    made = await _apply(api, wanted, "alice")
    assert made.get("status", {}).get("replicas") != 99


async def test_a_client_may_move_the_ownership_of_fields(api: Scene) -> None:
    made = await api.create(api.config_map("one", {"a": "1"}))
    entry = {**made["metadata"]["managedFields"][0], "manager": "bob", "operation": "Apply"}
    change = [{"op": "replace", "path": "/metadata/managedFields", "value": [entry]}]
    moved = await api.patch(made, change, sort="json")
    assert _managers(moved) == {("bob", "Apply")}
    left = await _apply(api, api.config_map("one", {"b": "2"}), "bob")
    assert left["data"] == {"b": "2"}


async def test_an_item_that_its_owner_leaves_out_goes_though_another_changed_it(api: Scene) -> None:
    obj = api.deployment("web")
    obj["spec"]["template"]["spec"]["containers"].append({"name": "side", "image": "registry.example/side:1"})
    made = await _apply(api, obj, "alice")
    side = {"name": "side", "image": "registry.example/side:2"}
    await api.patch(made, {"spec": {"template": {"spec": {"containers": [side]}}}}, sort="strategic")
    left = await _apply(api, api.deployment("web"), "alice")
    assert [c["name"] for c in left["spec"]["template"]["spec"]["containers"]] == ["web"]
    assert "side" not in str(left["metadata"]["managedFields"])
