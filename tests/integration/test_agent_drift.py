"""What somebody changes in the cluster is seen, and put right where that is asked for."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fleet.agent.domain.fights import LIMIT
from fleet.agent.domain.releases import pack, unpack
from support.agents import Bundle, Site, attended_site, config_map, deployment
from support.waiting import eventually

CORRECTING: dict[str, Any] = {"defaultNamespace": "web", "correctDrift": {"enabled": True}}
SERVICE = (
    '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "svc"}, "spec": '
    '{"selector": {"app.kubernetes.io/name": "MyApp"}, "ports": [{"port": 80}]}}'
)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with attended_site(tmp_path) as found:
        yield found


async def patch(site: Site, kind: str, name: str, change: dict[str, Any], api_version: str = "v1") -> None:
    await site.kube.patch(api_version, kind, name, change, field_manager="somebody", namespace="web")


async def test_a_changed_field_is_reported_with_the_patch_that_would_mend_it(site: Site) -> None:
    manifest = await site.deliver(Bundle("svc", {"svc.yaml": SERVICE}))
    await site.ready(manifest)
    selector = {"spec": {"selector": {"app.kubernetes.io/name": None, "foo": "bar"}}}
    await patch(site, "Service", "svc", selector)
    trouble = await site.trouble(manifest, "svc", "Modified")
    mend = '{"spec":{"selector":{"app.kubernetes.io/name":"MyApp"}}}'
    assert trouble.message == f"service.v1 web/svc modified {mend}"
    assert [(r.kind, r.name, r.state, r.message) for r in trouble.resources] == [
        ("Service", "svc", "modified", mend)
    ]
    selector = {"spec": {"selector": {"app.kubernetes.io/name": "MyApp"}}}
    await patch(site, "Service", "svc", selector)
    await site.ready(manifest)


async def test_a_deleted_object_is_reported_missing(site: Site) -> None:
    manifest = await site.deliver(Bundle("svc", {"svc.yaml": SERVICE}))
    await site.ready(manifest)
    await site.kube.delete("v1", "Service", "svc", namespace="web")
    trouble = await site.trouble(manifest, "svc", "Modified")
    assert trouble.message == "service.v1 web/svc missing"


async def test_an_object_that_lost_its_mark_is_not_owned_by_us(site: Site) -> None:
    manifest = await site.deliver(Bundle("svc", {"svc.yaml": SERVICE}))
    await site.ready(manifest)
    await patch(site, "Service", "svc", {"metadata": {"labels": {"objectset.rio.cattle.io/hash": None}}})
    trouble = await site.trouble(manifest, "svc", "Modified")
    assert trouble.message == "service.v1 web/svc is not owned by us"


async def test_what_others_add_is_no_drift(site: Site) -> None:
    manifest = await site.deliver(Bundle("conf", {"a.yaml": config_map("conf", a="1")}))
    await site.ready(manifest)
    await patch(site, "ConfigMap", "conf", {"metadata": {"labels": {"mine": "yes"}}, "data": {"b": "2"}})
    await patch(site, "ConfigMap", "conf", {"data": {"a": "2"}})
    trouble = await site.trouble(manifest, "conf", "Modified")
    assert trouble.message == 'configmap.v1 web/conf modified {"data":{"a":"1"}}'


async def test_what_compare_patches_name_is_no_drift(site: Site) -> None:
    rule = {"apiVersion": "v1", "kind": "ConfigMap", "name": "conf", "namespace": "web"}
    options = {
        "defaultNamespace": "web",
        "diff": {"comparePatches": [{**rule, "operations": [{"op": "remove", "path": "/data"}]}]},
    }
    files = {"a.yaml": config_map("conf", a="1"), "svc.yaml": SERVICE}
    manifest = await site.deliver(Bundle("conf", files, options))
    await site.ready(manifest)
    await patch(site, "ConfigMap", "conf", {"data": {"a": "2"}})
    await site.kube.delete("v1", "Service", "svc", namespace="web")
    trouble = await site.trouble(manifest, "conf", "Modified")
    assert [resource.name for resource in trouble.resources] == ["svc"]


async def test_corrected_drift_leaves_two_revisions_and_no_trace_in_the_cluster(site: Site) -> None:
    files = {"a.yaml": config_map("conf", a="1"), "web.yaml": deployment("web", replicas=2)}
    manifest = await site.deliver(Bundle("fixed", files, CORRECTING))
    await site.ready(manifest)
    await patch(site, "ConfigMap", "conf", {"data": {"a": "changed"}})
    await eventually(lambda: _is(site, {"a": "1"}))
    await site.kube.delete("v1", "ConfigMap", "conf", namespace="web")
    await eventually(lambda: _is(site, {"a": "1"}))
    await patch(site, "Deployment", "web", {"spec": {"replicas": 5}}, "apps/v1")
    await eventually(lambda: _replicas(site, 2))

    async def two_revisions() -> bool:
        secrets = await site.kube.list("v1", "Secret", namespace="web", labels="owner=helm,name=fixed")
        release = (await site.releases()).get("fixed")  # none while Helm replaces one revision by the next
        return len(secrets.items) == 2 and release is not None and release.number > 1

    await eventually(two_revisions)
    await site.ready(manifest)


async def test_drift_that_was_there_before_is_corrected_once_that_is_switched_on(site: Site) -> None:
    files = {"a.yaml": config_map("conf", a="1")}
    manifest = await site.deliver(Bundle("late", files))
    await site.ready(manifest)
    await patch(site, "ConfigMap", "conf", {"data": {"a": "changed"}})
    await site.trouble(manifest, "late", "Modified")
    await site.ready(await site.deliver(Bundle("late", files, CORRECTING)))
    assert await site.data_of("conf") == {"a": "1"}


async def test_a_paused_bundle_is_corrected_when_it_is_resumed(site: Site) -> None:
    files = {"a.yaml": config_map("conf", a="1")}
    await site.ready(await site.deliver(Bundle("paused", files, CORRECTING)))
    manifest = await site.deliver(Bundle("paused", files, CORRECTING, paused=True))
    await site.ready(manifest)
    await patch(site, "ConfigMap", "conf", {"data": {"a": "changed"}})
    await site.trouble(manifest, "paused", "Modified")
    assert await site.data_of("conf") == {"a": "changed"}
    await site.ready(await site.deliver(Bundle("paused", files, CORRECTING)))
    assert await site.data_of("conf") == {"a": "1"}


async def test_a_correction_that_fails_says_why_and_leaves_no_revision(site: Site) -> None:
    manifest = await site.deliver(Bundle("fixed", {"a.yaml": config_map("conf", a="1")}, CORRECTING))
    await site.ready(manifest)
    await patch(site, "ConfigMap", "conf", {"data": {"a": "9"}, "immutable": True})
    trouble = await site.trouble(manifest, "fixed", "Modified")
    assert trouble.message.startswith("drift could not be corrected: ")
    assert (await site.releases())["fixed"].number == 1
    secrets = await site.kube.list("v1", "Secret", labels="owner=helm,name=fixed", metadata_only=True)
    assert len(secrets.items) == 1


async def test_with_force_objects_are_replaced_by_what_git_says(site: Site) -> None:
    forcing = {"defaultNamespace": "web", "correctDrift": {"enabled": True, "force": True}}
    manifest = await site.deliver(Bundle("forced", {"svc.yaml": SERVICE}, forcing))
    await site.ready(manifest)
    await patch(site, "Service", "svc", {"spec": {"ports": [{"port": 4242}]}})

    async def replaced() -> bool:
        found = await site.kube.get("v1", "Service", "svc", namespace="web")
        return [port["port"] for port in found["spec"]["ports"]] == [80]

    await eventually(replaced)
    await site.ready(manifest)


async def test_a_failed_correction_stays_in_the_history_where_the_options_say_so(site: Site) -> None:
    keeping = {"defaultNamespace": "web", "correctDrift": {"enabled": True, "keepFailHistory": True}}
    manifest = await site.deliver(Bundle("kept", {"a.yaml": config_map("conf", a="1")}, keeping))
    await site.ready(manifest)
    await patch(site, "ConfigMap", "conf", {"data": {"a": "9"}, "immutable": True})
    await site.trouble(manifest, "kept", "Modified")
    failed = await site.kube.list("v1", "Secret", labels="owner=helm,name=kept,status=failed")
    assert failed.items
    assert await site.data_of("conf") == {"a": "9"}


async def test_correction_stops_with_an_alarm_when_something_fights_back(site: Site) -> None:
    manifest = await site.deliver(Bundle("fought", {"a.yaml": config_map("conf", a="1")}, CORRECTING))
    await site.ready(manifest)

    async def undo_until_it_stays() -> bool:
        if await site.data_of("conf") == {"a": "1"}:
            await patch(site, "ConfigMap", "conf", {"data": {"a": "mine"}})
        report = await site.report()
        return bool(report and report.not_ready and f"more than {LIMIT} times" in report.not_ready[0].message)

    await eventually(undo_until_it_stays)
    assert await site.data_of("conf") == {"a": "mine"}


async def test_the_real_helm_is_noticed_when_it_removes_a_release(site: Site) -> None:
    manifest = await site.deliver(Bundle("raw", {"a.yaml": config_map("conf", a="1")}))
    await site.ready(manifest)
    for secret in (await site.kube.list("v1", "Secret", labels="owner=helm,name=raw")).items:
        await site.kube.delete("v1", "Secret", secret["metadata"]["name"], namespace="web")
    await eventually(lambda: _has_release(site, "raw"))


async def test_the_real_helm_is_left_alone_until_it_has_removed_a_release(site: Site) -> None:
    manifest = await site.deliver(Bundle("raw", {"a.yaml": config_map("conf", a="1")}))
    await site.ready(manifest)
    (secret,) = (await site.kube.list("v1", "Secret", labels="owner=helm,name=raw")).items
    release = unpack(secret["data"]["release"])
    release["info"]["status"] = "uninstalling"  # as Helm does before it deletes anything
    change = {"metadata": {"labels": {"status": "uninstalling"}}, "data": {"release": pack(release)}}
    await patch(site, "Secret", secret["metadata"]["name"], change)
    trouble = await site.trouble(manifest, "raw", "ErrApplied")
    assert "another Helm operation (uninstalling) is in progress" in trouble.message
    await site.kube.delete("v1", "ConfigMap", "conf", namespace="web")
    await site.kube.delete("v1", "Secret", secret["metadata"]["name"], namespace="web")
    await site.ready(manifest)
    assert await site.data_of("conf") == {"a": "1"}


async def _is(site: Site, data: dict[str, str]) -> bool:
    return await site.data_of("conf") == data


async def _replicas(site: Site, wanted: int) -> bool:
    found = await site.kube.get("apps/v1", "Deployment", "web", namespace="web")
    return bool(found["spec"]["replicas"] == wanted)


async def _has_release(site: Site, name: str) -> bool:
    return name in await site.releases()
