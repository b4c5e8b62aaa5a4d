"""Kubeconfigs: what is read from them, and what is said of those that cannot be used."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from fleet.kube import Access, AccessError, KubeClient
from fleet.kube.access import from_kubeconfig, in_cluster

SECRET = "hunter2-token"


def _config(user: dict[str, Any] | None = None, **cluster: Any) -> dict[str, Any]:
    return {
        "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1/prefix/", **cluster}}],
        "users": [{"name": "u", "user": user or {}}],
        "contexts": [
            {"name": "one", "context": {"cluster": "c", "user": "u"}},
            {"name": "other", "context": {"cluster": "c"}},
        ],
        "current-context": "one",
    }


async def _access(config: dict[str, Any], context: str | None = None) -> Access:
    return await from_kubeconfig(yaml.safe_dump(config), context)


async def test_the_current_context_is_taken() -> None:
    access = await _access(_config({"token": SECRET}))
    assert (access.name, access.server) == ("one", "http://127.0.0.1:1/prefix")
    assert await access.authorization() == f"Bearer {SECRET}"


async def test_another_context_may_be_named() -> None:
    access = await _access(_config({"token": SECRET}), "other")
    assert access.name == "other"
    assert await access.authorization() is None


async def test_a_token_file_is_read_each_time(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("first\n")
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump(_config({"tokenFile": "token"})))
    access = await from_kubeconfig(path)
    assert await access.authorization() == "Bearer first"
    (tmp_path / "token").write_text("second\n")
    assert await access.authorization() == "Bearer second"


async def test_a_credential_plugin_is_run(tmp_path: Path) -> None:
    version = "client.authentication.k8s.io/v1"
    credential = {"apiVersion": version, "kind": "ExecCredential", "status": {"token": "from-plugin"}}
    plugin = tmp_path / "plugin"
    plugin.write_text(f"#!/bin/sh\necho '{json.dumps(credential)}'\n")
    plugin.chmod(0o700)
    run = {"apiVersion": version, "command": str(plugin), "interactiveMode": "Never"}
    access = await _access(_config({"exec": run}))
    assert await access.authorization() == "Bearer from-plugin"


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("{", "no YAML"),
        ("[]\n", "no mapping"),
        ("{}\n", "no None in its contexts"),
        (yaml.safe_dump({**_config(), "current-context": "third"}), "no 'third' in its contexts"),
        (yaml.safe_dump({**_config(), "clusters": []}), "no 'c' in its clusters"),
    ],
)
async def test_what_cannot_be_used_is_said(config: str, said: str) -> None:
    with pytest.raises(AccessError, match=said):
        await from_kubeconfig(config)


async def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(AccessError, match="nowhere: No such file"):
        await from_kubeconfig(tmp_path / "nowhere")


async def test_bad_certificates_are_refused_without_showing_them() -> None:
    data = base64.b64encode(b"not a certificate").decode()
    config = _config({"token": SECRET}, server="https://127.0.0.1:1", **{"certificate-authority-data": data})
    with pytest.raises(AccessError) as caught:
        await _access(config)
    assert SECRET not in str(caught.value)
    assert data not in str(caught.value)


async def test_no_error_of_a_request_holds_the_token() -> None:
    async with await KubeClient.from_kubeconfig(yaml.safe_dump(_config({"token": SECRET}))) as client:
        with pytest.raises(Exception, match="cannot connect") as caught:
            await client.version()
    error: BaseException | None = caught.value
    while error:
        assert SECRET not in repr(error) + str(error)
        error = error.__cause__


async def test_a_pod_finds_its_own_account(tmp_path: Path) -> None:
    with pytest.raises(AccessError, match="runs in no pod"):
        in_cluster({}, tmp_path)
