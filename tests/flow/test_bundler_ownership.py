"""A bundle name belongs to the object that lives and was first; the end of one frees what it had."""

from pathlib import Path

from fleet.events import BundleSet, set_digest
from support.bundling import bundling, workshop
from support.waiting import eventually

FIRST = {"fleet.yaml": "name: shared\n", "cm.yaml": "from: first\n"}
SECOND = {
    "a/fleet.yaml": "name: shared\n",
    "a/cm.yaml": "from: second\n",
    "b/fleet.yaml": "",
    "b/cm.yaml": "b: 1\n",
}


async def test_a_name_of_another_live_owner_is_refused_and_the_rest_goes_on(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop, bundling(shop):
        first, second = shop.repository("first"), shop.repository("second")
        await shop.read("first", await shop.deliver(first, "first", first.commit(FIRST)))
        await shop.deliver(second, "second", second.commit(SECOND))
        message = await shop.says("second", '"shared"', "GitRepo first")

        rendered = await shop.rendered()
        assert "when the name becomes free" in message
        assert rendered["shared"].owner.name == "first"
        assert rendered["second-b"].set == BundleSet(
            size=1, digest=set_digest({"second-b": rendered["second-b"].spec_digest})
        )
        view = await shop.view("second")
        assert view is not None
        assert view.status["reading"]["refused"] == {"shared": "GitRepo/first"}


async def test_a_name_that_becomes_free_is_taken_by_who_waits_for_it(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop, bundling(shop):
        first, second = shop.repository("first"), shop.repository("second")
        more = {"c/fleet.yaml": "", "c/cm.yaml": "c: 1\n"}
        await shop.read("first", await shop.deliver(first, "first", first.commit({**FIRST, **more})))
        before = (await shop.rendered())["shared"].uid
        sequence = await shop.deliver(second, "second", second.commit(SECOND))
        await shop.says("second", "shared")
        await shop.read("first", await shop.detect("first", first.commit({"fleet.yaml": "name: mine\n"})))
        await shop.read("second", sequence)

        rendered = await shop.rendered()
        assert rendered["shared"].owner.name == "second"
        assert rendered["shared"].uid != before
        assert await shop.is_whole("first")
        assert await shop.is_whole("second")


async def test_the_end_of_a_gitrepo_retires_all_it_had(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop, bundling(shop):
        first, second = shop.repository("first"), shop.repository("second")
        await shop.read("first", await shop.deliver(first, "first", first.commit(FIRST)))
        sequence = await shop.deliver(second, "second", second.commit(SECOND))
        await shop.says("second", "shared")
        await shop.delete("first")
        await shop.read("second", sequence)
        assert (await shop.rendered())["shared"].owner.name == "second"
        await shop.delete("second")

        async def nothing_is_left() -> bool:
            return not await shop.rendered()

        await eventually(nothing_is_left)
        events = await shop.bundles()
        assert events.keys() == {"shared", "second-b"}
        assert {event.set for event in events.values()} == {BundleSet(size=0, digest=set_digest({}))}


async def test_nothing_is_said_any_more_of_objects_that_are_gone(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop, bundling(shop):
        first = shop.repository("first")
        await shop.read("first", await shop.deliver(first, "first", first.commit(FIRST)))
        await shop.deliver(first, "bad", first.commit({"fleet.yaml": "helm: []\n"}))
        await shop.says("bad", "helm")
        await shop.declare("own", {"resources": 7}, kind="bundle")
        await shop.says("own", "resources", kind="bundle")
        objects = (("first", "gitrepo"), ("bad", "gitrepo"), ("own", "bundle"))
        for name, kind in objects:
            assert await shop.view(name, kind=kind)
            await shop.delete(name, kind=kind)

        async def nothing_is_said() -> bool:
            return not any([await shop.view(name, kind=kind) for name, kind in objects])

        await eventually(nothing_is_said)


async def test_a_gitrepo_that_is_deleted_while_the_bundler_is_away_is_retired_later(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        first = shop.repository("first")
        async with bundling(shop):
            await shop.read("first", await shop.deliver(first, "first", first.commit(FIRST)))
        await shop.delete("first")
        async with bundling(shop):

            async def nothing_is_left() -> bool:
                return not await shop.rendered()

            await eventually(nothing_is_left)


async def test_a_gitrepo_made_again_inherits_nothing(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        first = shop.repository("first")
        sha = first.commit(FIRST)
        async with bundling(shop):
            await shop.read("first", await shop.deliver(first, "first", sha))
        before = (await shop.rendered())["shared"]
        await shop.delete("first")
        await shop.declare("first", {"repo": first.url})
        async with bundling(shop):

            async def old_is_gone() -> bool:
                return not await shop.rendered()

            await eventually(old_is_gone)
            await shop.read("first", await shop.detect("first", sha))

        after = (await shop.rendered())["shared"]
        assert after.uid != before.uid
        assert after.owner.uid != before.owner.uid
        assert after.spec_digest == before.spec_digest


async def test_an_object_without_a_record_loses_nothing(tmp_path: Path) -> None:
    """A hub whose RESOURCES came back empty must not take down what runs."""
    async with workshop(tmp_path) as shop:
        first, second = shop.repository("first"), shop.repository("second")
        async with bundling(shop):
            await shop.read("first", await shop.deliver(first, "first", first.commit(FIRST)))
        await shop.bus.connection.api("STREAM.PURGE.RESOURCES")
        async with bundling(shop):
            await shop.deliver(second, "second", second.commit(SECOND))
            await shop.says("second", "GitRepo first")

        assert (await shop.rendered())["shared"].owner.name == "first"


async def test_two_repositories_that_race_for_a_name_agree_on_one_owner(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        names = [f"repo{n}" for n in range(6)]
        for name in names:
            repository = shop.repository(name)
            await shop.deliver(repository, name, repository.commit(FIRST))
        async with bundling(shop):

            async def all_are_decided() -> bool:
                views = [await shop.view(name) for name in names]
                return all(view is not None for view in views)

            await eventually(all_are_decided)

        owner = (await shop.rendered())["shared"].owner.name
        for name in names:
            assert bool(await shop.stalled(name)) == (name != owner)
        assert await shop.count("BUNDLES") == 1
