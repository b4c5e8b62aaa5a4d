"""The program `fleet-pocket`: killed, told to end, told to serve others."""

import asyncio
import json
import signal
import socket
from pathlib import Path

import pytest

from fleet.kube import KubeClient, NotFound, Unavailable
from support.pocket import PocketProcess, pocket_process
from support.waiting import eventually


@pytest.fixture
def port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _config_map(name: str, **data: str) -> dict[str, object]:
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


async def _client(running: PocketProcess, name: str) -> KubeClient:
    return await KubeClient.from_kubeconfig(running.kubeconfig(name))


async def test_nothing_that_was_answered_is_lost_by_a_kill(tmp_path: Path, port: int) -> None:
    async with pocket_process(tmp_path, port, "alpha") as running, await _client(running, "alpha") as client:
        made = [await client.create(_config_map(f"m{n}", n=str(n)), field_manager="test") for n in range(20)]
        await client.delete("v1", "ConfigMap", "m0", namespace="default")
        await client.patch(
            "v1", "ConfigMap", "m1", {"data": {"n": "changed"}}, namespace="default", field_manager="test"
        )
        before = await client.list("v1", "ConfigMap", namespace="default")
        await running.kill()
    async with pocket_process(tmp_path, port, "alpha") as running, await _client(running, "alpha") as client:
        after = await client.list("v1", "ConfigMap", namespace="default")
        assert after.items == before.items
        assert after.version == before.version
        uids = {item["metadata"]["uid"] for item in after.items}
        assert uids == {obj["metadata"]["uid"] for obj in made[1:]}
        more = await client.create(_config_map("more"), field_manager="test")
        assert int(more["metadata"]["resourceVersion"]) > int(before.version)


async def test_a_watch_goes_on_over_a_restart(tmp_path: Path, port: int) -> None:
    seen: list[str] = []

    async def follow(client: KubeClient, version: str) -> None:
        async for event in client.watch("v1", "ConfigMap", version=version, namespace="default"):
            seen.append(event.object["metadata"]["name"])

    async with pocket_process(tmp_path, port, "alpha") as running, await _client(running, "alpha") as client:
        version = (await client.list("v1", "ConfigMap", namespace="default")).version
        following = asyncio.create_task(follow(client, version))
        await client.create(_config_map("before"), field_manager="test")
        await eventually(lambda: seen == ["before"])
        await running.kill()
        async with pocket_process(tmp_path, port, "alpha"):
            await client.create(_config_map("after"), field_manager="test")
            await eventually(lambda: seen == ["before", "after"])
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def test_what_was_unfinished_at_a_kill_is_finished_after_it(tmp_path: Path, port: int) -> None:
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "c", "image": "registry.example/web:1"}]},
            },
        },
    }
    async with pocket_process(tmp_path, port, "alpha") as running, await _client(running, "alpha") as client:
        await client.create(deployment, field_manager="test")
        await running.kill()
    async with pocket_process(tmp_path, port, "alpha") as running, await _client(running, "alpha") as client:

        async def ready() -> bool:
            found = await client.get("apps/v1", "Deployment", "web", namespace="default")
            return bool(found["status"].get("readyReplicas") == 1)

        await eventually(ready)


async def test_sigterm_ends_it_with_code_zero_though_somebody_watches(tmp_path: Path, port: int) -> None:
    async with pocket_process(tmp_path, port, "alpha") as running, await _client(running, "alpha") as client:
        version = (await client.list("v1", "ConfigMap")).version
        following = asyncio.create_task(anext(client.watch("v1", "ConfigMap", version=version)))
        await client.create(_config_map("one"), field_manager="test")
        await following
        assert await running.stop() == 0


async def test_sighup_serves_what_the_file_names_now(tmp_path: Path, port: int) -> None:
    async with pocket_process(tmp_path, port, "alpha", "beta") as running:
        async with await _client(running, "alpha") as client:
            await client.create(_config_map("kept", a="1"), field_manager="test")
        await running.serve("beta", "gamma")
        await running.wait_healthy("/clusters/gamma/version")
        async with await _client(running, "alpha") as client:

            async def gone() -> bool:
                try:
                    await client.version()
                except NotFound:
                    return True
                return False

            await eventually(gone)
        await running.serve("alpha", "beta", "gamma")
        await running.wait_healthy("/clusters/alpha/version")
        async with await _client(running, "alpha") as client:
            assert (await client.get("v1", "ConfigMap", "kept", namespace="default"))["data"] == {"a": "1"}


async def test_a_list_that_cannot_be_read_changes_nothing(tmp_path: Path, port: int) -> None:
    async with pocket_process(tmp_path, port, "alpha") as running:
        (tmp_path / "clusters.json").write_text("{")
        running.process.send_signal(signal.SIGHUP)
        await running.wait_healthy("/clusters/alpha/version")
        await running.serve("alpha", "beta")
        await running.wait_healthy("/clusters/beta/version")


async def test_its_log_is_json_with_the_keys_that_services_use(
    tmp_path: Path, port: int, capfd: pytest.CaptureFixture[str]
) -> None:
    async with pocket_process(tmp_path, port, "alpha") as running:
        (tmp_path / "clusters.json").write_text("{")
        running.process.send_signal(signal.SIGHUP)
        await running.wait_healthy("/clusters/alpha/version")
        assert await running.stop() == 0
    first, *_, last = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert first["event"] == "serving"
    assert (first["level"], first["service"], first["clusters"]) == ("info", "pocket", ["alpha"])
    assert first["time"].endswith("Z")
    assert last["event"] == "the list of clusters is not followed"
    assert (last["level"], last["error"].startswith("Traceback")) == ("error", True)


async def test_a_server_that_is_away_is_unavailable(tmp_path: Path, port: int) -> None:
    async with pocket_process(tmp_path, port, "alpha") as running, await _client(running, "alpha") as client:
        await running.kill()
        with pytest.raises(Unavailable) as caught:
            await client.version()
        assert f"cannot connect to 127.0.0.1:{port}" in str(caught.value)
        assert caught.value.code == 0
