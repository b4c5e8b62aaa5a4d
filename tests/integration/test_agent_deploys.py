"""What a manifest names becomes Helm releases of the cluster, and goes when it is no longer named."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fleet.agent.domain.marks import HASH_LABEL, ID_ANNOTATION, set_hash
from support.agents import Bundle, Site, attended_site, config_map, deployment
from support.waiting import eventually

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.2.3\n",
    "values.yaml": "replicas: 1\ngreeting: hello\n",
    "templates/web.yaml": deployment("{{ .Release.Name }}-web"),
    "templates/config.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: shop-config\ndata:\n"
        '  greeting: "{{ .Values.greeting }}"\n  literal: "{{ `{{ x }}` }}"\n'
    ),
}
KUSTOMIZE = {
    "base/kustomization.yaml": "resources: [config.yaml]\n",
    "base/config.yaml": config_map("config", colour="blue"),
    "prod/kustomization.yaml": "resources: [../base]\nnamePrefix: prod-\n",
}

THINGS = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Thing, plural: things, singular: thing, listKind: ThingList}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"""


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with attended_site(tmp_path) as found:
        yield found


async def test_raw_yaml_becomes_a_helm_release_whose_objects_are_marked(site: Site) -> None:
    bundle = Bundle("raw", {"config.yaml": config_map("settings", a="1"), "web.yaml": deployment("web")})
    manifest = await site.deliver(bundle)
    await site.ready(manifest)
    release = (await site.releases())["raw"]
    assert release.marks is not None
    assert (release.marks.bundle, release.marks.entry) == ("raw", manifest.entries[0])
    assert release.release.namespace == "web"
    found = await site.kube.get("v1", "ConfigMap", "settings", namespace="web")
    assert found["metadata"]["labels"][HASH_LABEL] == set_hash("raw")
    assert found["metadata"]["annotations"][ID_ANNOTATION] == "default-raw"
    assert found["metadata"]["annotations"]["meta.helm.sh/release-name"] == "raw"


async def test_a_chart_is_rendered_with_the_values_of_the_options(site: Site) -> None:
    options = {"defaultNamespace": "web", "helm": {"values": {"greeting": "hi"}, "releaseName": "shop"}}
    manifest = await site.deliver(Bundle("chart", CHART, options))
    await site.ready(manifest)
    assert await site.data_of("shop-config") == {"greeting": "hi", "literal": "{{ x }}"}
    assert await site.has("Deployment", "shop-web", api_version="apps/v1")


async def test_a_kustomize_overlay_is_built(site: Site) -> None:
    options = {"defaultNamespace": "web", "kustomize": {"dir": "prod"}}
    await site.ready(await site.deliver(Bundle("kustomized", KUSTOMIZE, options)))
    assert await site.data_of("prod-config") == {"colour": "blue"}


async def test_another_commit_upgrades_the_release_and_keeps_two_revisions(site: Site) -> None:
    for number in ("1", "2", "3"):
        bundle = Bundle("raw", {"config.yaml": config_map("settings", number=number)})
        await site.ready(await site.deliver(bundle))
        assert await site.data_of("settings") == {"number": number}
    secrets = await site.kube.list("v1", "Secret", namespace="web", labels="owner=helm,name=raw")
    assert len(secrets.items) == 2


async def test_what_another_commit_drops_from_an_object_goes_and_what_others_added_stays(site: Site) -> None:
    await site.ready(await site.deliver(Bundle("raw", {"a.yaml": config_map("conf", stays="1", goes="1")})))
    await site.kube.patch(
        "v1", "ConfigMap", "conf", {"data": {"foreign": "1"}}, field_manager="somebody", namespace="web"
    )
    await site.ready(await site.deliver(Bundle("raw", {"a.yaml": config_map("conf", stays="2")})))
    assert await site.data_of("conf") == {"stays": "2", "foreign": "1"}


async def test_git_wins_over_what_somebody_changed_by_hand(site: Site) -> None:
    await site.ready(await site.deliver(Bundle("raw", {"a.yaml": config_map("conf", a="1")})))
    taken = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "mine"}}
    await site.kube.apply(
        {**taken, "metadata": {"name": "conf", "namespace": "web"}}, field_manager="kubectl", force=True
    )
    await site.ready(await site.deliver(Bundle("raw", {"a.yaml": config_map("conf", a="2")})))
    assert await site.data_of("conf") == {"a": "2"}


async def test_a_namespace_that_is_there_is_used_as_it_is(site: Site) -> None:
    namespace = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "web", "labels": {"mine": "1"}},
    }
    await site.kube.apply(namespace, field_manager="somebody")
    await site.ready(await site.deliver(Bundle("raw", {"a.yaml": config_map("conf", a="1")})))
    found = await site.kube.get("v1", "Namespace", "web")
    assert found["metadata"]["labels"]["mine"] == "1"


async def test_namespace_labels_are_set_and_foreign_ones_removed(site: Site) -> None:
    options = {"defaultNamespace": "web", "namespaceLabels": {"team": "shop"}}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "web", "labels": {"old": "1"}}}
    await site.kube.apply(namespace, field_manager="somebody")
    await site.ready(await site.deliver(Bundle("raw", {"a.yaml": config_map("conf", a="1")}, options)))
    labels = (await site.kube.get("v1", "Namespace", "web"))["metadata"]["labels"]
    assert labels["team"] == "shop"
    assert "old" not in labels


async def test_a_chart_with_a_hook_and_definitions_is_installed_whole(site: Site) -> None:
    hook = {"metadata": {"name": "hook", "annotations": {"helm.sh/hook": "pre-install"}}}
    chart = {
        "Chart.yaml": "apiVersion: v2\nname: full\nversion: 0.1.0\n",
        "crds/things.yaml": THINGS,
        "templates/hook.yaml": json.dumps({"apiVersion": "v1", "kind": "ConfigMap", **hook}),
        "templates/thing.yaml": "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: one}\n",
    }
    await site.ready(await site.deliver(Bundle("full", chart)))
    assert await site.has("ConfigMap", "hook")
    assert await site.has("Thing", "one", api_version="example.com/v1")


async def test_what_a_valid_manifest_no_longer_names_is_removed(site: Site) -> None:
    stays = Bundle("stays", {"a.yaml": config_map("stays", a="1")})
    goes = Bundle("goes", {"a.yaml": config_map("goes", a="1")})
    await site.ready(await site.deliver(stays, goes))
    manifest = await site.deliver(stays)
    await eventually(lambda: _gone(site, "goes"))
    await site.ready(manifest)
    assert list(await site.releases()) == ["stays"]


async def test_objects_of_a_bundle_that_keeps_its_resources_stay_when_it_goes(site: Site) -> None:
    options = {"defaultNamespace": "web", "keepResources": True}
    await site.ready(await site.deliver(Bundle("kept", {"a.yaml": config_map("kept", a="1")}, options)))
    await site.deliver()
    await eventually(lambda: _no_releases(site))
    assert await site.data_of("kept") == {"a": "1"}


async def test_a_release_with_another_name_replaces_the_former_one(site: Site) -> None:
    files = {"a.yaml": config_map("moved", a="1")}
    await site.ready(await site.deliver(Bundle("moving", files)))
    options = {"defaultNamespace": "web", "helm": {"releaseName": "renamed"}}
    await site.ready(await site.deliver(Bundle("moving", files, options)))
    assert list(await site.releases()) == ["renamed"]


async def test_a_release_in_another_namespace_replaces_the_former_one(site: Site) -> None:
    fixed = json.loads(config_map("fixed", a="1"))
    fixed["metadata"]["namespace"] = "shared"
    files = {"a.yaml": json.dumps(fixed), "b.yaml": config_map("moved", a="1")}
    await site.kube.apply(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shared"}}, field_manager="test"
    )
    for namespace in ("one", "two", "one"):
        await site.ready(await site.deliver(Bundle("moving", files, {"defaultNamespace": namespace})))
        assert (await site.releases())["moving"].release.namespace == namespace
        assert await site.data_of("fixed", "shared") == {"a": "1"}
        assert await site.data_of("moved", namespace) == {"a": "1"}
    assert await site.data_of("moved", "two") == {}


async def test_what_another_bundle_was_in_the_way_of_is_deployed_when_that_is_gone(site: Site) -> None:
    first, second = (
        Bundle("first", {"a.yaml": config_map("same", a="1")}),
        Bundle("second", {"a.yaml": config_map("same", a="2")}),
    )
    await site.ready(await site.deliver(first))
    trouble = await site.trouble(await site.deliver(first, second), "second", "NotReady")
    assert "cannot be imported" in trouble.message
    await site.ready(await site.deliver(second))
    assert await site.data_of("same") == {"a": "2"}


async def test_options_that_do_not_count_for_the_deployment_are_noted_without_a_new_revision(
    site: Site,
) -> None:
    files = {"a.yaml": config_map("same", a="1")}
    await site.ready(await site.deliver(Bundle("same", files)))
    options = {"defaultNamespace": "web", "correctDrift": {"enabled": True}}
    manifest = await site.deliver(Bundle("same", files, options))
    await site.ready(manifest)
    release = (await site.releases())["same"]
    assert release.number == 1
    assert release.marks is not None
    assert release.marks.entry == manifest.entries[0]


async def test_a_paused_bundle_stays_as_it_is(site: Site) -> None:
    await site.ready(await site.deliver(Bundle("paused", {"a.yaml": config_map("paused", a="1")})))
    changed = Bundle("paused", {"a.yaml": config_map("paused", a="2")}, paused=True)
    other = Bundle("other", {"a.yaml": config_map("other", a="1")})
    manifest = await site.deliver(changed, other)
    await site.reported(manifest, lambda report: manifest.entries[1] in report.entries)
    assert await site.data_of("paused") == {"a": "1"}


async def test_a_bundle_waits_for_the_one_that_it_depends_on(site: Site) -> None:
    first = Bundle("first", {"web.yaml": deployment("first", envFrom=[{"configMapRef": {"name": "late"}}])})
    second = Bundle("second", {"a.yaml": config_map("second", a="1")}, depends_on=({"name": "first"},))
    manifest = await site.deliver(second, first)
    waiting = await site.trouble(manifest, "second", "ErrApplied")
    assert waiting.message == "dependent bundle(s) are not ready: [first]"
    await site.kube.apply(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "late", "namespace": "web"}},
        field_manager="test",
    )
    await site.ready(manifest)


async def test_a_dependency_that_is_nowhere_is_named(site: Site) -> None:
    bundle = Bundle(
        "lonely",
        {"a.yaml": config_map("lonely", a="1")},
        depends_on=({"selector": {"matchLabels": {"role": "root"}}},),
    )
    trouble = await site.trouble(await site.deliver(bundle), "lonely", "ErrApplied")
    assert trouble.message == (
        "list bundledeployments: no bundles matching labels role=root in namespace fleet-default"
    )


async def _gone(site: Site, name: str) -> bool:
    return not await site.has("ConfigMap", name)


async def _no_releases(site: Site) -> bool:
    return not await site.releases()
