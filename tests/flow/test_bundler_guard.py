"""A commit that removes too many bundles waits for a person; one that is gone is skipped."""

from pathlib import Path

import pytest

from fleet.bundler import retries
from fleet.bundler.domain.guard import Loss
from fleet.bundler.domain.records import Reading
from fleet.bundler.guard import Guard, Held
from fleet.bus import Heard
from fleet.events import APPROVED_COMMIT, LookAsked, ObjectMeta, Resource, approval, merge_view
from support.bundling import Workshop, bundling, workshop
from support.bus import WORKSPACE
from support.command import fleet
from support.waiting import eventually


def files(*names: str) -> dict[str, str]:
    return {f"{name}/{file}": f"n: {name}\n" for name in names for file in ("fleet.yaml", "cm.yaml")}


def gone(*names: str) -> dict[str, str | None]:
    return dict.fromkeys(files(*names))


async def approve(shop: Workshop, name: str, commit: str, sequence: int) -> None:
    found = await shop.bus.last(Resource, kind="gitrepo", workspace=WORKSPACE, name=name)
    assert found is not None
    annotations = {APPROVED_COMMIT: approval(commit, sequence)}
    metadata = found.event.metadata.model_copy(update={"annotations": annotations})
    await shop.bus.publish(found.event.model_copy(update={"metadata": metadata}), source="test")


async def policy(shop: Workshop, share: float) -> None:
    metadata = ObjectMeta(name="strict", namespace=WORKSPACE, uid="p")
    spec = {"guard": {"removedShare": share}}
    await shop.bus.publish(Resource(kind="policy", metadata=metadata, spec=spec), source="test")


async def test_a_commit_that_removes_all_names_waits_though_others_take_their_place(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop, bundling(shop):
        repository = shop.repository()
        await shop.read("web", await shop.deliver(repository, "web", repository.commit(files("a", "b"))))
        before = await shop.count("BUNDLES")
        sha = repository.commit({**gone("a", "b"), **files("c")})
        sequence = await shop.detect("web", sha)
        message = await shop.says("web", "removes 2 of 2 bundles", "fleet approve gitrepo/web")
        view = await shop.view("web")
        assert view is not None

        assert f"@{sha[:12]}: it removes 2 of 2 bundles (web-a, web-b)" in message
        assert view.status["reading"]["waiting"] == {
            "commit": sha,
            "commitSequence": sequence,
            "removes": 2,
            "of": 2,
        }
        assert await shop.count("BUNDLES") == before
        status = merge_view(kind="gitrepo", uid=view.uid, generation=1, parts=[view])
        assert status["hop"]["hop"] == "bundler"
        assert "as soon as the commit is approved" in status["hop"]["next"]

        done = await fleet("approve", "gitrepo/web", "-n", WORKSPACE, "--server", shop.server.url)
        assert (done.code, done.out) == (
            0,
            f"gitrepo.fleet.cattle.io/web approved: commit {sha[:12]} removes 2 of 2 bundles\n",
        )
        await shop.read("web", sequence)
        assert (await shop.rendered()).keys() == {"web-c"}
        view = await shop.view("web")
        assert view is not None
        assert "waiting" not in view.status["reading"]
        done = await fleet("approve", "gitrepo/web", "-n", WORKSPACE, "--server", shop.server.url)
        assert done.code == 1
        assert "no commit of gitrepo.fleet.cattle.io/web waits for approval" in done.err


async def test_a_commit_that_removes_fewer_makes_the_approval_moot(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop, bundling(shop):
        repository = shop.repository()
        await shop.read("web", await shop.deliver(repository, "web", repository.commit(files("a", "b"))))
        await shop.detect("web", repository.commit({**gone("a", "b"), **files("c")}))
        await shop.says("web", "removes 2 of 2 bundles")
        await shop.read("web", await shop.detect("web", repository.commit(files("b"))))

        assert (await shop.rendered()).keys() == {"web-b", "web-c"}
        assert await shop.is_whole("web")


async def test_an_approval_of_one_commit_lets_no_other_pass(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop, bundling(shop):
        repository = shop.repository()
        await shop.read("web", await shop.deliver(repository, "web", repository.commit(files("a"))))
        first = repository.commit({**gone("a"), **files("b")})
        sequence = await shop.detect("web", first)
        await shop.says("web", first[:12], "removes 1 of 1")
        second = repository.commit({**gone("b"), **files("c")})
        await shop.detect("web", second)
        await shop.says("web", second[:12], "removes 1 of 1")
        await approve(shop, "web", first, sequence)
        third = repository.commit({"c/cm.yaml": "n: 3\n"})
        sequence = await shop.detect("web", third)
        await shop.says("web", third[:12], "removes 1 of 1")
        assert (await shop.rendered()).keys() == {"web-a"}

        await approve(shop, "web", third, sequence)
        await shop.read("web", sequence)
        assert (await shop.rendered()).keys() == {"web-c"}


async def test_an_approval_of_a_commit_does_not_hold_when_it_comes_back(tmp_path: Path) -> None:
    """Later commits have other bundles, and going back takes those away."""
    async with workshop(tmp_path) as shop, bundling(shop):
        repository = shop.repository()
        await shop.read("web", await shop.deliver(repository, "web", repository.commit(files("a"))))
        sha = repository.commit({**gone("a"), **files("b")})
        sequence = await shop.detect("web", sha)
        await shop.says("web", "removes 1 of 1")
        await approve(shop, "web", sha, sequence)
        await shop.read("web", sequence)
        later = repository.commit(files("c", "d"))
        await shop.read("web", await shop.detect("web", later))
        last = repository.commit(gone("b"))
        await shop.read("web", await shop.detect("web", last))
        await shop.detect("web", sha)

        await shop.says("web", sha[:12], "removes 2 of 2")
        assert (await shop.rendered()).keys() == {"web-c", "web-d"}


async def test_an_approval_is_not_missed_that_comes_while_the_guard_looks_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is heard of before it is noted that the commit waits; no pause passes until the next look."""
    real = Guard.check

    async def it_was_heard_of() -> bool:
        info = await shop.bus.connection.api("CONSUMER.INFO.RESOURCES.bundler-resource")
        return (info["num_pending"], info["num_ack_pending"]) == (0, 0)

    async def check(self: Guard, reading: Reading, loss: Loss) -> None:
        try:
            await real(self, reading, loss)
        except Held:
            if not heard:
                heard.append(reading.commit)
                await approve(shop, "web", reading.commit, reading.commit_sequence)
                await eventually(it_was_heard_of)
            raise

    heard: list[str] = []
    monkeypatch.setattr(Guard, "check", check)
    monkeypatch.setattr(retries, "FIRST", 1000.0)
    async with workshop(tmp_path) as shop, bundling(shop):
        repository = shop.repository()
        await shop.read("web", await shop.deliver(repository, "web", repository.commit(files("a"))))
        sha = repository.commit({**gone("a"), **files("b")})
        await shop.read("web", await shop.detect("web", sha))

        assert heard == [sha]
        assert (await shop.rendered()).keys() == {"web-b"}


async def test_a_policy_sets_the_share_and_may_be_loosened(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop, bundling(shop):
        await policy(shop, 0.5)
        repository = shop.repository()
        await shop.read("web", await shop.deliver(repository, "web", repository.commit(files(*"abcd"))))
        await shop.read("web", await shop.detect("web", repository.commit(gone("a"))))
        assert (await shop.rendered()).keys() == {"web-b", "web-c", "web-d"}
        sequence = await shop.detect("web", repository.commit(gone("b", "c")))
        await shop.says("web", "removes 2 of 3 bundles", "share of 0.5 on")

        await policy(shop, 0.9)
        await shop.read("web", sequence)
        assert (await shop.rendered()).keys() == {"web-d"}


async def test_an_empty_or_broken_commit_removes_nothing_even_if_approved(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop, bundling(shop):
        repository = shop.repository()
        await shop.read("web", await shop.deliver(repository, "web", repository.commit(files("a", "b"))))
        before = await shop.count("BUNDLES")
        for change in ({**gone("a", "b"), "README": "nothing here\n"}, {"a/fleet.yaml": "helm: [\n"}):
            sha = repository.commit(change)
            await approve(shop, "web", sha, await shop.count("COMMITS") + 1)
            await shop.detect("web", sha)
            await shop.says("web", "no resource found" if "README" in change else "not valid YAML")
            assert await shop.count("BUNDLES") == before


async def test_what_waits_when_the_bundler_ends_waits_for_the_next_one(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        repository = shop.repository()
        async with bundling(shop):
            await shop.read("web", await shop.deliver(repository, "web", repository.commit(files("a"))))
            sha = repository.commit({**gone("a"), **files("b")})
            sequence = await shop.detect("web", sha)
            await shop.says("web", "removes 1 of 1")
        await approve(shop, "web", sha, sequence)
        async with bundling(shop):
            await shop.read("web", sequence)
        assert (await shop.rendered()).keys() == {"web-b"}


async def test_a_commit_that_is_gone_is_skipped_for_the_present_one(tmp_path: Path) -> None:
    looks: list[LookAsked] = []

    async def look(heard: Heard) -> None:
        looks.append(LookAsked.parse(heard.payload))

    async with workshop(tmp_path) as shop, shop.bus.listen(LookAsked.subject_filter(), look):
        repository = shop.repository()
        lost = repository.commit(files("a"))
        await shop.deliver(repository, "web", lost)
        present = repository.commit(files("b"), orphan=True)
        repository.git("reflog", "expire", "--expire=now", "--all")
        repository.git("gc", "--quiet", "--prune=now")
        async with bundling(shop):
            await shop.says("web", "commit not found", "force-push", lost, "is skipped")

            def is_asked() -> bool:
                return bool(looks)

            await eventually(is_asked)
            await shop.read("web", await shop.detect("web", present))
            view = await shop.view("web")

        assert looks[0] == LookAsked(workspace=WORKSPACE, gitrepo="web")
        assert view is not None
        assert view.status["reading"]["skipped"] == lost
        assert view.status["reading"]["commit"] == present
