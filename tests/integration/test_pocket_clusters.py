"""Several clusters behind one port: each by itself."""

import io
from pathlib import Path

import aiohttp
import pytest

from fleet.kube import Forbidden, KubeError, NotFound, Unavailable
from support.pocket import pocket, pocket_client


def _config_map(name: str) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}}


async def test_clusters_share_nothing(tmp_path: Path) -> None:
    async with (
        pocket(tmp_path, "alpha", "fleet-default.beta") as server,
        pocket_client(server, "alpha") as alpha,
        pocket_client(server, "fleet-default.beta") as beta,
    ):
        await alpha.create(_config_map("only-alpha"), field_manager="test")
        with pytest.raises(NotFound):
            await beta.get("v1", "ConfigMap", "only-alpha", namespace="default")
        systems = [await client.get("v1", "Namespace", "kube-system") for client in (alpha, beta)]
        assert systems[0]["metadata"]["uid"] != systems[1]["metadata"]["uid"]


async def test_a_cluster_may_join_and_go_while_others_are_served(tmp_path: Path) -> None:
    async with pocket(tmp_path, "alpha") as server:
        await server.add("beta")
        async with pocket_client(server, "beta") as beta:
            await beta.create(_config_map("kept"), field_manager="test")
            await server.remove("beta")
            with pytest.raises(NotFound):
                await beta.version()
            await server.add("beta")
            await beta.get("v1", "ConfigMap", "kept", namespace="default")
            await server.forget("beta")
            await server.add("beta")
            with pytest.raises(NotFound):
                await beta.get("v1", "ConfigMap", "kept", namespace="default")


@pytest.mark.parametrize(("status", "error"), [(401, Forbidden), (403, Forbidden), (503, Unavailable)])
async def test_one_cluster_may_refuse_every_request(
    tmp_path: Path, status: int, error: type[KubeError]
) -> None:
    async with (
        pocket(tmp_path, "alpha", "beta") as server,
        pocket_client(server, "alpha") as alpha,
        pocket_client(server, "beta") as beta,
    ):
        server.refuse("alpha", status=status)
        with pytest.raises(error) as caught:
            await alpha.list("v1", "ConfigMap")
        assert caught.value.code == status
        await beta.list("v1", "ConfigMap")
        server.accept("alpha")
        await alpha.list("v1", "ConfigMap")


@pytest.mark.parametrize("name", ["", "..", "a/b", "Upper", "a..b", "-a"])
async def test_a_name_that_could_lead_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    async with pocket(tmp_path) as server:
        with pytest.raises(ValueError, match="cannot be named"):
            await server.add(name)


async def test_it_listens_on_the_loopback_interface_only(tmp_path: Path) -> None:
    async with pocket(tmp_path, "alpha") as server:
        assert server.url("alpha").startswith("http://127.0.0.1:")


REFUSALS = (
    ("GET", "/api/v1/unicorns", b"", "", 404, "NotFound"),
    ("GET", "/nothing/here", b"", "", 404, "NotFound"),
    ("PUT", "MAPS", b"{}", "application/json", 405, "MethodNotAllowed"),
    ("POST", "MAPS", b"{", "application/json", 400, "BadRequest"),
    ("POST", "MAPS", b"[]", "application/json", 400, "BadRequest"),
    ("POST", "MAPS", b"{}", "text/plain", 415, "UnsupportedMediaType"),
    ("POST", "MAPS", b"k8s\0junk", "application/vnd.kubernetes.protobuf", 400, "BadRequest"),
    ("POST", "MAPS", b" " * (4 << 20), "application/json", 413, "RequestEntityTooLarge"),
    ("PATCH", "MAPS/x", b"{}", "application/apply-patch+yaml", 400, "BadRequest"),
    ("PATCH", "MAPS/x", b"{}", "application/json", 415, "UnsupportedMediaType"),
    ("GET", "MAPS?labelSelector=a%3D%3D%3Db", b"", "", 400, "BadRequest"),
    ("GET", "MAPS?continue=junk", b"", "", 410, "Expired"),
    ("GET", "MAPS?limit=many", b"", "", 400, "BadRequest"),
)


async def test_every_refusal_is_a_status_object(tmp_path: Path) -> None:
    async with pocket(tmp_path, "alpha") as server, aiohttp.ClientSession() as session:
        for method, path, body, content_type, code, reason in REFUSALS:
            url = server.url("alpha") + path.replace("MAPS", "/api/v1/namespaces/default/configmaps")
            headers = {"Content-Type": content_type}
            async with session.request(method, url, data=io.BytesIO(body), headers=headers) as response:
                status = await response.json()
                assert (response.status, status["kind"]) == (code, "Status"), path
                assert (status["code"], status["reason"]) == (code, reason), path


async def test_parameters_and_paths_may_be_written_in_any_way(tmp_path: Path) -> None:
    async with pocket(tmp_path, "alpha") as server, aiohttp.ClientSession() as session:
        root = server.url("alpha")
        async with session.get(f"{root}/version/") as response:
            assert response.status == 200
        for truth in ("True", "true", "1"):
            url = f"{root}/api/v1/namespaces?watch={truth}&timeoutSeconds=1&resourceVersion=0"
            async with session.get(url) as response:
                assert (await response.content.readline()).startswith(b'{"type":"ADDED"')
        async with session.get(f"{root}/api/v1/namespaces?watch=False") as response:
            assert (await response.json())["kind"] == "NamespaceList"
