"""The targeter on a real broker: what is written to clusters, how often, and what a restart changes."""

from pathlib import Path

from fleet.events import (
    BundleRendered,
    DeploymentTargeted,
    Member,
    RolloutAdvanced,
    ViewPart,
)
from fleet.targeter.domain.manifests import INLINE_BYTES
from support.reports import a_report
from support.targeter import Scene, leading, scene
from support.targeting import WORKSPACE, Draft, a_cluster, a_resource, whole_set
from support.waiting import eventually

EVERYWHERE = {"clusterSelector": {}}


def drafts(count: int, *, content: str = "c0ffee") -> list[Draft]:
    return [Draft(f"app-{n:02}", targets=[EVERYWHERE], content=content) for n in range(count)]


async def views(found: Scene) -> dict[str, int]:
    return {stored.subject: stored.sequence async for stored in found.bus.present(ViewPart)}


async def test_many_bundles_cost_one_manifest_per_cluster(tmp_path: Path) -> None:
    clusters = [a_cluster(f"c{n}") for n in range(3)]
    async with scene(tmp_path, *clusters) as found:
        await found.deliver(*drafts(20))
        async with leading(found):
            await found.run({f"c{n}": [f"app-{n:02}" for n in range(20)] for n in range(3)})
            assert await found.writes(DeploymentTargeted) == 3
            assert await found.writes(Member) == 3


async def test_a_restart_writes_nothing_when_nothing_changed(tmp_path: Path) -> None:
    streams = (DeploymentTargeted, Member, RolloutAdvanced)
    async with scene(tmp_path, a_cluster("c0"), a_cluster("c1")) as found:
        await found.deliver(*drafts(2))
        async with leading(found):
            await found.run({name: ["app-00", "app-01"] for name in ("c0", "c1")})
            await found.report_all()
            for kind, name in (("gitrepo", "shop"), ("bundle", "app-00"), ("bundle", "app-01")):
                await found.ready(kind, name)
        written, shown = [await found.writes(cls) for cls in streams], await views(found)
        async with leading(found):
            await found.deliver(Draft("marker"), repository="other")
            await found.ready("gitrepo", "other")
        later = await views(found)
        assert {subject: later[subject] for subject in shown} == shown
        assert [await found.writes(cls) for cls in streams] == written


async def test_a_manifest_is_authentic_and_names_the_commit_that_led_to_it(tmp_path: Path) -> None:
    async with scene(tmp_path, a_cluster("c0")) as found:
        await found.deliver(*drafts(1))
        async with leading(found):
            await found.run({"c0": ["app-00"]})
        stored = (await found.desired())["c0"]
        assert found.authentic(stored)
        cause = await found.bus.last(BundleRendered, workspace=WORKSPACE, bundle="app-00")
        assert cause is not None
        assert stored.envelope.correlation_id == cause.envelope.correlation_id
        assert stored.envelope.causation_id == cause.envelope.id


async def test_options_and_entries_are_stored_sealed_before_a_manifest_names_them(tmp_path: Path) -> None:
    draft = Draft(
        targets=[{**EVERYWHERE, "namespace": "b"}], options={"namespace": "a", "keepResources": True}
    )
    async with scene(tmp_path, a_cluster("c0")) as found:
        await found.deliver(draft)
        async with leading(found):
            await found.run({"c0": ["web"]})
        manifest = (await found.desired())["c0"].event
        entry = await found.entry(manifest.entries[0])
        assert manifest.inline == {manifest.entries[0]: entry}
        assert await found.options(entry) == {"namespace": "b", "keepResources": True}
        chunks = await found.bus.get_content(WORKSPACE, entry.options)
        assert chunks is not None
        assert b"keepResources" not in b"".join(chunks)


async def test_entries_that_are_not_inline_can_be_fetched(tmp_path: Path) -> None:
    async with scene(tmp_path, a_cluster("c0")) as found:
        await found.deliver(*drafts(40))
        async with leading(found):
            await found.run({"c0": [f"app-{n:02}" for n in range(40)]})
        manifest = (await found.desired())["c0"].event
        assert len(manifest.inline) < 40
        assert sum(len(entry.encode()) for entry in manifest.inline.values()) <= INLINE_BYTES
        for digest in manifest.entries:
            assert (await found.entry(digest)).digest() == digest


async def test_a_set_is_acted_on_when_it_is_complete(tmp_path: Path) -> None:
    async with scene(tmp_path, a_cluster("c0")) as found:
        await found.deliver(*drafts(2))
        async with leading(found):
            await found.run({"c0": ["app-00", "app-01"]})
            before = (await found.desired())["c0"].event
            new = drafts(2, content="new")
            found.commit += 1
            await found.render(new[0], new)
            await found.deliver(Draft("marker", targets=[EVERYWHERE]), repository="other")
            await found.run({"c0": ["app-00", "app-01", "marker"]})
            assert (await found.desired())["c0"].event.entries[:2] == before.entries
            await found.render(new[1], new)

            async def the_new_set_is_out() -> bool:
                entries = (await found.desired())["c0"].event.entries[:2]
                return {(await found.entry(digest)).content for digest in entries} == {"new"}

            await eventually(the_new_set_is_out)
            part = await found.view("gitrepo", "shop")
            assert part is not None
            wanted = whole_set(new, found.name)

        async with leading(found):
            part = await found.view("gitrepo", "shop")
            assert part is not None
            assert part.status["rollup"]["set"] == {"size": 2, "digest": wanted.digest}


async def test_a_rollout_is_announced_before_and_marked_after_it(tmp_path: Path) -> None:
    async with scene(tmp_path, a_cluster("c0")) as found:
        await found.deliver(*drafts(1))
        async with leading(found):
            await found.run({"c0": ["app-00"]})

            async def it_is_marked() -> bool:
                last = await found.bus.last(RolloutAdvanced, workspace=WORKSPACE, bundle="app-00")
                return bool(last and last.event.complete)

            await eventually(it_is_marked)
        feed = found.bus.follow(RolloutAdvanced, history=True)
        first, second = [await anext(feed), await anext(feed)]
        await feed.aclose()
        assert (first.event.complete, second.event.complete) == (False, True)
        assert first.time < (await found.desired())["c0"].time < second.time
        assert first.event.cohorts == second.event.cohorts


async def test_a_bundle_with_a_bad_selector_holds_up_no_other(tmp_path: Path) -> None:
    bad = {"clusterSelector": {"matchExpressions": [{"key": "a", "operator": "Like", "values": ["b"]}]}}
    async with scene(tmp_path, a_cluster("c0")) as found:
        await found.deliver(Draft("bad", targets=[bad]), Draft("good", targets=[EVERYWHERE]))
        async with leading(found):
            await found.run({"c0": ["good"]})
            part = await found.ready("bundle", "bad", "False")
            assert part.conditions[0].reason == "Error"
            assert part.conditions[0].message.startswith("targeting error: targets[0].clusterSelector")
            await found.report_all()
            await found.ready("bundle", "good")

            async def the_repository_shows_it() -> bool:
                shown = await found.view("gitrepo", "shop")
                return bool(shown and shown.conditions[0].message == part.conditions[0].message)

            await eventually(the_repository_shows_it)


async def test_options_that_come_late_are_looked_for_again(tmp_path: Path) -> None:
    draft = Draft("late", targets=[EVERYWHERE], options={"namespace": "late"})
    async with scene(tmp_path, a_cluster("c0")) as found:
        await found.deliver(Draft("good", targets=[EVERYWHERE]), repository="other")
        found.commit += 1
        await found.render(draft, [draft], seal=False)
        async with leading(found):
            await found.run({"c0": ["good"]})
            assert "not stored yet" in (await found.ready("bundle", "late", "False")).conditions[0].message
            key = found.keyring.workspace(WORKSPACE)
            await found.bus.put_content(WORKSPACE, key.seal(draft.sealed))
            await found.run({"c0": ["good", "late"]})


async def test_what_a_deposed_leader_writes_is_written_over(tmp_path: Path) -> None:
    async with scene(tmp_path, a_cluster("c0")) as found:
        await found.deliver(*drafts(1))
        async with leading(found):
            await found.run({"c0": ["app-00"]})
            present = (await found.desired())["c0"].event
            late = present.model_copy(update={"epoch": present.epoch - 1, "generation": 9, "entries": ()})
            await found.bus.publish(late, source="targeter")

            async def it_is_written_over() -> bool:
                now = (await found.desired())["c0"].event
                return now.epoch == present.epoch and now.entries == present.entries

            await eventually(it_is_written_over)
            stored = (await found.desired())["c0"]
            assert stored.event.generation == 10
            assert found.authentic(stored)


async def test_a_cluster_whose_beats_name_another_manifest_twice_is_written_again(tmp_path: Path) -> None:
    async with scene(tmp_path, a_cluster("c0")) as found:
        await found.deliver(*drafts(1))
        async with leading(found):
            await found.run({"c0": ["app-00"]})
            await found.report_all()
            await found.ready("gitrepo", "shop")
            assert (await found.ask("clusters", name="c0"))["items"][0]["status"]["agent"]["lastSeen"]
            before = (await found.desired())["c0"].event

            async def it_is_written_again() -> bool:
                await found.beat("c0", digest="0" * 32)
                return (await found.desired())["c0"].event.generation == before.generation + 1

            await eventually(it_is_written_again)
            assert (await found.desired())["c0"].event.digest == before.digest


async def test_a_report_that_speaks_of_another_cluster_is_dropped(tmp_path: Path) -> None:
    async with scene(tmp_path, a_cluster("c0"), a_cluster("c1")) as found:
        await found.deliver(*drafts(1))
        async with leading(found):
            await found.run({"c0": ["app-00"], "c1": ["app-00"]})
            manifests = await found.desired()
            forged = a_report(manifests["c1"].event)
            await found.bus.tell(
                "fleet.status.fleet-default.c0", forged.encode(), headers={"ce-type": forged.type_name()}
            )
            await found.say_reports(a_report(manifests["c0"].event))

            async def c0_is_ready() -> bool:
                part = await found.view("bundle", "app-00")
                return bool(part and part.status["summary"]["ready"] == 1)

            await eventually(c0_is_ready)
            states = {
                item["metadata"]["name"]: item["status"]["display"]["readyBundles"]
                for item in (await found.ask("clusters"))["items"]
            }
            assert states == {"c0": "1/1", "c1": "0/1"}


async def test_a_storm_of_reports_is_a_few_writes_of_a_view(tmp_path: Path) -> None:
    clusters = [a_cluster(f"c{n:03}") for n in range(150)]
    async with scene(tmp_path, *clusters) as found:
        await found.deliver(*drafts(1))
        async with leading(found):
            await found.run({cluster.name: ["app-00"] for cluster in clusters})
            before = await found.writes(ViewPart)
            await found.report_all()
            part = await found.ready("bundle", "app-00")
            assert part.status["display"]["readyClusters"] == "150/150"
            await found.ready("gitrepo", "shop")
            assert await found.writes(ViewPart) - before < 50


async def test_the_view_of_what_is_gone_is_removed(tmp_path: Path) -> None:
    async with scene(tmp_path, a_cluster("c0")) as found:
        await found.deliver(*drafts(2))
        async with leading(found):
            await found.run({"c0": ["app-00", "app-01"]})
            await found.report_all()
            await found.ready("gitrepo", "shop")
            await found.deliver(drafts(2)[0])

            async def the_bundles_view_is_gone() -> bool:
                return await found.view("bundle", "app-01") is None

            await eventually(the_bundles_view_is_gone)
            await found.declare(a_resource("gitrepo", "shop", deleted=True))
            await found.deliver()

            async def all_views_are_gone() -> bool:
                return not await views(found)

            await eventually(all_views_are_gone)
            await found.run({"c0": []})
