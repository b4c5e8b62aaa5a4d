"""What goes wrong on a cluster: it is told with its reason, tried again, and delays nothing else."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fleet.agent.adapters.calls import Calls
from support.agents import Bundle, Site, attended_site, config_map, deployment, running_agent, sites
from support.agents import site as found_site
from support.waiting import eventually

BAD_CHART = {
    "Chart.yaml": "apiVersion: v2\nname: bad\nversion: 0.1.0\n",
    "templates/a.yaml": 'a: {{ required "a colour is needed" .Values.colour }}\n',
}

BAD_OBJECT = json.dumps(json.loads(config_map("z-bad")) | {"data": {"a": [1]}})

STUCK = {"name": "main", "image": "registry.test/app:1", "envFrom": [{"configMapRef": {"name": "absent"}}]}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with attended_site(tmp_path) as found:
        yield found


async def test_a_workload_that_cannot_start_is_not_ready_and_says_why(site: Site) -> None:
    web = deployment("web", envFrom=[{"configMapRef": {"name": "absent"}}])
    manifest = await site.deliver(Bundle("web", {"web.yaml": web}))
    trouble = await site.trouble(manifest, "web", "NotReady")
    assert trouble.message.startswith("deployment.apps web/web [progressing")
    assert trouble.entry == manifest.entries[0]
    assert [(found.kind, found.name) for found in trouble.resources] == [("Deployment", "web")]
    absent = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "absent", "namespace": "web"}}
    await site.kube.apply(absent, field_manager="test")
    await site.ready(manifest)


async def test_a_chart_that_does_not_render_shows_its_reason_and_delays_no_other(site: Site) -> None:
    good = Bundle("good", {"a.yaml": config_map("good", a="1")})
    manifest = await site.deliver(Bundle("bad", BAD_CHART), good)
    trouble = await site.trouble(manifest, "bad", "ErrApplied")
    assert "a colour is needed" in trouble.message
    report = await site.reported(manifest, lambda report: manifest.entries[1] in report.entries)
    assert [bundle.bundle for bundle in report.not_ready] == ["bad"]


async def test_yaml_that_does_not_parse_names_file_and_line(site: Site) -> None:
    manifest = await site.deliver(Bundle("broken", {"conf/a.yaml": "kind: ConfigMap\n a: b: c\n"}))
    trouble = await site.trouble(manifest, "broken", "NotReady")
    assert trouble.message.startswith("not installed: conf/a.yaml: YAML parse error: line 2")


async def test_yaml_that_is_too_deep_to_read_names_file_and_line_and_delays_no_other(site: Site) -> None:
    deep = Bundle("deep", {"conf/a.yaml": "kind: ConfigMap\na: " + "[" * 100_000})
    manifest = await site.deliver(deep, Bundle("good", {"a.yaml": config_map("good", a="1")}))
    trouble = await site.trouble(manifest, "deep", "NotReady")
    assert trouble.message.startswith("not installed: conf/a.yaml: YAML parse error: line 2: more than 100")
    await site.reported(manifest, lambda report: manifest.entries[1] in report.entries)


async def test_a_chart_for_another_kubernetes_is_refused_for_good(site: Site) -> None:
    chart = {
        "Chart.yaml": "apiVersion: v2\nname: new\nversion: 0.1.0\nkubeVersion: '>=9.0.0'\n",
        "templates/a.yaml": config_map("a", a="1"),
    }
    trouble = await site.trouble(await site.deliver(Bundle("new", chart)), "new", "NotReady")
    assert "chart requires kubeVersion: >=9.0.0" in trouble.message


async def test_hooks_that_never_end_delay_no_other_bundle(tmp_path: Path) -> None:
    spec = {"template": {"spec": {"restartPolicy": "Never", "containers": [STUCK]}}}
    metadata = {"name": "stuck-{{ .Release.Name }}", "annotations": {"helm.sh/hook": "pre-install"}}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}
    chart = {
        "Chart.yaml": "apiVersion: v2\nname: stuck\nversion: 0.1.0\n",
        "templates/job.yaml": json.dumps(job),
    }
    stuck = [Bundle(f"a-stuck-{n}", chart) for n in range(3)]
    good = Bundle("z-good", {"a.yaml": config_map("good", a="1")})
    async with found_site(tmp_path) as site, running_agent(site, Calls(at_once=1, patience=0.2)):
        manifest = await site.deliver(*stuck, good)
        await site.reported(manifest, lambda report: manifest.entries[-1] in report.entries)
        pending = await site.kube.list("v1", "Secret", labels="owner=helm,status=pending-install")
        assert len(pending.items) == len(stuck)


async def test_a_failed_upgrade_says_so_and_leaves_what_ran(site: Site) -> None:
    before = await site.deliver(Bundle("shop", {"a.yaml": config_map("shop", a="1")}))
    await site.ready(before)
    manifest = await site.deliver(Bundle("shop", BAD_CHART))
    trouble = await site.trouble(manifest, "shop", "ErrApplied")
    report = await site.report()
    assert report is not None
    assert report.entries == before.entries
    assert trouble.deployment_id == before.inline[before.entries[0]].deployment_id
    assert await site.data_of("shop") == {"a": "1"}


async def test_an_upgrade_in_which_the_cluster_went_away_is_taken_up_when_it_is_back(site: Site) -> None:
    await site.ready(await site.deliver(Bundle("shop", {"a.yaml": config_map("shop", a="1")})))
    options = {"defaultNamespace": "web", "helm": {"timeoutSeconds": 2}}
    waiting = {"a.yaml": config_map("shop", a="2"), "web.yaml": deployment("web", envFrom=STUCK["envFrom"])}
    manifest = await site.deliver(Bundle("shop", waiting, options))
    await eventually(lambda: _is_pending(site))
    site.server.refuse("fleet-default.edge-1", status=500)
    await site.trouble(manifest, "shop", "ErrApplied")
    site.server.accept("fleet-default.edge-1")
    assert await _is_pending(site), "Helm could not say that it failed"
    await site.ready(await site.deliver(Bundle("shop", {"a.yaml": config_map("shop", a="3")})))


async def _is_pending(site: Site) -> bool:
    found = await site.kube.list("v1", "Secret", labels="owner=helm,name=shop,status=pending-upgrade")
    return bool(found.items)


async def test_what_a_failed_upgrade_made_is_gone_after_the_next_one_that_works(site: Site) -> None:
    fixed = json.loads(config_map("z-fixed", a="1")) | {"immutable": True}
    changed = fixed | {"data": {"a": "2"}}
    await site.ready(await site.deliver(Bundle("shop", {"z.yaml": json.dumps(fixed)})))
    files = {"z.yaml": json.dumps(changed), "new.yaml": config_map("a-new", a="1")}
    trouble = await site.trouble(await site.deliver(Bundle("shop", files)), "shop", "ErrApplied")
    assert "immutable" in trouble.message
    assert await site.has("ConfigMap", "a-new")
    files = {"z.yaml": json.dumps(fixed), "other.yaml": config_map("other", a="1")}
    await site.ready(await site.deliver(Bundle("shop", files)))
    assert not await site.has("ConfigMap", "a-new")


async def test_cluster_scoped_objects_cannot_be_forced_into_a_namespace(site: Site) -> None:
    role = '{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "r"}}'
    manifest = await site.deliver(Bundle("forced", {"r.yaml": role}, {"namespace": "web"}))
    trouble = await site.trouble(manifest, "forced", "ErrApplied")
    assert trouble.message.startswith(
        "invalid cluster scoped object [name=r kind=ClusterRole apiVersion=rbac"
    )


async def test_values_from_a_secret_that_is_not_there_are_named(site: Site) -> None:
    options = {
        "defaultNamespace": "web",
        "helm": {"valuesFrom": [{"secretKeyRef": {"name": "later", "key": "v"}}]},
    }
    manifest = await site.deliver(Bundle("valued", {"a.yaml": config_map("a", a="1")}, options))
    trouble = await site.trouble(manifest, "valued", "ErrApplied")
    assert trouble.message == "helm.valuesFrom: Secret web/later key v: there is no such Secret"


async def test_two_bundles_of_one_release_name_do_not_fight_for_it(site: Site) -> None:
    options = {"defaultNamespace": "web", "helm": {"releaseName": "shared"}}
    first = Bundle("first", {"a.yaml": config_map("first", a="1")}, options)
    await site.ready(await site.deliver(first))
    second = Bundle("second", {"a.yaml": config_map("second", a="1")}, options)
    trouble = await site.trouble(await site.deliver(first, second), "second", "ErrApplied")
    assert "belongs to bundle first" in trouble.message


@pytest.mark.parametrize("status", [403, 500])
async def test_a_cluster_that_refuses_is_named_and_the_other_clusters_go_on(
    tmp_path: Path, status: int
) -> None:
    async with sites(tmp_path, "good", "bad") as (good, bad):
        good.server.refuse("fleet-default.bad", status=status)
        async with running_agent(good), running_agent(bad):
            bundle = Bundle("conf", {"a.yaml": config_map("conf", a="1")})
            refused = await bad.deliver(bundle)
            await good.ready(await good.deliver(bundle))
            trouble = await bad.trouble(refused, "conf", "ErrApplied")
            assert trouble.message.startswith("cluster fleet-default.bad: GET /api/v1")
            assert str(status) in trouble.message
            good.server.accept("fleet-default.bad")
            await bad.ready(refused)


async def test_a_cluster_that_begins_to_refuse_is_noticed_and_recovers(site: Site) -> None:
    first = Bundle("conf", {"a.yaml": config_map("conf", a="1")})
    before = await site.deliver(first)
    await site.ready(before)
    site.server.refuse("fleet-default.edge-1", status=500)
    second = Bundle("conf", {"a.yaml": config_map("conf", a="2")})
    manifest = await site.deliver(second)
    await site.trouble(manifest, "conf", "ErrApplied")
    site.server.accept("fleet-default.edge-1")
    await site.ready(manifest)
    assert await site.data_of("conf") == {"a": "2"}


async def test_what_a_failed_install_made_goes_with_its_bundle(site: Site) -> None:
    files = {"a.yaml": config_map("half-good", a="1"), "z.yaml": BAD_OBJECT}
    good = Bundle("good", {"a.yaml": config_map("good", a="1")})
    manifest = await site.deliver(Bundle("half", files), good)
    await site.trouble(manifest, "half", "ErrApplied")
    assert await site.has("ConfigMap", "half-good")
    await site.ready(await site.deliver(good))
    await eventually(lambda: _is_gone(site, "half-good"))
    await eventually(lambda: _has_no_release(site, "half"))


async def _is_gone(site: Site, name: str) -> bool:
    return not await site.has("ConfigMap", name)


async def _has_no_release(site: Site, name: str) -> bool:
    return not (await site.kube.list("v1", "Secret", labels=f"owner=helm,name={name}")).items


async def test_what_a_failed_install_made_goes_when_the_release_gets_another_name(site: Site) -> None:
    bad = {"a.yaml": config_map("half-good", a="1"), "z.yaml": BAD_OBJECT}
    await site.trouble(await site.deliver(Bundle("half", bad)), "half", "ErrApplied")
    good = {"b.yaml": config_map("whole", a="1")}
    renamed = {"defaultNamespace": "web", "helm": {"releaseName": "other"}}
    await site.ready(await site.deliver(Bundle("half", good, renamed)))
    assert await _has_no_release(site, "half")
    assert not await site.has("ConfigMap", "half-good")
