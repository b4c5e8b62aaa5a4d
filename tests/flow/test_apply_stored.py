"""`fleet apply NAME PATH...` into a hub: a real broker, the bundler itself; B12-B14 by their ids."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from fleet.bundler.domain.declared import whole_spec
from fleet.events import BundleRendered, Resource
from fleet.vault import Keyring
from support.bundling import Workshop, bundling, workshop
from support.bus import WORKSPACE
from support.command import Outcome, fleet
from support.folders import config_map, objects_of, resources, write
from support.waiting import eventually

REPO_LABEL = "fleet.cattle.io/repo-name"
SECRET = "correct-horse-battery"
TARGETS = "targets: [{name: live, clusterSelector: {matchLabels: {env: live}}}]\n"
RESTRICTED = TARGETS + TARGETS.replace("targets:", "targetRestrictions:")
TREE = {
    "app/fleet.yaml": f"""\
namespace: web
labels: {{team: blue}}
helm: {{values: {{password: {SECRET}}}}}
dependsOn: [{{name: web-base}}]
targetCustomizations:
- name: dev
  clusterName: one
  helm: {{values: {{replicas: 1}}}}
""",
    "app/a.yaml": config_map("a"),
    "base/fleet.yaml": "paused: true\n",
    "base/b.bin": bytes(range(256)),
    "base/empty": "",
}


class Desk:
    """A folder to apply, and the hub that it goes to."""

    def __init__(self, shop: Workshop, folder: Path) -> None:
        self.shop = shop
        self.folder = folder

    async def apply(self, *arguments: str) -> Outcome:
        """Run the command with what names the hub."""
        to = ("--server", self.shop.server.url, "--data", str(self.shop.settings.data), "-n", WORKSPACE)
        return await fleet("apply", *to, *arguments)

    async def applied(self, *arguments: str) -> list[str]:
        """Run it, have it succeed, and give what it said, in order."""
        done = await self.apply(*arguments)
        assert (done.code, done.err) == (0, ""), done.err
        return sorted(line.removeprefix("bundle.fleet.cattle.io/") for line in done.out.splitlines())

    async def record(self, name: str) -> Resource:
        """The Bundle object of a name."""
        found = await self.shop.bus.last(Resource, kind="bundle", workspace=WORKSPACE, name=name)
        assert found is not None
        return found.event

    async def rendered(self, *names: str) -> dict[str, BundleRendered]:
        """Wait until exactly these bundles are rendered."""

        async def there() -> bool:
            return (await self.shop.rendered()).keys() == set(names)

        await eventually(there)
        return await self.shop.rendered()

    async def whole(self, event: BundleRendered) -> dict[str, Any]:
        """The spec of a rendered bundle, opened."""
        options = orjson.loads(await self.shop.content(event.options))
        return whole_spec(event.spec, options, orjson.loads(await self.shop.content(event.content)))


@contextlib.asynccontextmanager
async def a_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.delenv("COMMIT", raising=False)
    async with workshop(tmp_path) as shop:
        Keyring.open(shop.settings.keys).workspace(WORKSPACE)
        yield Desk(shop, folder)


async def test_what_a_gitrepo_stores_is_what_the_command_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_desk(tmp_path, monkeypatch) as desk, bundling(desk.shop):
        repository = desk.shop.repository()
        sequence = await desk.shop.deliver(
            repository,
            "web",
            repository.commit(TREE),
            targets=[{"name": "live", "clusterSelector": {"matchLabels": {"env": "live"}}}],
            keepResources=True,
        )
        await desk.shop.read("web", sequence)
        write(desk.folder, TREE)
        write(tmp_path, {"targets": RESTRICTED})
        flags = ("-l", f"{REPO_LABEL}=web", "--targets-file", str(tmp_path / "targets"), "--keep-resources")
        printed = objects_of(await desk.apply("-o", "-", *flags, "web"))

        rendered = await desk.shop.rendered()
        assert {one["metadata"]["name"] for one in printed} == rendered.keys() == {"web-app", "web-base"}
        for one in printed:
            event = rendered[one["metadata"]["name"]]
            assert one["metadata"]["labels"] == event.labels
            assert one["spec"] == await desk.whole(event)


async def test_what_the_command_stores_is_what_it_prints_and_nothing_of_it_stands_in_clear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_desk(tmp_path, monkeypatch) as desk, bundling(desk.shop):
        write(desk.folder, TREE)
        assert await desk.applied("web") == ["web-app created", "web-base created"]
        rendered = await desk.rendered("web-app", "web-base")
        for one in objects_of(await desk.apply("-o", "-", "-l", f"{REPO_LABEL}=web", "web")):
            event = rendered[one["metadata"]["name"]]
            assert (
                one["metadata"]["labels"] == event.labels == (await desk.record(event.bundle)).metadata.labels
            )
            assert one["spec"] == await desk.whole(event)
        record = await desk.record("web-app")
        assert record.spec.keys() == {"dependsOn", "targets", "contentsId", "valuesHash"}
        assert SECRET not in record.model_dump_json()
        streams = [path.read_bytes() for path in tmp_path.rglob("*.blk")]
        assert streams
        assert not any(SECRET.encode() in data for data in streams)


async def test_a_second_apply_changes_what_changed_and_prunes_what_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_desk(tmp_path, monkeypatch) as desk, bundling(desk.shop):
        write(desk.folder, {f"{name}/fleet.yaml": "namespace: a\n" for name in "abc"})
        write(desk.folder, {f"{name}/a.yaml": config_map(name) for name in "abc"})
        await desk.applied("other", "c")
        await desk.applied("web", "a", "b")
        await desk.rendered("web-a", "web-b", "other-c")
        assert await desk.applied("web", "a", "b") == ["web-a unchanged", "web-b unchanged"]
        write(desk.folder, {"a/a.yaml": config_map("changed")})
        assert await desk.applied("web", "a") == ["web-a configured", "web-b deleted"]
        await desk.rendered("web-a", "other-c")


@pytest.mark.rule(id="12.1-22")
async def test_b12_labels_that_are_not_in_fleet_yaml_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_desk(tmp_path, monkeypatch) as desk:
        write(desk.folder, {"a.yaml": config_map(), "fleet.yaml": "labels: {a: b, c: d}\n"})
        await desk.applied("web", "-l", "x=y")
        assert (await desk.record("web")).metadata.labels == {"a": "b", "c": "d", "x": "y", REPO_LABEL: "web"}
        write(desk.folder, {"fleet.yaml": "labels: {c: e}\n"})
        assert await desk.applied("web") == ["web configured"]
        assert (await desk.record("web")).metadata.labels == {"c": "e", REPO_LABEL: "web"}


@pytest.mark.rule(id="12.1-23")
@pytest.mark.parametrize("labels", [{"fleet.cattle.io/fleet-helm-name": "web"}, {}], ids=["label", "options"])
async def test_b13_a_helmops_bundle_of_the_name_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, labels: dict[str, str]
) -> None:
    async with a_desk(tmp_path, monkeypatch) as desk:
        spec = {"helm": {"chart": "a"}} | ({} if labels else {"helmOpOptions": {"helmOpSecretName": "a"}})
        await desk.shop.declare("web-a", spec, kind="bundle", labels=labels)
        write(desk.folder, {f"{name}/a.yaml": config_map(name) for name in "ab"})
        done = await desk.apply("web", "a", "b")
        assert (done.code, done.out) == (1, "")
        assert 'a helmOps bundle with name "web-a" already exists' in done.err
        assert (await desk.record("web-a")).spec == spec
        assert await desk.shop.bus.last(Resource, kind="bundle", workspace=WORKSPACE, name="web-b") is None


@pytest.mark.rule(id="12.1-24")
async def test_b13_a_bundle_that_is_being_deleted_is_left_alone_and_can_be_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_desk(tmp_path, monkeypatch) as desk:
        write(desk.folder, {"a.yaml": config_map()})
        async with bundling(desk.shop):
            await desk.applied("web")
            await desk.rendered("web")
        await desk.shop.delete("web", kind="bundle")
        before = await desk.record("web")
        done = await desk.apply("web")
        assert (done.code, 'the bundle "web" is being deleted' in done.err) == (1, True)
        assert await desk.record("web") == before
        async with bundling(desk.shop):
            await desk.rendered()
            assert await desk.applied("web") == ["web created"]
            await desk.rendered("web")


@pytest.mark.rule(id="12.1-25")
async def test_b14_a_bundle_takes_over_objects_of_one_that_goes_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_desk(tmp_path, monkeypatch) as desk, bundling(desk.shop):
        write(desk.folder, {"old/a.yaml": config_map("shop"), "new/a.yaml": config_map("shop")})
        write(desk.folder, {"new/b.yaml": config_map("own")})
        await desk.applied("web", "old")
        await desk.rendered("web-old")
        assert await desk.applied("web", "new") == ["web-new created", "web-old deleted"]
        rendered = await desk.rendered("web-new")
        spec = await desk.whole(rendered["web-new"])
        assert spec["overwrites"] == [{"kind": "ConfigMap", "name": "shop"}]
        assert resources({"spec": spec}) == ["a.yaml", "b.yaml"]


async def test_a_bundle_of_a_gitrepo_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_desk(tmp_path, monkeypatch) as desk, bundling(desk.shop):
        repository = desk.shop.repository()
        sequence = await desk.shop.deliver(repository, "web", repository.commit({"a.yaml": config_map()}))
        await desk.shop.read("web", sequence)
        write(desk.folder, {"a.yaml": config_map()})
        done = await desk.apply("web")
        assert (done.code, 'the bundle "web" comes from GitRepo web' in done.err) == (1, True)


async def test_a_gitrepo_of_the_name_keeps_its_other_bundles_and_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_desk(tmp_path, monkeypatch) as desk, bundling(desk.shop):
        repository = desk.shop.repository()
        sequence = await desk.shop.deliver(repository, "web", repository.commit({"a/a.yaml": config_map()}))
        await desk.shop.read("web", sequence)
        write(desk.folder, {"b/a.yaml": config_map()})
        done = await desk.apply("web", "b")
        assert (done.code, done.err.count('there is a GitRepo "web" as well: its bundles stay')) == (0, 1)
        await desk.rendered("web", "web-b")


async def test_a_workspace_that_does_not_exist_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_desk(tmp_path, monkeypatch) as desk:
        write(desk.folder, {"a.yaml": config_map()})
        done = await desk.apply("web", "-n", "nowhere")
        assert (done.code, done.out) == (1, "")
        assert done.err.startswith('error: namespaces "nowhere" not found: ')
        assert Keyring.open(desk.shop.settings.keys).find("nowhere") is None


async def test_a_run_that_finds_nothing_removes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_desk(tmp_path, monkeypatch) as desk, bundling(desk.shop):
        write(desk.folder, {"a/a.yaml": config_map()})
        assert await desk.applied("web", "a") == ["web-a created"]
        for paths in (["b"], ["--driven-scan", "b"]):
            assert (await desk.apply("web", *paths)).code == 1
        assert not (await desk.record("web-a")).deleted


async def test_a_folder_with_an_error_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_desk(tmp_path, monkeypatch) as desk:
        write(desk.folder, {f"{name}/a.yaml": config_map(name) for name in "ab"})
        await desk.applied("web", "a", "b")
        before = await desk.shop.count("RESOURCES")
        write(desk.folder, {"a/fleet.yaml": "helm: []\n"})
        assert (await desk.apply("web", "a")).code == 1
        assert (await desk.apply("web", "nowhere")).code == 1
        assert await desk.shop.count("RESOURCES") == before


async def test_two_commands_at_once_end_with_a_conflict_or_are_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_desk(tmp_path, monkeypatch) as desk:
        write(desk.folder, {f"{n}/a.yaml": config_map(str(n)) for n in range(20)})
        monkeypatch.setenv("FLEET_APPLY_CONFLICT_RETRIES", "10")
        done = await asyncio.gather(*(desk.apply("web", "*", f"--sync-generation={n}") for n in range(1, 4)))
        assert [(one.code, one.err) for one in done] == [(0, "")] * 3
        specs = [(await desk.record(f"web-{n}")).spec for n in range(20)]
        assert all("contentsId" in spec for spec in specs)


@pytest.mark.rule(id="12.1-44")
async def test_how_many_are_written_at_the_same_time_may_be_said_and_what_is_no_number_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_desk(tmp_path, monkeypatch) as desk:
        write(desk.folder, {f"{n}/a.yaml": config_map(str(n)) for n in range(9)})
        variable, flag = "FLEET_BUNDLE_CREATION_MAX_CONCURRENCY", "--bundle-creation-max-concurrency"
        told = [(text, ()) for text in ("", "8", "16", "0")] + [("", (f"{flag}={n}",)) for n in (1, 0)]
        for number, (text, flags) in enumerate(told):
            monkeypatch.setenv(variable, text)
            assert len(await desk.applied("web", "*", f"--sync-generation={number}", *flags)) == 9
        monkeypatch.setenv(variable, "many")
        done = await desk.apply("web", "*")
        assert (done.code, done.err) == (0, f"warning: {variable} is no whole number; it counts as 4\n")
        assert (await desk.apply("web", "*", f"{flag}=many")).code == 1


async def test_content_that_is_not_there_is_said_on_the_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_desk(tmp_path, monkeypatch) as desk, bundling(desk.shop):
        for name in ("0" * 32, "*", "a.b"):
            await desk.shop.declare("web", {"contentsId": name, "valuesHash": name}, kind="bundle")
            await desk.shop.says("web", "spec.contentsId", kind="bundle")


async def test_without_the_keys_of_a_hub_nothing_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_desk(tmp_path, monkeypatch) as desk:
        write(desk.folder, {"a.yaml": config_map()})
        done = await fleet("apply", "--server", desk.shop.server.url, "web")
        assert done.code == 1
        assert "whose keys files and options are sealed with" in done.err
