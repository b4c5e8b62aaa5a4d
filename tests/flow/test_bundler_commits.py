"""From a commit to its bundles: a real broker, a real repository, the bundler itself."""

from pathlib import Path

import orjson
import pytest

from support.bundling import bundling, workshop
from support.waiting import eventually

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n"


async def test_a_commit_becomes_rendered_bundles_with_sealed_content(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop, bundling(shop):
        repository = shop.repository()
        sha = repository.commit(
            {
                "app/fleet.yaml": "namespace: web\nhelm: {values: {replicas: 2}}\nlabels: {team: blue}\n"
                "annotations: {note: kept}\n",
                "app/cm.yaml": CONFIG_MAP.format(name="a"),
                "base/fleet.yaml": "targetCustomizations: [{name: dev, clusterName: one}]\n",
                "base/cm.yaml": CONFIG_MAP.format(name="b"),
            }
        )
        await shop.declare("web", {"repo": repository.url}, labels={"owner": "me"})
        sequence = await shop.detect("web", sha)
        await shop.read("web", sequence)

        rendered = await shop.rendered()
        assert rendered.keys() == {"web-app", "web-base"}
        app = rendered["web-app"]
        assert app.labels == {"owner": "me", "team": "blue", "fleet.cattle.io/repo-name": "web"}
        assert app.annotations == {"note": "kept"}
        assert app.commit == sha
        assert app.commit_sequence == sequence
        assert orjson.loads(await shop.content(app.content)) == {
            "resources": [{"name": "cm.yaml", "content": CONFIG_MAP.format(name="a"), "encoding": ""}]
        }
        options = orjson.loads(await shop.content(app.options))
        assert options["options"] == {"namespace": "web", "helm": {"values": {"replicas": 2}}, "ignore": {}}
        assert len(options["targets"]) == len(app.spec["targets"]) == 1
        base = rendered["web-base"].spec
        assert [target["name"] for target in base["targets"]] == ["dev", "default"]
        assert base["targetRestrictions"] == [{"name": "default", "clusterGroup": "default"}]
        assert await shop.is_whole("web")


async def test_all_that_follows_from_a_commit_has_its_correlation_id(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop, bundling(shop):
        repository = shop.repository()
        sequence = await shop.deliver(repository, "web", repository.commit({"a.yaml": "a: 1\n"}))
        await shop.read("web", sequence)
        commit = await shop.bus.last_on("COMMITS", "fleet.commit.fleet-default.web")
        bundle = await shop.bus.last_on("BUNDLES", "fleet.bundle.fleet-default.web")

        assert commit is not None
        assert bundle is not None
        assert bundle.envelope.correlation_id == commit.envelope.correlation_id


async def test_a_commit_that_changes_nothing_writes_nothing(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop, bundling(shop):
        repository = shop.repository()
        files = {"app/fleet.yaml": "", "app/cm.yaml": "a: 1\n"}
        await shop.read("web", await shop.deliver(repository, "web", repository.commit(files), paths=["app"]))
        before = await shop.count("BUNDLES"), await shop.count("CONTENT")

        await shop.read("web", await shop.detect("web", repository.commit({"README.md": "elsewhere\n"})))

        assert (await shop.count("BUNDLES"), await shop.count("CONTENT")) == before


async def test_a_commit_that_touches_one_bundle_writes_one_record(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop, bundling(shop):
        repository = shop.repository()
        files = {f"{name}/{file}": f"n: {name}\n" for name in "abc" for file in ("fleet.yaml", "cm.yaml")}
        await shop.read("web", await shop.deliver(repository, "web", repository.commit(files)))
        before = await shop.count("BUNDLES")
        uids = {name: event.uid for name, event in (await shop.rendered()).items()}

        await shop.read("web", await shop.detect("web", repository.commit({"b/cm.yaml": "n: new\n"})))

        assert await shop.count("BUNDLES") == before + 1
        rendered = await shop.rendered()
        assert {name: event.uid for name, event in rendered.items()} == uids
        assert {name: event.generation for name, event in rendered.items()} == {
            "web-a": 1,
            "web-b": 2,
            "web-c": 1,
        }
        assert await shop.is_whole("web")


async def test_a_changed_annotation_is_a_changed_bundle(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop, bundling(shop):
        repository = shop.repository()
        files = {"fleet.yaml": "annotations: {note: one}\n", "cm.yaml": "a: 1\n"}
        await shop.read("web", await shop.deliver(repository, "web", repository.commit(files)))
        one = (await shop.rendered())["web"]
        sha = repository.commit({"fleet.yaml": "annotations: {note: two}\n"})
        await shop.read("web", await shop.detect("web", sha))
        two = (await shop.rendered())["web"]

        assert (one.annotations, two.annotations) == ({"note": "one"}, {"note": "two"})
        assert (one.content, one.options) == (two.content, two.options), "no cluster has work of it"


async def test_a_folder_that_goes_takes_its_bundle_with_it(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop, bundling(shop):
        repository = shop.repository()
        files = {f"{name}/{file}": f"n: {name}\n" for name in "ab" for file in ("fleet.yaml", "cm.yaml")}
        await shop.read("web", await shop.deliver(repository, "web", repository.commit(files)))
        sha = repository.commit({"a/fleet.yaml": None, "a/cm.yaml": None})
        sequence = await shop.detect("web", sha)
        await shop.read("web", sequence)

        events = await shop.bundles()
        assert (await shop.rendered()).keys() == {"web-b"}
        assert events["web-a"].commit_sequence == sequence
        assert await shop.is_whole("web")


async def test_a_forced_sync_changes_the_options_and_so_the_bundle(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop, bundling(shop):
        repository = shop.repository()
        sha = repository.commit({"cm.yaml": "a: 1\n"})
        await shop.read("web", await shop.deliver(repository, "web", sha))
        before = (await shop.rendered())["web"]
        await shop.declare("web", {"repo": repository.url, "forceSyncGeneration": 3})
        await shop.read("web", await shop.detect("web", sha))
        after = (await shop.rendered())["web"]

        assert after.content == before.content
        assert after.options != before.options
        assert orjson.loads(await shop.content(after.options))["options"]["forceSyncGeneration"] == 3


async def test_what_a_gitrepo_overrides_stands_in_the_options(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop, bundling(shop):
        repository = shop.repository()
        sha = repository.commit({"fleet.yaml": "namespace: own\nserviceAccount: own\n", "cm.yaml": "a: 1\n"})
        sequence = await shop.deliver(
            repository,
            "web",
            sha,
            targetNamespace="forced",
            serviceAccount="robot",
            paused=True,
            keepResources=True,
            deleteNamespace=True,
            correctDrift={"enabled": True, "force": True},
            targets=[{"clusterSelector": {"matchLabels": {"env": "dev"}}}],
        )
        await shop.read("web", sequence)
        bundle = (await shop.rendered())["web"]
        found = orjson.loads(await shop.content(bundle.options))

        assert bundle.spec["paused"] is True
        assert bundle.spec["targets"] == [{"clusterSelector": {"matchLabels": {"env": "dev"}}}]
        assert found["targets"] == [{"namespace": "forced", "ignore": {}}]
        assert found["options"] == {
            "namespace": "forced",
            "serviceAccount": "robot",
            "keepResources": True,
            "deleteNamespace": True,
            "correctDrift": {"enabled": True, "force": True},
            "ignore": {},
        }


async def test_a_commit_that_is_superseded_before_it_is_read_is_passed_over(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        repository = shop.repository()
        for number in range(5):
            sha = repository.commit({"cm.yaml": f"n: {number}\n"})
            sequence = await shop.deliver(repository, "web", sha)
        async with bundling(shop):
            await shop.read("web", sequence)

        assert (await shop.rendered())["web"].commit == sha
        assert await shop.count("BUNDLES") == 1


async def test_no_value_of_a_secret_stands_unsealed_in_any_stream(tmp_path: Path) -> None:
    secret = "hunter2-very-secret"
    async with workshop(tmp_path) as shop, bundling(shop):
        repository = shop.repository()
        sha = repository.commit(
            {
                "fleet.yaml": f"helm:\n  values: {{p: {secret}-a}}\n  templateValues: {{x: {secret}-t}}\n"
                f"targetCustomizations:\n- name: dev\n  helm:\n    values: {{p: {secret}-b}}\n",
                "secret.yaml": f"kind: Secret\nstringData:\n  p: {secret}-c\n",
            }
        )
        await shop.read("web", await shop.deliver(repository, "web", sha))
        broken = shop.repository("broken")
        sha = broken.commit({"fleet.yaml": f"namespace: [{secret}-d]\n", "cm.yaml": "a: 1\n"})
        await shop.deliver(broken, "broken", sha)
        message = await shop.says("broken", "fleet.yaml:1", "namespace")
        sha = broken.commit({"fleet.yaml": f"helm: {{values: {{a: {secret}-e, b: [}}}}\n"})
        await shop.detect("broken", sha)
        message += await shop.says("broken", "fleet.yaml:1", "not valid YAML")

        assert secret not in message
        await shop.server.stop()
        stored = b"".join(path.read_bytes() for path in (tmp_path / "nats").rglob("*") if path.is_file())
        assert b"fleet.bundle.fleet-default.web" in stored
        assert secret.encode() not in stored


@pytest.mark.parametrize("name", ["web", "web.example"])
async def test_a_declared_bundle_is_its_own_owner(tmp_path: Path, name: str) -> None:
    spec = {
        "resources": [{"name": "cm.yaml", "content": "a: 1\n"}],
        "targets": [{"clusterGroup": "default"}],
        "helm": {"values": {"x": 1}},
    }
    async with workshop(tmp_path) as shop, bundling(shop):
        record = await shop.declare(name, spec, kind="bundle", labels={"team": "blue"})

        async def is_rendered() -> bool:
            return name in await shop.rendered()

        await eventually(is_rendered)
        bundle = (await shop.rendered())[name]
        assert bundle.owner.kind == "Bundle"
        assert bundle.uid == bundle.owner.uid == record.metadata.uid
        assert bundle.labels == {"team": "blue"}
        assert bundle.spec["targets"] == [{"clusterGroup": "default"}]

        await shop.declare(name, {"resources": []}, kind="bundle")
        await shop.says(name, "no resources", kind="bundle")
        assert name in await shop.rendered()

        await shop.delete(name, kind="bundle")

        async def is_gone() -> bool:
            return name not in await shop.rendered()

        await eventually(is_gone)
