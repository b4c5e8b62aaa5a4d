"""The comparison sees a lie in each of its three sources, and says on which cluster and in which bundle."""

import asyncio
import base64
import gzip
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio

from fleet.cli.comparison.releases import DEPLOYMENT_ID, decode_release
from fleet.events import (
    MAC_HEADER,
    DeploymentReported,
    DeploymentTargeted,
    Entry,
    manifest_digest,
)
from fleet.vault import Keyring
from support.live import PATIENCE, WORKSPACE, LiveHub, a_gitrepo, live_hub

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\n"
PAIRS = 4

Found = dict[str, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveHub]:
    """Two clusters that run the same two bundles."""
    async with live_hub(tmp_path_factory.mktemp("live"), "near:env=live", "far:env=live") as running:
        repository = running.repository("shop")
        await running.apply(a_gitrepo("shop", repository.url, paths=["one", "two"]))
        files = {f"{name}/a.yaml": CONFIG % name for name in ("one", "two")}
        await running.delivered("shop", repository.commit(files))
        await at_rest(running)
        yield running


@asynccontextmanager
async def stopped(hub: LiveHub, *processes: str) -> AsyncIterator[None]:
    """Programs of the hub stand still while the block runs."""
    pids = [hub.pid(name) for name in processes]
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


async def compared(hub: LiveHub) -> Found:
    """What the comparison prints, as a process of its own; its exit code says the same."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "fleet.cli.comparison", "--data", str(hub.layout.folder)),
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(PATIENCE):
        out, _ = await process.communicate()
    found: Found = json.loads(out)
    assert process.returncode == (0 if found["equal"] else 1)
    return found


async def at_rest(hub: LiveHub) -> None:
    """Wait until all three sources agree about all pairs."""

    async def agree() -> bool:
        found = await compared(hub)
        return bool(found["equal"]) and found["desired"] == PAIRS

    await hub.until("desired = delivered = reported", agree)


def differences(found: Found) -> dict[str, Found]:
    """What was found by bundle; all of it is about the cluster that was lied about."""
    assert found["equal"] is False
    assert {one["cluster"] for one in found["differences"]} == {"fleet-default/near"}
    return {one["bundle"]: one for one in found["differences"]}


def shown(entry: Entry) -> Found:
    """How the comparison shows what runs of a bundle."""
    return {"deploymentId": entry.deployment_id, "entry": entry.digest()}


async def test_another_manifest_in_desired_is_noticed(hub: LiveHub) -> None:
    async with stopped(hub, "targeter", "agent"):
        stored = await hub.bus.last(DeploymentTargeted, workspace=WORKSPACE, cluster="near")
        assert stored is not None
        manifest = stored.event
        entry = await the_entry(hub, manifest, "shop-one")
        other = entry.model_copy(update={"deployment_id": entry.deployment_id + "x"})
        entries = tuple(other.digest() if one == entry.digest() else one for one in manifest.entries)
        changed = {
            "entries": entries,
            "digest": manifest_digest(entries),
            "inline": {other.digest(): other},
            "generation": manifest.generation + 1,
        }
        lie = manifest.model_copy(update=changed)
        key = Keyring.open(hub.layout.keyring).workspace(WORKSPACE)
        mac = key.cluster_keys(manifest.uid).sign(lie.subject(), lie.encode())
        await hub.bus.put_content(WORKSPACE, key.seal(other.encode(), name=other.digest()))
        await hub.bus.publish(lie, source="test", headers={MAC_HEADER: mac})

        difference = differences(await compared(hub)).pop("shop-one")
        assert difference["desired"] == shown(other)
        assert difference["delivered"] == difference["reported"] == shown(entry)

    async def is_written_over() -> bool:
        present = await hub.bus.last(DeploymentTargeted, workspace=WORKSPACE, cluster="near")
        return present is not None and present.event.digest == manifest.digest

    await hub.until("the targeter wrote over what it did not write", is_written_over)
    await at_rest(hub)


async def the_entry(hub: LiveHub, manifest: DeploymentTargeted, bundle: str) -> Entry:
    """An entry of a manifest, from CONTENT."""
    key = Keyring.open(hub.layout.keyring).workspace(WORKSPACE)
    for digest in manifest.entries:
        chunks = await hub.bus.get_content(WORKSPACE, digest)
        assert chunks is not None
        entry = Entry.model_validate_json(key.open(digest, chunks))
        if entry.bundle == bundle:
            return entry
    raise AssertionError(f"no entry of {bundle}")


async def test_a_release_that_is_gone_from_the_cluster_is_noticed(hub: LiveHub) -> None:
    kubectl = await hub.kubectl("near")
    async with stopped(hub, "agent"):
        release = ("-n", "default", "-l", "owner=helm,name=shop-one")
        await kubectl("delete", "secret", *release)

        difference = differences(await compared(hub)).pop("shop-one")
        assert difference["delivered"] is None
        assert difference["desired"] == difference["reported"] is not None
    await at_rest(hub)


async def test_a_release_that_runs_something_else_is_noticed(hub: LiveHub) -> None:
    kubectl = await hub.kubectl("near")
    async with stopped(hub, "agent"):
        chosen = ("-n", "default", "-l", "owner=helm,name=shop-one,status=deployed")
        (secret,) = json.loads(await kubectl("get", "secret", *chosen, "-o", "json"))["items"]
        name, release = secret["metadata"]["name"], decode_release(secret)
        release["chart"]["metadata"]["annotations"][DEPLOYMENT_ID] = "s-something:else"
        await patch_release(kubectl, name, packed(release))

        difference = differences(await compared(hub)).pop("shop-one")
        assert difference["delivered"]["deploymentId"] == "s-something:else"
        assert difference["desired"] == difference["reported"]
        await patch_release(kubectl, name, secret["data"]["release"])
    await at_rest(hub)


def packed(release: Found) -> str:
    """A release as it stands in its Secret."""
    inner = base64.b64encode(gzip.compress(json.dumps(release).encode()))
    return base64.b64encode(inner).decode()


async def patch_release(kubectl: Any, name: str, data: str) -> None:
    patch = json.dumps({"data": {"release": data}})
    await kubectl("patch", "secret", name, "-n", "default", "--type=merge", "-p", patch)


@pytest.mark.parametrize("instead", [(), ("0" * 32,)], ids=["one less", "another one"])
async def test_a_false_report_is_noticed(hub: LiveHub, instead: tuple[str, ...]) -> None:
    async with stopped(hub, "agent", "targeter"):
        stored = await hub.bus.last(DeploymentReported, workspace=WORKSPACE, cluster="near")
        manifest = await hub.bus.last(DeploymentTargeted, workspace=WORKSPACE, cluster="near")
        assert stored is not None
        assert manifest is not None
        entry = await the_entry(hub, manifest.event, "shop-one")
        entries = tuple(one for one in stored.event.entries if one != entry.digest()) + instead
        await hub.bus.publish(stored.event.model_copy(update={"entries": entries}), source="test")

        found = differences(await compared(hub))
        assert found.keys() == {"shop-one", *(f"entry {digest}" for digest in instead)}
        difference = found["shop-one"]
        assert difference["reported"] is None
        assert difference["desired"] == difference["delivered"] == shown(entry)
        await hub.bus.publish(stored.event, source="test")
    await at_rest(hub)
