"""Charts of a real OCI registry: Debian's `docker-registry` (installed by `.ci/run`), with TLS and passwords.

Each test that needs another way in starts one of its own on a free port of the loopback: `docker-registry
serve` with a configuration, certificate and password file below the test's folder.
"""

import base64
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from fleet.bundler.charts import ChartAuth, ChartCredentials
from fleet.bundler.domain.errors import BadInput
from support.certificates import Certificate, make_certificate
from support.chart_repository import PAIR, names_in, packed_chart, read_with_charts, resources_of
from support.registry import Registry, running_registry

TAGS = ("0.1.0", "0.2.0", "0.2.0_up1.0.2", "0.2.0_up1.0.10", "1.0.0-rc.1", "latest")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest_asyncio.fixture
async def registry(tmp_path: Path, certificate: Certificate) -> AsyncIterator[Registry]:
    async with running_registry(tmp_path / "registry", certificate) as running:
        fill(running)
        yield running


def fill(registry: Registry) -> None:
    for tag in TAGS:
        version = "0.0.1" if tag == "latest" else tag.replace("_", "+")
        registry.push("charts/web", tag, packed_chart("web", version))


def allowed(registry: Registry, certificate: Certificate | None) -> ChartCredentials:
    pem = certificate.pem if certificate else b""
    auth = ChartAuth(*PAIR, ca_bundle=pem, basic_http=certificate is None)
    return ChartCredentials(auth, url_regex=f"oci://{registry.host}/")


def naming(registry: Registry, version: str, field: str = "repo") -> dict[str, str]:
    return {"fleet.yaml": f"helm:\n  {field}: oci://{registry.host}/charts/web\n  version: '{version}'\n"}


async def refused(folder: Path, files: dict[str, str], credentials: ChartCredentials) -> str:
    with pytest.raises(BadInput) as caught:
        await read_with_charts(folder, files, credentials)
    return str(caught.value)


@pytest.mark.rule(id="12.1-37")
@pytest.mark.rule(id="12.1-40")
@pytest.mark.parametrize("field", ["repo", "chart"])
@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        ("0.1.0", "0.1.0"),
        ("0.2.0", "0.2.0+up1.0.10"),
        ("0.2.0_up1.0.2", "0.2.0+up1.0.2"),
        ("< 0.2", "0.1.0"),
        ("", "0.2.0+up1.0.10"),
        (">0-0", "1.0.0-rc.1"),
    ],
)
async def test_the_tag_of_a_version_or_constraint_is_pulled(
    tmp_path: Path, registry: Registry, certificate: Certificate, wanted: str, chosen: str, field: str
) -> None:
    (found,) = await read_with_charts(
        tmp_path, naming(registry, wanted, field), allowed(registry, certificate)
    )

    assert [name.split("/", 2)[2] for name in names_in(found)] == [
        "web/Chart.yaml",
        "web/templates/config.yaml",
    ]
    assert f"version: {chosen}\n" in resources_of(found)[0]["content"]


@pytest.mark.rule(id="12.1-42")
async def test_a_registry_lets_in_who_knows_the_password_and_its_authority(
    tmp_path: Path, registry: Registry, certificate: Certificate
) -> None:
    files = naming(registry, "0.1.0")
    regex = "oci://.*"

    def with_auth(auth: ChartAuth, url_regex: str = regex) -> ChartCredentials:
        return ChartCredentials(auth, url_regex=url_regex)

    nobody = await refused(tmp_path, files, with_auth(ChartAuth(ca_bundle=certificate.pem)))
    wrong = await refused(tmp_path, files, with_auth(ChartAuth("fleet", "wrong", ca_bundle=certificate.pem)))
    unknown = await refused(tmp_path, files, with_auth(ChartAuth(*PAIR)))
    withheld = await refused(tmp_path, files, with_auth(ChartAuth(*PAIR, ca_bundle=certificate.pem), ""))
    anybody = with_auth(ChartAuth(*PAIR, insecure_skip_verify=True))

    assert "unexpected status 401" in nobody
    assert "unexpected status 401" in wrong
    assert "tls: failed to verify certificate" in unknown
    assert "helmRepoURLRegex is empty, so Helm credentials were not forwarded" in withheld
    assert await read_with_charts(tmp_path, files, anybody)


@pytest.mark.rule(id="12.1-37")
async def test_a_version_that_is_not_there_is_told_at_the_field(
    tmp_path: Path, registry: Registry, certificate: Certificate
) -> None:
    credentials = allowed(registry, certificate)
    none = await refused(tmp_path, naming(registry, "0.3.x"), credentials)
    missing = await refused(tmp_path, naming(registry, "7.0.0"), credentials)

    assert none.startswith(
        "fleet.yaml:2: helm.repo: the chart could not be fetched: could not find tag matching"
    )
    assert "manifests/7.0.0" in missing
    assert "unexpected status 404" in missing


IMAGE = "application/vnd.oci.image.layer.v1.tar+gzip"
CONFIG = "application/vnd.cncf.helm.config.v1+json"


async def test_the_one_chart_under_a_tag_with_images_is_pulled(
    tmp_path: Path, registry: Registry, certificate: Certificate
) -> None:
    chart, other = (
        registry.push("charts/web", tag, packed_chart(name, "3.0.0"))
        for tag, name in (("chart", "web"), ("other", "other"))
    )
    image = registry.push("charts/web", "image", b"an image", kind=IMAGE)
    registry.push_index("charts/web", "3.0.0", [image, chart])
    registry.push_index("charts/web", "3.1.0", [other, chart], artifact=CONFIG)
    registry.push_index("charts/web", "3.2.0", [other, chart])
    registry.push_index("charts/web", "3.3.0", [image])
    credentials = allowed(registry, certificate)

    for version in ("3.0.0", "3.1.0"):
        (found,) = await read_with_charts(tmp_path, naming(registry, version), credentials)
        assert names_in(found)[0].endswith("/web/Chart.yaml")
    two = await refused(tmp_path, naming(registry, "3.2.0"), credentials)
    none = await refused(tmp_path, naming(registry, "3.3.0"), credentials)
    by_digest = {"fleet.yaml": f"helm:\n  chart: oci://{registry.host}/charts/web@{chart}\n"}

    assert 'manifests/3.2.0": the index has 2 charts, and one is needed; name it by its digest' in two
    assert 'manifests/3.3.0": the index has 0 charts, and one is needed' in none
    assert await read_with_charts(tmp_path, by_digest, credentials)


async def test_dependencies_are_pulled_from_a_registry(
    tmp_path: Path, registry: Registry, certificate: Certificate
) -> None:
    chart = (
        "apiVersion: v2\nname: shop\nversion: 0.1.0\ndependencies:\n"
        f"- name: web\n  version: 0.1.x\n  repository: oci://{registry.host}/charts\n"
    )
    (found,) = await read_with_charts(tmp_path, {"Chart.yaml": chart}, allowed(registry, certificate))

    assert "charts/web-0.1.0.tgz" in names_in(found)


@pytest.mark.rule(id="12.1-31")
async def test_a_registry_without_tls_is_asked_where_that_is_said(tmp_path: Path) -> None:
    async with running_registry(tmp_path / "plain", locked=False) as registry:
        fill(registry)
        files = naming(registry, "0.1.0")
        assert await read_with_charts(tmp_path, files, allowed(registry, None))
        with_tls = await refused(tmp_path, files, ChartCredentials())
    assert "the chart could not be fetched" in with_tls


@contextmanager
def serving_tokens(certificate: Certificate, service: str) -> Iterator[str]:
    """The other half of token authentication: who knows the password gets a signed token; gives its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            given = self.headers.get("Authorization", "")
            known = given == "Basic " + base64.b64encode(":".join(PAIR).encode()).decode()
            scope = parse_qs(urlsplit(self.path).query).get("scope", [""])[0]
            body = json.dumps({"token": token(certificate, service, scope)}).encode()
            self.send_response(200 if known else 401)
            self.send_header("Content-Length", str(len(body) if known else 0))
            self.end_headers()
            self.wfile.write(body if known else b"")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = certificate.context().wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.server_port}/token"
        finally:
            server.shutdown()
            thread.join()


def token(certificate: Certificate, service: str, scope: str) -> str:
    """A token as the registry reads it: a JWT, signed with the key of a certificate that it trusts."""
    der = x509.load_pem_x509_certificate(certificate.pem).public_bytes(serialization.Encoding.DER)
    kind, name, actions = scope.split(":") if scope else ("", "", "")
    now = int(time.time())
    access = [{"type": kind, "name": name, "actions": actions.split(",")}]
    claims = {
        "iss": "tests",
        "aud": service,
        "sub": "fleet",
        "iat": now - 60,
        "nbf": now - 60,
        "exp": now + 600,
    }
    parts = [
        {"typ": "JWT", "alg": "ES256", "x5c": [base64.b64encode(der).decode()]},
        {**claims, "jti": "1", "access": access},
    ]
    text = ".".join(_b64(json.dumps(part).encode()) for part in parts)
    r, s = utils.decode_dss_signature(certificate.signer.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{text}.{_b64(r.to_bytes(32) + s.to_bytes(32))}"


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


async def test_a_token_is_fetched_where_the_registry_sends_for_one(
    tmp_path: Path, certificate: Certificate
) -> None:
    data = tmp_path / "registry"
    async with running_registry(data, certificate, locked=False) as registry:
        fill(registry)
    with serving_tokens(certificate, "charts") as realm:
        about = f"realm: '{realm}', service: charts, issuer: tests, rootcertbundle: {certificate.path}"
        auth = f"{{token: {{{about}}}}}\n"
        async with running_registry(data, certificate, locked=False, token=auth) as registry:
            files = naming(registry, "~0.1")
            assert await read_with_charts(tmp_path, files, allowed(registry, certificate))
            nobody = ChartCredentials(ChartAuth(ca_bundle=certificate.pem))
            assert "unexpected status 401" in await refused(tmp_path, files, nobody)
