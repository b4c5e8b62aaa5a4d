"""The client commands against a real nats-server, with records and views written by hand."""

import asyncio
import json
import re

import pytest
import yaml

from fleet.bus import Refused
from fleet.cli.adapters.records import Records
from fleet.cli.objects.kinds import KINDS
from fleet.events import (
    ClusterRecord,
)
from support.barehub import CLUSTER, COMMIT, GITREPO, WS, BareHub, a_cluster, a_targeter
from support.bus import running_bus
from support.waiting import eventually


@pytest.fixture
async def hub(tmp_path):
    async with running_bus(tmp_path) as (server, bus):
        yield BareHub(server.url, bus)


async def test_apply_creates_configures_and_leaves_unchanged(hub, tmp_path):
    path = tmp_path / "web.yaml"
    for text, word in (
        (GITREPO, "created"),
        (GITREPO, "unchanged"),
        (GITREPO.replace("[a]", "[b]"), "configured"),
    ):
        path.write_text(text)
        done = await hub.fleet("apply", "-f", str(path))
        assert (done.code, done.out) == (0, f"gitrepo.fleet.cattle.io/web {word}\n")
    record = await hub.record()
    assert (record.metadata.generation, record.spec["paths"]) == (2, ["b"])


async def test_apply_takes_many_documents_files_folders_and_stdin(hub, tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "b.yml").write_text(CLUSTER + "---\n" + CLUSTER.replace("name: one", "name: two"))
    (tmp_path / "more" / "ignored.txt").write_text("a: [")
    done = await hub.fleet("apply", "-f", "-", "-f", str(tmp_path / "more"), stdin=GITREPO)
    assert done.out.splitlines() == [
        "gitrepo.fleet.cattle.io/web created",
        "cluster.fleet.cattle.io/one created",
        "cluster.fleet.cattle.io/two created",
    ]
    stored = await hub.bus.last(ClusterRecord, workspace="fleet-default", name="two")
    assert stored.event.metadata.labels == {"env": "dev"}


async def test_one_invalid_object_changes_nothing(hub, tmp_path):
    path = tmp_path / "all.yaml"
    path.write_text(GITREPO + "---\n" + CLUSTER.replace("env: dev", "env: d v") + "spek: {}\n")
    done = await hub.fleet("apply", "-f", str(path))
    assert (done.code, done.out) == (1, "")
    assert done.err.splitlines() == [
        f"error: {path}: document 2, line 8: metadata.labels.env: 'd v' is no label value: at most 63"
        " letters, digits, '-', '_' and '.', beginning and ending with a letter or digit",
        f'error: {path}: document 2, line 9: spek: unknown field, did you mean "spec"?',
    ]
    assert await hub.record() is None


async def test_one_object_that_is_too_large_changes_nothing(hub):
    large = CLUSTER + "---\n" + GITREPO.replace("[a]", f"[{'a' * (9 << 20)}]")
    done = await hub.fleet("apply", "-f", "-", stdin=large)
    assert (done.code, done.out) == (1, "")
    assert re.fullmatch(
        r'error: gitrepos\.fleet\.cattle\.io "web" in namespace fleet-local is too large: with its headers it'
        r" has \d+ bytes, and the server takes \d+: make it smaller\n",
        done.err,
    )
    assert await hub.bus.last(ClusterRecord, workspace="fleet-default", name="one") is None


async def test_a_namespace_option_must_fit_the_objects(hub):
    done = await hub.fleet("apply", "-f", "-", "-n", "other", stdin=CLUSTER)
    assert done.code == 1
    assert 'the namespace from the provided object "fleet-default" does not match' in done.err
    done = await hub.fleet("apply", "-f", "-", "-n", "other", stdin=GITREPO)
    assert done.code == 0
    assert await hub.record(workspace="other") is not None


async def test_an_object_made_again_has_a_new_uid(hub):
    await hub.fleet("apply", "-f", "-", stdin=GITREPO)
    first = (await hub.record()).metadata.uid
    assert (await hub.fleet("delete", "gitrepo/web")).out == (
        'gitrepo.fleet.cattle.io "web" deleted from fleet-local namespace\n'
    )
    assert (await hub.record()).deleted
    assert (await hub.fleet("apply", "-f", "-", stdin=GITREPO)).out.endswith("created\n")
    assert (await hub.record()).metadata.uid != first


async def test_get_shows_records_with_their_views_in_fleets_columns(hub):
    await hub.fleet("apply", "-f", "-", stdin=GITREPO)
    await hub.gitrepo_is_ready()
    assert (await hub.fleet("get", "GitRepos.fleet.cattle.io")).rows == [
        ["NAME", "REPO", "COMMIT", "BUNDLEDEPLOYMENTS-READY", "STATUS"],
        ["web", "https://git.example.com/web", COMMIT, "3/3"],
    ]
    everywhere = await hub.fleet("get", "gitrepo", "-A")
    assert everywhere.rows[0][:2] == ["NAMESPACE", "NAME"]
    assert everywhere.rows[1][:2] == [WS, "web"]


async def test_what_is_not_there_is_said_as_kubectl_says_it(hub):
    nothing = await hub.fleet("get", "gitrepos")
    assert (nothing.code, nothing.out, nothing.err) == (
        0,
        "",
        "No resources found in fleet-local namespace.\n",
    )
    assert (await hub.fleet("get", "gitrepos", "-A")).err == "No resources found\n"
    missing = await hub.fleet("get", "gitrepo", "x")
    assert (missing.code, missing.out) == (1, "")
    assert missing.err == 'Error from server (NotFound): gitrepos.fleet.cattle.io "x" not found\n'
    unknown = await hub.fleet("get", "pods")
    assert (unknown.code, unknown.err) == (1, 'error: the server doesn\'t have a resource type "pods"\n')


async def test_get_as_yaml_can_be_applied_again(hub):
    await hub.fleet("apply", "-f", "-", stdin=GITREPO)
    await hub.gitrepo_is_ready()
    shown = await hub.fleet("get", "gitrepo/web", "-o", "yaml")
    item = yaml.safe_load(shown.out)
    assert (item["kind"], item["status"]["commit"], item["metadata"]["generation"]) == ("GitRepo", COMMIT, 1)
    assert (await hub.fleet("apply", "-f", "-", stdin=shown.out)).out.endswith("unchanged\n")


async def test_several_objects_as_json_are_a_list(hub):
    for name in ("b", "a"):
        await hub.fleet("apply", "-f", "-", stdin=GITREPO.replace("web, l", f"{name}, l"))
    shown = json.loads((await hub.fleet("get", "gitrepos", "-o", "json")).out)
    assert (shown["kind"], [one["metadata"]["name"] for one in shown["items"]]) == ("List", ["a", "b"])
    labelled = json.loads((await hub.fleet("get", "gitrepos", "-l", "team!=a", "-o", "json")).out)
    assert labelled["items"] == []


async def test_a_view_of_an_earlier_object_of_that_name_does_not_count(hub):
    await hub.fleet("apply", "-f", "-", stdin=GITREPO)
    await hub.gitrepo_is_ready()
    await hub.fleet("delete", "gitrepo", "web")
    await hub.fleet("apply", "-f", "-", stdin=GITREPO)
    item = yaml.safe_load((await hub.fleet("get", "gitrepo/web", "-o", "yaml")).out)
    assert "commit" not in item["status"]


async def test_bundles_come_from_repositories_and_from_people(hub):
    await hub.bundle()
    mine = "apiVersion: fleet.cattle.io/v1alpha1\nkind: Bundle\nmetadata: {name: mine}\n"
    await hub.fleet("apply", "-f", "-", stdin=mine)
    assert [row[0] for row in (await hub.fleet("get", "bundles")).rows] == ["NAME", "mine", "web-a"]
    refused = await hub.fleet("label", "bundle/web-a", "a=b")
    assert refused.code == 1
    assert 'bundle "web-a" comes from GitRepo web: change it in the repository' in refused.err


async def test_a_deleted_gitrepo_is_shown_until_its_bundles_are_gone(hub):
    await hub.fleet("apply", "-f", "-", stdin=GITREPO)
    retired = await hub.bundle((await hub.record()).metadata.uid)
    await hub.fleet("delete", "-f", "-", stdin=GITREPO)
    assert "deletionTimestamp" in (await hub.fleet("get", "gitrepo/web", "-o", "yaml")).out
    gone = asyncio.create_task(hub.fleet("wait", "gitrepo/web", "--for=deleted", "--timeout", "20s"))
    await hub.bus.publish(retired, source="test")
    assert (await gone).out == "gitrepo.fleet.cattle.io/web condition met\n"
    assert (await hub.fleet("get", "gitrepo/web")).code == 1


async def test_clusters_are_asked_of_the_targeter_page_by_page(hub):
    items = [a_cluster(f"c{n}", env="prod") for n in range(5)] + [a_cluster("local", WS)]
    async with a_targeter(hub.bus, items):
        shown = await hub.fleet("get", "clusters", "-A", "-l", "env=prod")
        assert [row[1] for row in shown.rows] == ["NAME", "c0", "c1", "c2", "c3", "c4"]
        one = await hub.fleet("get", "cluster", "local")
        assert one.rows[1] == ["local", "2/2", "2026-01-01T00:00:00Z"]
        assert (await hub.fleet("get", "cluster", "c1")).code == 1


async def test_several_kinds_are_a_table_each_with_names_that_tell_their_kind(hub):
    await hub.fleet("apply", "-f", "-", stdin=GITREPO)
    async with a_targeter(hub.bus, [a_cluster("local", WS)]):
        shown = await hub.fleet("get", "gitrepo,policies,cluster")
        heads, repo, blank, _, cluster = shown.rows
        assert (shown.code, shown.err, heads[0], blank) == (0, "", "NAME", [])
        assert repo[0] == "gitrepo.fleet.cattle.io/web"
        assert cluster[0] == "cluster.fleet.cattle.io/local"
        whole = json.loads((await hub.fleet("get", "gitrepo/web", "cluster/local", "-o", "json")).out)
        assert [item["kind"] for item in whole["items"]] == ["GitRepo", "Cluster"]
    assert (await hub.fleet("get", "gitrepo,policies")).rows[1][0] == "web"
    part = await hub.fleet("get", "gitrepo,cluster")
    assert (part.code, part.rows[1][0]) == (1, "web")
    assert "clusters are computed by the targeter, and it does not answer" in part.err


async def test_names_alone_are_lines_as_kubectl_writes_them(hub):
    nothing = await hub.fleet("get", "gitrepos,policies", "-o", "name")
    assert (nothing.code, nothing.out, nothing.err) == (0, "", "")
    for name in ("web", "app"):
        await hub.fleet("apply", "-f", "-", stdin=GITREPO.replace("web, l", f"{name}, l"))
    named = await hub.fleet("get", "gitrepo,policy", "-o", "name")
    assert named.out == "gitrepo.fleet.cattle.io/app\ngitrepo.fleet.cattle.io/web\n"
    some = await hub.fleet("get", "gitrepo", "web", "x", "-o", "name")
    assert (some.code, some.out) == (1, "gitrepo.fleet.cattle.io/web\n")
    assert '"x" not found' in some.err


async def test_a_targeter_that_is_away_or_refuses_is_named(hub):
    away = await hub.fleet("get", "clusters")
    assert (away.code, away.out) == (1, "")
    assert "computed by the targeter, and it does not answer" in away.err

    async def refuse(_):
        raise Refused("", 503, "still reading")

    async def refused() -> bool:
        said = (await hub.fleet("get", "clusters")).err
        return "the targeter refused to list clusters: still reading" in said

    async with hub.bus.respond("fleet.query.clusters.*", refuse):
        await eventually(refused)


async def test_labels_are_set_changed_and_removed(hub):
    await hub.fleet("apply", "-f", "-", stdin=CLUSTER)
    label = ("label", "-n", "fleet-default", "cluster/one")
    assert (await hub.fleet(*label, "size=l", "env-")).out == "cluster.fleet.cattle.io/one labeled\n"
    refused = await hub.fleet(*label, "size=s", "--no-overwrite")
    assert (refused.code, refused.out) == (1, "")
    assert "'size' already has a value (l), and --overwrite is false" in refused.err
    assert (await hub.fleet(*label, "size=s")).code == 0
    stored = await hub.bus.last(ClusterRecord, workspace="fleet-default", name="one")
    assert stored.event.metadata.labels == {"size": "s"}
    assert stored.event.metadata.generation == 1
    gone = await hub.fleet(*label, "nope-")
    assert (gone.out, gone.err) == ("cluster.fleet.cattle.io/one not labeled\n", 'label "nope" not found.\n')
    assert (await hub.fleet("label", "cluster/two", "a=b")).code == 1


async def test_writers_at_once_lose_nothing(hub):
    await hub.fleet("apply", "-f", "-", stdin=CLUSTER)
    records = Records(bus=hub.bus)

    async def relabel(number):
        await records.relabel(
            KINDS["cluster"], "fleet-default", "one", lambda there: {**there, f"n{number}": "x"}
        )

    await asyncio.gather(*(relabel(number) for number in range(8)))
    stored = await hub.bus.last(ClusterRecord, workspace="fleet-default", name="one")
    assert set(stored.event.metadata.labels) == {"env", *(f"n{number}" for number in range(8))}


async def test_deleting_what_is_not_there_fails_and_the_rest_goes(hub):
    await hub.fleet("apply", "-f", "-", stdin=GITREPO)
    done = await hub.fleet("delete", "gitrepo", "x", "web")
    assert done.code == 1
    assert done.err == 'Error from server (NotFound): gitrepos.fleet.cattle.io "x" not found\n'
    assert '"web" deleted' in done.out


async def test_what_is_computed_cannot_be_changed(hub):
    done = await hub.fleet("delete", "bundledeployment/x")
    assert (done.code, done.err) == (
        1,
        "error: a BundleDeployment is computed by the targeter: it cannot be changed\n",
    )
