"""CustomResourceDefinitions: served at once, checked by their schema, gone with all their objects."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fleet.kube import Invalid, NotFound, Unavailable
from support.conformance import Scene, definition, scene, servers
from support.waiting import eventually

KIND = ("conformance.example.com/v1", "Widget")


@pytest.fixture(params=servers())
async def api(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(request.param, tmp_path) as made:
        wanted = definition("widgets", "Widget", "conformance.example.com")
        await made.client.apply(wanted, field_manager="test", force=True)
        await eventually(lambda: _served(made))
        yield made
        await made.delete(wanted)
        await eventually(lambda: _gone(made, wanted))


async def _served(api: Scene) -> bool:
    try:
        await api.client.list(*KIND)
    except NotFound:
        return False
    return True


async def _gone(api: Scene, obj: dict[str, Any]) -> bool:
    try:
        await api.get(obj)
    except NotFound:
        return True
    return False


def _widget(api: Scene, name: str = "w", **spec: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": api.namespace}
    return {"apiVersion": KIND[0], "kind": KIND[1], "metadata": metadata, "spec": {"repo": "r", **spec}}


async def test_a_custom_object_is_defaulted_and_pruned(api: Scene) -> None:
    made = await api.create({**_widget(api, junk=1), "status": {"ready": True}})
    assert made["spec"] == {"repo": "r", "count": 3}
    assert "status" not in made


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"count": "x"}, "spec.count: Invalid value"),
        ({"count": -1}, "spec.count: Invalid value"),
        ({"mode": "slow"}, "spec.mode: Unsupported value"),
        ({"repo": None}, "spec.repo: Required value"),
        ({"targets": [{"v": "1"}]}, "spec.targets[0].name: Required value"),
        ({"targets": [{"name": "a"}, {"name": "a"}]}, "spec.targets[1]: Duplicate value"),
    ],
)
async def test_a_custom_object_that_breaks_its_schema_is_invalid(
    api: Scene, spec: dict[str, Any], said: str
) -> None:
    with pytest.raises(Invalid) as caught:
        await api.create(_widget(api, **spec))
    assert caught.value.code == 422
    assert said in caught.value.message


async def test_the_status_is_written_through_its_own_path_only(api: Scene) -> None:
    made = await api.create(_widget(api))
    ready = await api.patch(made, {"status": {"ready": True}, "spec": {"repo": "x"}}, subresource="status")
    assert ready["status"] == {"ready": True}
    assert ready["spec"]["repo"] == "r"
    assert ready["metadata"]["generation"] == 1
    changed = await api.patch(made, {"status": {"ready": False}, "spec": {"repo": "x"}})
    assert changed["status"] == {"ready": True}
    assert changed["metadata"]["generation"] == 2


async def test_managers_share_a_map_list_of_a_custom_object(api: Scene) -> None:
    await api.client.apply(_widget(api, targets=[{"name": "a", "v": "1"}]), field_manager="alice")
    more = _widget(api, targets=[{"name": "b", "v": "2"}])
    del more["spec"]["repo"]
    both = await api.client.apply(more, field_manager="bob")
    assert [target["name"] for target in both["spec"]["targets"]] == ["a", "b"]
    left = await api.client.apply(_widget(api), field_manager="alice")
    assert [target["name"] for target in left["spec"]["targets"]] == ["b"]


async def test_the_status_can_be_applied(api: Scene) -> None:
    await api.create(_widget(api))
    status = {**_widget(api), "status": {"phase": "Done"}}
    del status["spec"]
    done = await api.client.apply(status, field_manager="operator", subresource="status")
    assert done["status"] == {"phase": "Done"}


async def test_a_strategic_patch_of_a_custom_object_is_refused(api: Scene) -> None:
    made = await api.create(_widget(api))
    with pytest.raises(Invalid) as caught:
        await api.patch(made, {"spec": {"repo": "x"}}, sort="strategic")
    assert caught.value.code == 415


async def test_a_definition_may_change(api: Scene) -> None:
    wanted = definition("widgets", "Widget", "conformance.example.com")
    version = wanted["spec"]["versions"][0]
    version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["extra"] = {"type": "string"}
    await api.client.apply(wanted, field_manager="test", force=True)

    async def keeps_the_new_field() -> bool:
        name = {"metadata": {"generateName": "n-", "namespace": api.namespace}}
        try:
            made = await api.create({**_widget(api, extra="yes"), **name})
        except Unavailable:
            return False  # a real server is away for a moment while it changes over
        return bool(made["spec"].get("extra") == "yes")

    await eventually(keeps_the_new_field)


async def test_a_deleted_definition_takes_its_objects_with_it(api: Scene) -> None:
    made = await api.create(_widget(api))
    wanted = definition("widgets", "Widget", "conformance.example.com")
    await api.delete(wanted)
    await eventually(lambda: _gone(api, wanted))
    await eventually(lambda: _gone(api, made))
    await api.client.apply(wanted, field_manager="test")
    await eventually(lambda: _served(api))
    assert (await api.client.list(*KIND, namespace=api.namespace)).items == []
