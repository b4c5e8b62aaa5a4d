"""Watches: every change once, in order, from any version that is still kept."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fleet.kube import Expired, WatchEvent
from support.conformance import Scene, scene, servers

SECONDS = 20.0


@pytest.fixture(params=servers())
async def api(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(request.param, tmp_path) as made:
        yield made


async def _take(events: AsyncIterator[WatchEvent], count: int) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    async with asyncio.timeout(SECONDS):
        async for event in events:
            found.append((event.type, event.object["metadata"]["name"]))
            if len(found) == count:
                break
    return found


def _watch(api: Scene, version: str, **options: object) -> AsyncIterator[WatchEvent]:
    return api.client.watch(
        "v1", "ConfigMap", version=version, namespace=api.namespace, labels="w", **options
    )


async def _version(api: Scene) -> str:
    return (await api.client.list("v1", "ConfigMap", namespace=api.namespace)).version


async def test_a_watch_sees_what_happens_while_it_is_open(api: Scene) -> None:
    version = await _version(api)
    async with asyncio.TaskGroup() as tasks:
        seen = tasks.create_task(_take(_watch(api, version), 3))
        made = await api.create(api.config_map("one", labels={"w": ""}))
        await api.patch(made, {"data": {"a": "1"}})
        await api.delete(made)
    assert seen.result() == [("ADDED", "one"), ("MODIFIED", "one"), ("DELETED", "one")]


async def test_a_watch_goes_on_from_a_version(api: Scene) -> None:
    version = await _version(api)
    made = await api.create(api.config_map("one", labels={"w": ""}))
    await api.patch(made, {"data": {"a": "1"}})
    await api.delete(made)
    assert await _take(_watch(api, version), 3) == [("ADDED", "one"), ("MODIFIED", "one"), ("DELETED", "one")]


async def test_an_object_that_joins_a_selection_is_added_and_one_that_leaves_is_deleted(api: Scene) -> None:
    version = await _version(api)
    made = await api.create(api.config_map("one"))
    await api.patch(made, {"metadata": {"labels": {"w": ""}}})
    await api.patch(made, {"metadata": {"labels": {"w": None}}})
    assert await _take(_watch(api, version), 2) == [("ADDED", "one"), ("DELETED", "one")]


async def test_the_events_of_a_metadata_watch_are_metadata_only(api: Scene) -> None:
    version = await _version(api)
    await api.create(api.config_map("one", {"a": "1"}, labels={"w": ""}))
    async with asyncio.timeout(SECONDS):
        async for event in _watch(api, version, metadata_only=True):
            assert event.object["kind"] == "PartialObjectMetadata"
            assert "data" not in event.object
            break


async def test_an_event_may_be_larger_than_half_a_mebibyte(api: Scene) -> None:
    version = await _version(api)
    await api.create(api.config_map("large", {"a": "x" * 900_000}, labels={"w": ""}))
    async with asyncio.timeout(SECONDS):
        async for event in _watch(api, version):
            assert len(event.object["data"]["a"]) == 900_000
            break


async def test_a_version_of_the_future_or_the_far_past_is_expired(tmp_path: Path) -> None:
    async with scene("pocket", tmp_path) as api:
        with pytest.raises(Expired):
            await _take(_watch(api, "999999999"), 1)
        for n in range(1100):
            await api.client.apply(api.config_map("busy", {"n": str(n)}), field_manager="test")
        with pytest.raises(Expired):
            await _take(_watch(api, "1"), 1)
