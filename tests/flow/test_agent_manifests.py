"""How manifests reach an agent over the real road, and which of them change anything."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fleet.agent.adapters.journal_store import JournalStore
from fleet.bus import Bus, Heard
from fleet.events import MAC_HEADER, DeploymentReported, DeploymentTargeted, manifest_digest
from support.agents import Bundle, Site, config_map, running_agent, site, sites
from support.reads import counted_reads
from support.waiting import eventually


def conf(number: str) -> Bundle:
    return Bundle("conf", {"a.yaml": config_map("conf", number=number)})


@pytest.fixture
async def lone(tmp_path: Path) -> AsyncIterator[Site]:
    """A cluster whose agent is not running yet."""
    async with site(tmp_path) as found:
        yield found


async def wake(bus: Bus, site: Site, manifest: DeploymentTargeted, **headers: str) -> None:
    """Say something on the wake subject, as the broker would, or a neighbour that forges."""
    about = {"Nats-Subject": manifest.subject(), "ce-type": manifest.type_name(), **headers}
    await bus.tell(site.identity.wake_subject, manifest.encode(), headers=about)


async def test_a_manifest_that_is_there_already_is_read_on_connect(lone: Site) -> None:
    manifest = await lone.deliver(conf("1"))
    async with running_agent(lone):
        await lone.ready(manifest)


async def test_a_manifest_arrives_with_its_wake_and_is_not_read_again(lone: Site) -> None:
    async with running_agent(lone), counted_reads(lone) as reads:
        await lone.ready(await lone.deliver(conf("1")))
        before = reads.count
        await lone.ready(await lone.deliver(conf("2")))
        assert reads.count == before


async def test_entries_that_do_not_stand_in_the_manifest_come_from_the_gateway(lone: Site) -> None:
    async with running_agent(lone):
        await lone.ready(await lone.deliver(conf("1"), inline=False))


async def test_a_missed_wake_is_made_good_after_the_reconnect(lone: Site) -> None:
    async with running_agent(lone) as agent:
        await lone.ready(await lone.deliver(conf("1")))
        await lone.road.kill()
        await eventually(lambda: agent.waits_for != "")
        await lone.road.start()
        manifest = await lone.deliver(conf("2"))
        await lone.ready(manifest)


@pytest.mark.parametrize("sender", ["wake", "stored"])
async def test_a_manifest_with_a_wrong_signature_changes_nothing(lone: Site, sender: str) -> None:
    async with running_agent(lone):
        await lone.ready(await lone.deliver(conf("1")))
        forged = await lone.manifest(conf("2"))
        if sender == "wake":
            await wake(lone.bus, lone, forged, **{MAC_HEADER: "0" * 32})
        else:
            await lone.write(forged, mac="0" * 32)
        genuine = await lone.deliver(conf("1"), Bundle("after", {"a.yaml": config_map("after", a="1")}))
        await lone.ready(genuine)
        assert await lone.data_of("conf") == {"number": "1"}
        assert (await lone.releases())["conf"].number == 1


async def test_a_manifest_that_comes_while_an_older_one_is_judged_is_acted_on(
    lone: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_agent(lone):
        await lone.deliver(conf("1"))
        await lone.ready(await lone.deliver(conf("2")))
    loading, go_on, load = asyncio.Event(), asyncio.Event(), JournalStore.load

    async def slowly(store: JournalStore) -> None:
        await load(store)
        loading.set()
        await go_on.wait()

    monkeypatch.setattr(JournalStore, "load", slowly)
    lone.generation = 0
    await lone.deliver(conf("of a hub that was restored"))
    async with running_agent(lone) as agent:
        await loading.wait()
        lone.generation = 2
        manifest = await lone.deliver(conf("3"))
        await eventually(lambda: agent.newest == manifest.generation)
        go_on.set()
        await lone.ready(manifest)


async def test_a_replayed_manifest_changes_nothing(lone: Site) -> None:
    async with running_agent(lone):
        old = await lone.deliver(conf("1"))
        await lone.ready(old)
        await lone.ready(await lone.deliver(conf("2")))
        mac = lone.keys.sign(old.subject(), old.encode())
        await wake(lone.bus, lone, old, **{MAC_HEADER: mac})
        await lone.write(old)  # a hub restored from a backup
        await lone.ready(
            await lone.deliver(conf("2"), Bundle("after", {"a.yaml": config_map("after", a="1")}))
        )
        assert (await lone.releases())["conf"].number == 2


async def test_a_replayed_manifest_changes_nothing_after_a_restart_either(lone: Site) -> None:
    old = await lone.manifest(conf("1"))
    async with running_agent(lone):
        await lone.ready(await lone.deliver(conf("2")))
    await lone.write(old)
    async with running_agent(lone):
        await lone.ready(
            await lone.deliver(conf("2"), Bundle("after", {"a.yaml": config_map("after", a="1")}))
        )
        assert await lone.data_of("conf") == {"number": "2"}
        assert (await lone.releases())["conf"].number == 1


async def test_another_clusters_manifest_changes_nothing(tmp_path: Path) -> None:
    async with sites(tmp_path, "mine", "other") as (mine, other), running_agent(mine):
        await mine.ready(await mine.deliver(conf("1")))
        others = await other.deliver(conf("2"))
        mac = other.keys.sign(others.subject(), others.encode())
        await wake(mine.bus, mine, others, **{MAC_HEADER: mac})
        pretended = mine.identity.desired_subject
        await wake(mine.bus, mine, others, **{MAC_HEADER: mac, "Nats-Subject": pretended})
        after = Bundle("after", {"a.yaml": config_map("after", a="1")})
        await mine.ready(await mine.deliver(conf("1"), after))
        assert (await mine.releases())["conf"].number == 1


async def test_a_manifest_of_an_earlier_cluster_of_the_same_name_changes_nothing(lone: Site) -> None:
    earlier = (await lone.manifest()).model_copy(update={"uid": "uid-earlier"})
    async with running_agent(lone):
        await lone.ready(await lone.deliver(conf("1")))
        await lone.write(earlier.model_copy(update={"epoch": 9}))
        lone.epoch = 10
        await lone.ready(await lone.deliver(conf("1")))
        assert (await lone.releases())["conf"].number == 1


async def test_forged_wakes_cost_at_most_one_read_each_and_far_fewer_together(lone: Site) -> None:
    async with running_agent(lone), counted_reads(lone) as reads:
        await lone.ready(await lone.deliver(conf("1")))
        before = reads.count
        forged = await lone.manifest(conf("2"))
        await wake(lone.bus, lone, forged, **{MAC_HEADER: "0" * 32})
        await eventually(lambda: reads.count > before)
        for _ in range(50):
            await wake(lone.bus, lone, forged, **{MAC_HEADER: "0" * 32})
        await lone.ready(await lone.deliver(conf("3")))
        assert reads.count <= before + 2


async def test_no_manifest_removes_nothing(lone: Site) -> None:
    async with running_agent(lone):
        await lone.ready(await lone.deliver(conf("1")))
    await lone.bus.purge(DeploymentTargeted)
    async with counted_reads(lone) as reads, running_agent(lone):
        await eventually(lambda: reads.count > 0)
        assert await lone.data_of("conf") == {"number": "1"}
        assert "conf" in await lone.releases()


async def test_while_an_entry_cannot_be_had_the_others_go_on_and_nothing_is_removed(lone: Site) -> None:
    async with running_agent(lone):
        await lone.ready(await lone.deliver(conf("1")))
        manifest = await lone.manifest(Bundle("new", {"a.yaml": config_map("new", a="1")}))
        ghost = "0" * 32
        entries = (*manifest.entries, ghost)
        partly = manifest.model_copy(update={"entries": entries, "digest": manifest_digest(entries)})
        await lone.write(partly)
        report = await lone.reported(partly, lambda report: manifest.entries[0] in report.entries)
        assert ghost not in report.entries, "only what was applied is reported"
        assert await lone.data_of("conf") == {"number": "1"}


async def test_an_unchanged_manifest_in_a_new_epoch_is_reported_and_redeploys_nothing(lone: Site) -> None:
    async with running_agent(lone):
        await lone.ready(await lone.deliver(conf("1")))
        lone.epoch += 1
        await lone.ready(await lone.deliver(conf("1")))
        assert (await lone.releases())["conf"].number == 1


async def test_after_a_restart_nothing_is_redeployed_and_the_same_is_reported(lone: Site) -> None:
    async with running_agent(lone):
        manifest = await lone.deliver(conf("1"), Bundle("other", {"a.yaml": config_map("other", a="1")}))
        before = await lone.ready(manifest)
    async with running_agent(lone):
        again = await lone.deliver(conf("1"), Bundle("other", {"a.yaml": config_map("other", a="1")}))
        after = await lone.ready(again)
    assert after.entries == before.entries
    assert [release.number for release in (await lone.releases()).values()] == [1, 1]


async def test_a_report_follows_its_manifests_correlation(lone: Site) -> None:
    async with running_agent(lone):
        manifest = await lone.deliver(conf("1"))
        await lone.ready(manifest)
        desired = await lone.bus.last(
            DeploymentTargeted, workspace=manifest.workspace, cluster=manifest.cluster
        )
        reported = await lone.bus.last(
            DeploymentReported, workspace=manifest.workspace, cluster=manifest.cluster
        )
        assert desired is not None
        assert reported is not None
        assert reported.envelope.correlation_id == desired.envelope.correlation_id


async def test_beats_carry_what_the_agent_knows_and_what_it_reported(lone: Site) -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def hear(message: Heard) -> None:
        heard.put_nowait(message.payload)

    manifest = await lone.deliver(conf("1"))
    async with lone.bus.listen("fleet.beat.*.*", hear), running_agent(lone):
        await lone.ready(manifest)
        async with asyncio.timeout(20):
            beat = await heard.get()
    assert manifest.digest.encode() in beat
