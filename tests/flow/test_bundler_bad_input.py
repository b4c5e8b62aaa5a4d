"""Bad input shows on its own object with place and reason, removes nothing, and delays nothing else."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from fleet.events import BundleRendered
from support.bundling import Workshop, bundling, workshop
from support.bus import WORKSPACE

GOOD = {"app/fleet.yaml": "namespace: web\n", "app/cm.yaml": "a: 1\n"}


async def delivered(shop: Workshop, name: str = "web") -> tuple[object, dict[str, BundleRendered]]:
    """A repository that was read once, and its bundles."""
    repository = shop.repository(name)
    await shop.read(name, await shop.deliver(repository, name, repository.commit(GOOD)))
    return repository, await shop.rendered()


BROKEN: Mapping[str, tuple[dict[str, str | None], tuple[str, ...]]] = {
    "a fleet.yaml that does not parse": (
        {"app/fleet.yaml": "namespace: web\nhelm: [\n"},
        ("app/fleet.yaml:3", "not valid YAML"),
    ),
    "a field of the wrong type": (
        {"app/fleet.yaml": "name: a\nhelm:\n  chart: yes\n"},
        ("app/fleet.yaml:3", "helm.chart", "must be text"),
    ),
    "a values file that is not there": (
        {"app/fleet.yaml": "helm:\n  chart: .\n  valuesFiles:\n  - a/x.yaml\n"},
        ("app/fleet.yaml:4", "helm.valuesFiles[0]", 'no such file "a/x.yaml"', "looked in app"),
    ),
    "a chart from a chart repository": (
        {"app/fleet.yaml": "helm:\n  repo: https://127.0.0.1:1\n  chart: x\n"},
        ("app/fleet.yaml:2", "helm.repo", "the chart could not be fetched", "127.0.0.1:1"),
    ),
    "a dependency on nothing": (
        {"app/fleet.yaml": "dependsOn:\n- acceptedStates: [Ready]\n"},
        ("app/fleet.yaml:2", "dependsOn[0]", "must specify either 'name' or 'selector'"),
    ),
    "nothing left to deploy": (
        {"app/fleet.yaml": None, "app/cm.yaml": None, "README.md": "empty\n"},
        ("no resource found at the following paths to deploy: [.]",),
    ),
    "two folders with one bundle name": (
        {"other/fleet.yaml": "name: web-app\n", "other/cm.yaml": "b: 1\n"},
        ("other", '"web-app"', "the folder app"),
    ),
}


@pytest.mark.parametrize("change", BROKEN, ids=str)
async def test_a_commit_that_cannot_be_read_says_where_and_why_and_removes_nothing(
    tmp_path: Path, change: str
) -> None:
    files, words = BROKEN[change]
    async with workshop(tmp_path) as shop, bundling(shop):
        repository = shop.repository()
        await shop.read("web", await shop.deliver(repository, "web", repository.commit(GOOD)))
        before, written = await shop.rendered(), await shop.count("BUNDLES")
        good = await shop.view("web")
        sha = repository.commit(files)
        await shop.detect("web", sha)
        message = await shop.says("web", f"@{sha[:12]}", *words)

        assert repository.url in message
        assert await shop.rendered() == before
        assert await shop.count("BUNDLES") == written
        bad = await shop.view("web")
        assert good is not None
        assert bad is not None
        assert bad.status == good.status, "what was read before still holds"


async def test_the_next_good_commit_cures_at_once(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop, bundling(shop):
        repository = shop.repository()
        sha = repository.commit({"fleet.yaml": "helm: [\n", "cm.yaml": "a: 1\n"})
        await shop.deliver(repository, "web", sha)
        await shop.says("web", "fleet.yaml")
        await shop.read("web", await shop.detect("web", repository.commit({"fleet.yaml": ""})))

        assert (await shop.rendered()).keys() == {"web"}


async def test_a_missing_path_says_which_paths_were_looked_at(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop, bundling(shop):
        repository = shop.repository()
        await shop.deliver(repository, "web", repository.commit(GOOD), paths=["nowhere", "charts/*"])

        await shop.says("web", "no resource found at the following paths to deploy: [nowhere charts/*]")


async def test_a_repository_that_is_gone_is_read_when_it_is_back(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop, bundling(shop):
        repository = shop.repository()
        sha = repository.commit(GOOD)
        away = repository.folder.with_name("away.git")
        repository.folder.rename(away)
        sequence = await shop.deliver(repository, "web", sha)
        await shop.says("web", repository.url)
        away.rename(repository.folder)
        await shop.read("web", sequence)

        assert (await shop.rendered()).keys() == {"web-app"}


async def test_a_stalled_object_is_read_again_after_a_restart(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        repository = shop.repository()
        sha = repository.commit(GOOD)
        away = repository.folder.with_name("away.git")
        repository.folder.rename(away)
        async with bundling(shop):
            sequence = await shop.deliver(repository, "web", sha)
            await shop.says("web", repository.url)
        away.rename(repository.folder)
        async with bundling(shop):
            await shop.read("web", sequence)


async def test_a_commit_that_was_force_pushed_away_says_so(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop, bundling(shop):
        repository = shop.repository()
        repository.commit(GOOD)
        await shop.deliver(repository, "web", "0123456789abcdef0123456789abcdef01234567")

        await shop.says("web", repository.url, "commit not found")


async def test_one_broken_repository_delays_no_other(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop, bundling(shop):
        broken = shop.repository("broken")
        await shop.deliver(broken, "broken", broken.commit({"fleet.yaml": "a: [\n", "cm.yaml": "a: 1\n"}))
        await delivered(shop)
        await shop.says("broken", "fleet.yaml")


async def test_a_damaged_cache_costs_a_fetch_and_nothing_else(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop, bundling(shop):
        repository = shop.repository()
        await shop.read("web", await shop.deliver(repository, "web", repository.commit(GOOD)))
        shutil.rmtree(shop.settings.data / "git")
        sha = repository.commit({"app/cm.yaml": "a: 2\n"})
        await shop.read("web", await shop.detect("web", sha))

        assert (await shop.rendered())["web-app"].commit == sha


async def test_a_changed_spec_waits_until_it_was_polled(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop, bundling(shop):
        repository = shop.repository()
        sha = repository.commit(GOOD)
        sequence = await shop.deliver(repository, "web", sha)
        await shop.read("web", sequence)
        before = await shop.count("BUNDLES")
        await shop.declare("web", {"repo": repository.url, "targetNamespace": "forced"})
        other = shop.repository("other")
        await shop.read("other", await shop.deliver(other, "other", other.commit({"cm.yaml": "a: 1\n"})))
        assert await shop.count("BUNDLES") == before + 1, "only the other repository's"

        await shop.read("web", await shop.detect("web", sha))
        view = await shop.view("web")
        assert view is not None
        assert view.observed_generation == 2


async def test_a_hub_without_room_says_so_and_goes_on_when_there_is_some(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        info = await shop.bus.connection.api("STREAM.INFO.CONTENT")
        room = info["config"]["max_bytes"]
        await shop.bus.connection.api("STREAM.UPDATE.CONTENT", info["config"] | {"max_bytes": 1000})
        async with bundling(shop):
            repository = shop.repository()
            sequence = await shop.deliver(repository, "web", repository.commit({"cm.yaml": "a: 1\n" * 999}))
            await shop.says("web", "the stream is full")
            assert not await shop.bundles()
            await shop.bus.connection.api("STREAM.UPDATE.CONTENT", info["config"] | {"max_bytes": room})
            await shop.read("web", sequence)


async def test_records_of_a_later_commit_are_never_overwritten(tmp_path: Path) -> None:
    """As after a broker that gave out sequences of COMMITS twice."""
    async with workshop(tmp_path) as shop:
        repository = shop.repository()
        async with bundling(shop):
            await shop.read("web", await shop.deliver(repository, "web", repository.commit(GOOD)))
        last = await shop.bus.last(BundleRendered, workspace=WORKSPACE, bundle="web-app")
        assert last is not None
        later = last.event.model_copy(update={"commit_sequence": 1000})
        await shop.bus.publish(later, source="test")
        async with bundling(shop):
            await shop.detect("web", repository.commit({"app/cm.yaml": "a: 2\n"}))
            await shop.says("web", "a later commit")

        assert (await shop.rendered())["web-app"] == later
