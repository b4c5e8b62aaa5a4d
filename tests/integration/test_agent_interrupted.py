"""Releases that somebody left in the middle of something: ours are taken up, others' are waited for."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fleet.agent.adapters.journal_store import JournalStore
from fleet.agent.domain.releases import ReleaseName, pack, unpack
from support.agents import Bundle, Site, config_map, running_agent, site
from support.waiting import eventually

RELEASE = ReleaseName("web", "conf")


@pytest.fixture
async def lone(tmp_path: Path) -> AsyncIterator[Site]:
    """A cluster on which an agent has deployed a bundle, and which no agent attends now."""
    async with site(tmp_path) as found:
        async with running_agent(found):
            await found.ready(await found.deliver(conf("1")))
        yield found


def conf(number: str) -> Bundle:
    return Bundle("conf", {"a.yaml": config_map("conf", number=number)})


async def leave(lone: Site, status: str, *, ours: bool) -> None:
    """Leave a second revision in this state, as a crash does; `ours` says whether our journal knows of it."""
    if ours:
        journal = JournalStore(kube=lone.kube)
        await journal.load()
        await journal.begin(RELEASE, "upgrade", 2)
    first: dict[str, Any] = await lone.kube.get("v1", "Secret", "sh.helm.release.v1.conf.v1", namespace="web")
    release = unpack(first["data"]["release"])
    release = {**release, "version": 2, "info": {**release["info"], "status": status}}
    labels = {**first["metadata"]["labels"], "version": "2", "status": status}
    metadata = {"name": "sh.helm.release.v1.conf.v2", "namespace": "web", "labels": labels}
    second = {**first, "metadata": metadata, "data": {"release": pack(release)}}
    await lone.kube.create(second, field_manager="test")


async def states(lone: Site) -> dict[str, str]:
    found = await lone.kube.list("v1", "Secret", labels="owner=helm,name=conf", metadata_only=True)
    return {s["metadata"]["labels"]["version"]: s["metadata"]["labels"]["status"] for s in found.items}


async def test_an_upgrade_of_ours_that_was_cut_off_is_done_again(lone: Site) -> None:
    await leave(lone, "pending-upgrade", ours=True)
    async with running_agent(lone):
        await lone.ready(await lone.deliver(conf("2")))
    assert await states(lone) == {"1": "superseded", "3": "deployed"}
    assert await lone.data_of("conf") == {"number": "2"}


async def test_a_correction_of_ours_that_was_cut_off_leaves_no_trace(lone: Site) -> None:
    await leave(lone, "pending-rollback", ours=True)
    async with running_agent(lone):
        await lone.ready(await lone.deliver(conf("1")))
    assert await states(lone) == {"1": "deployed"}


async def test_somebody_elses_operation_is_waited_for(lone: Site) -> None:
    await leave(lone, "pending-upgrade", ours=False)
    async with running_agent(lone):
        manifest = await lone.deliver(conf("2"))
        trouble = await lone.trouble(manifest, "conf", "ErrApplied")
        assert trouble.message.startswith("release web/conf: another Helm operation (pending-upgrade)")
        assert await lone.data_of("conf") == {"number": "1"}


async def test_a_bundle_that_is_removed_goes_although_it_is_pending(lone: Site) -> None:
    await leave(lone, "pending-upgrade", ours=True)
    async with running_agent(lone):
        manifest = await lone.deliver(Bundle("other", {"a.yaml": config_map("other", a="1")}))
        await lone.ready(manifest)

        async def gone() -> bool:
            return not await states(lone) and not await lone.has("ConfigMap", "conf")

        await eventually(gone)
