"""A commit that touches one folder reads that folder; what comes out is what a whole reading gives."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from fleet.bundler.exchange import Answer, Task
from fleet.bundler.pool import ReaderPool
from fleet.bundler.retries import Retries
from fleet.events import BundleSet
from support.bundling import Workshop, bundling, workshop


def bundle(name: str, text: str = "1") -> dict[str, str]:
    return {f"{name}/fleet.yaml": f"namespace: {name.replace('/', '-')}\n", f"{name}/cm.yaml": f"n: {text}\n"}


class Readings(list[set[str]]):
    """The folders that each reading read."""


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> Readings:
    """What is really read, noted on its way through the pool."""
    found, carry_out = Readings(), ReaderPool.carry_out

    async def noted(self: ReaderPool, task: Task, *sources: Any) -> Answer:
        answer = await carry_out(self, task, *sources)
        found.append({one.place.folder for one in answer.taken})
        return answer

    monkeypatch.setattr(ReaderPool, "carry_out", noted)
    return found


@asynccontextmanager
async def three_bundles(folder: Path, **more: str) -> AsyncIterator[tuple[Workshop, object]]:
    async with workshop(folder) as shop, bundling(shop):
        repository = shop.repository()
        files = {**bundle("a"), **bundle("b"), **bundle("c/d"), **more}
        await shop.read("web", await shop.deliver(repository, "web", repository.commit(files)))
        yield shop, repository


async def test_an_edit_reads_one_folder_and_writes_one_record(tmp_path: Path, readings: Readings) -> None:
    async with three_bundles(tmp_path) as (shop, repository):
        before = await shop.count("BUNDLES")
        sha = repository.commit({"c/d/cm.yaml": "n: new\n"})
        await shop.read("web", await shop.detect("web", sha))

        assert readings == [{"a", "b", "c/d"}, {"c/d"}]
        assert await shop.count("BUNDLES") == before + 1
        assert (await shop.rendered())["web-c-d"].commit == sha
        assert await shop.is_whole("web")


async def test_a_new_file_reads_the_folder_that_it_is_in(tmp_path: Path, readings: Readings) -> None:
    async with three_bundles(tmp_path) as (shop, repository):
        await shop.read("web", await shop.detect("web", repository.commit({"b/more.yaml": "n: 2\n"})))

        assert readings[1:] == [{"b"}]


async def test_a_new_folder_reads_itself_and_one_that_goes_reads_nothing(
    tmp_path: Path, readings: Readings
) -> None:
    async with three_bundles(tmp_path) as (shop, repository):
        await shop.read("web", await shop.detect("web", repository.commit(bundle("e"))))
        gone = dict.fromkeys(bundle("a"))
        await shop.read("web", await shop.detect("web", repository.commit(gone)))

        assert readings[1:] == [{"e"}, set()]
        assert (await shop.rendered()).keys() == {"web-b", "web-c-d", "web-e"}
        assert await shop.is_whole("web")


async def test_a_values_file_outside_of_the_folder_counts_as_part_of_it(
    tmp_path: Path, readings: Readings
) -> None:
    chart = {
        "app/fleet.yaml": "helm:\n  chart: ./chart\n  valuesFiles: [../shared/values, ../shared/more]\n",
        "app/chart/Chart.yaml": "apiVersion: v2\nname: app\nversion: 1.0.0\n",
        "shared/values": "a: 1\n",
        "shared/more": "b: 1\n",
    }
    async with three_bundles(tmp_path, **chart) as (shop, repository):
        options = (await shop.rendered())["web-app"].options
        await shop.read("web", await shop.detect("web", repository.commit({"shared/values": "a: 2\n"})))

        assert readings[1:] == [{"app"}]
        assert (await shop.rendered())["web-app"].options != options


async def test_a_fleet_yaml_that_begins_to_look_elsewhere_is_read_out_of_the_whole_tree(
    tmp_path: Path, readings: Readings
) -> None:
    chart = {
        "app/fleet.yaml": "helm:\n  chart: ./chart\n",
        "app/chart/Chart.yaml": "apiVersion: v2\nname: app\nversion: 1.0.0\n",
        "shared/values": "a: 1\n",
    }
    async with three_bundles(tmp_path, **chart) as (shop, repository):
        edit = {"app/fleet.yaml": "helm:\n  chart: ./chart\n  valuesFiles: [../shared/values]\n"}
        await shop.read("web", await shop.detect("web", repository.commit(edit)))

        assert readings[1:] == [{"app"}], "a part of the tree did not do, and the whole one read nothing else"


async def test_a_bundle_that_takes_another_name_is_checked_against_all(
    tmp_path: Path, readings: Readings
) -> None:
    async with three_bundles(tmp_path) as (shop, repository):
        await shop.detect("web", repository.commit({"a/fleet.yaml": "name: web-b\n"}))
        await shop.says("web", "web-b", "is already that of the folder")
        await shop.read("web", await shop.detect("web", repository.commit({"a/fleet.yaml": "name: other\n"})))

        assert (await shop.rendered()).keys() == {"other", "web-b", "web-c-d"}


async def test_a_changed_order_and_a_restart_read_all(tmp_path: Path, readings: Readings) -> None:
    async with workshop(tmp_path) as shop:
        repository = shop.repository()
        sha = repository.commit({**bundle("a"), **bundle("b")})
        async with bundling(shop):
            await shop.read("web", await shop.deliver(repository, "web", sha))
            await shop.read("web", await shop.deliver(repository, "web", sha, targetNamespace="forced"))
        async with bundling(shop):
            await shop.read("web", await shop.detect("web", repository.commit({"a/cm.yaml": "n: 9\n"})))

        assert readings == [{"a", "b"}] * 3


async def test_what_must_be_read_for_its_content_is_read_before_the_commit_is_let_go_of(
    tmp_path: Path, readings: Readings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A set that never became whole is put right; a kill must not lose that, so no timetable is trusted."""
    monkeypatch.setattr(Retries, "soon", lambda *_: None)
    async with three_bundles(tmp_path) as (shop, repository):
        torn = (await shop.rendered())["web-b"]
        never = BundleSet(size=12, digest="0" * 32)
        await shop.bus.publish(torn.model_copy(update={"set": never}), source="test")
        await shop.read("web", await shop.detect("web", repository.commit({"README": "elsewhere"})))

        assert readings == [{"a", "b", "c/d"}, set(), {"a", "b", "c/d"}]
        assert await shop.is_whole("web")


async def test_a_bundle_that_must_be_written_but_was_not_read_is_read_after_all(
    tmp_path: Path, readings: Readings
) -> None:
    """Its name was another's when it was read, and becomes free without a commit."""
    async with workshop(tmp_path) as shop, bundling(shop):
        other, repository = shop.repository("other"), shop.repository()
        sha = other.commit({"fleet.yaml": "name: web-b\n", "cm.yaml": "n: 1\n"})
        await shop.read("other", await shop.deliver(other, "other", sha))
        sequence = await shop.deliver(repository, "web", repository.commit({**bundle("a"), **bundle("b")}))
        await shop.says("web", "web-b", "is taken")
        await shop.delete("other")
        await shop.read("web", sequence)

        assert readings == [{""}, {"a", "b"}, {"a", "b"}]
        assert (await shop.rendered()).keys() == {"web-a", "web-b"}
        assert await shop.is_whole("web")


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_is_committed_the_set_is_that_of_a_whole_reading(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    folders = ["a", "b", "c/d", "c", "e"]
    async with workshop(tmp_path) as shop, bundling(shop):
        repository, files = shop.repository(), {**bundle("a"), **bundle("b"), "keep.yaml": "k: 1\n"}
        await shop.deliver(repository, "web", repository.commit(files))
        for number in range(12):
            folder, change = chance.choice(folders), {}
            match chance.randrange(4):
                case 0:
                    change = bundle(folder, str(number))
                case 1:
                    change = {f"{folder}/more{number}.yaml": f"n: {number}\n"}
                case 2:
                    change = {path: None for path in files if path.startswith(f"{folder}/")}
                case 3:
                    change = {f"{folder}/.fleetignore": "more*\n" if number % 2 else "#\n"}
            files |= change
            files = {path: text for path, text in files.items() if text is not None}
            sequence = await shop.detect("web", repository.commit({**change, "count.txt": str(number)}))
            await shop.read("web", sequence)
        other = shop.repository("other")
        sha = other.commit({**files, "count.txt": "11"})
        await shop.read("web", sequence)
        found = {name: (one.content, one.options) for name, one in (await shop.rendered()).items()}
        await shop.delete("web")
        await shop.read("other", await shop.deliver(other, "other", sha))
        whole = {
            name.replace("other", "web"): (one.content, one.options)
            for name, one in (await shop.rendered()).items()
            if one.owner.name == "other"
        }

    assert found == whole
