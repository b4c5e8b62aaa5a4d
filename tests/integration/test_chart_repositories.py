"""Charts of repositories over HTTP, with certificates and passwords of their own."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fleet.bundler.charts import ChartAuth, ChartCredentials
from fleet.bundler.domain.errors import BadInput
from support.certificates import Certificate, make_certificate
from support.chart_repository import (
    PAIR,
    ChartServer,
    names_in,
    packed_chart,
    read_with_charts,
    resources_of,
    serving_charts,
)

CHARTS = [("web", version, packed_chart("web", version)) for version in ("1.0.0", "1.2.0", "2.0.0-rc.1")]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def server(certificate: Certificate) -> Iterator[ChartServer]:
    """An HTTPS repository that wants a password."""
    with serving_charts(pair=PAIR, tls=certificate.context()) as running:
        running.put(*CHARTS)
        yield running


@pytest.fixture
def good(certificate: Certificate) -> ChartAuth:
    return ChartAuth(*PAIR, ca_bundle=certificate.pem)


def naming(server: ChartServer, **helm: str) -> dict[str, str]:
    lines = "".join(
        f"  {key}: {value!r}\n" for key, value in {"repo": server.url, "chart": "web", **helm}.items()
    )
    return {"fleet.yaml": f"helm:\n{lines}"}


def prefix(chart: str, repo: str, version: str = "") -> str:
    return ".chart/" + hashlib.sha256(f"{chart}:{repo}:{version}".encode()).hexdigest()


async def refused(folder: Path, files: dict[str, str], credentials: ChartCredentials) -> str:
    with pytest.raises(BadInput) as caught:
        await read_with_charts(folder, files, credentials)
    return str(caught.value)


@pytest.mark.rule(id="12.1-42")
@pytest.mark.parametrize(
    ("wanted", "chosen"), [("", "1.2.0"), ("~1.0.0", "1.0.0"), (">= 2.0.0-0", "2.0.0-rc.1")]
)
async def test_the_newest_version_that_is_wanted_is_put_below_the_hash_of_its_name(
    tmp_path: Path, server: ChartServer, good: ChartAuth, wanted: str, chosen: str
) -> None:
    (found,) = await read_with_charts(
        tmp_path, naming(server, version=wanted), ChartCredentials(good, url_regex=server.url)
    )

    below = prefix("web", server.url, wanted)
    assert (
        names_in(found) == [f"{below}/web/Chart.yaml", f"{below}/web/templates/config.yaml", "fleet.yaml"][:2]
    )
    assert f"version: {chosen}\n" in resources_of(found)[0]["content"]
    assert not found.lasting


@pytest.mark.rule(id="12.1-32")
async def test_b17_credentials_go_out_only_where_the_expression_fits_the_repository(
    tmp_path: Path, server: ChartServer, good: ChartAuth
) -> None:
    files = naming(server)
    withheld = await refused(tmp_path / "a", files, ChartCredentials(good))
    other = await refused(tmp_path / "b", files, ChartCredentials(good, url_regex="https://elsewhere"))
    invalid = await refused(tmp_path / "c", files, ChartCredentials(good, url_regex="a(b"))

    assert withheld.startswith(
        "fleet.yaml:2: helm.repo: the chart could not be fetched: failed to read helm repo"
    )
    assert "error code: 401; helmRepoURLRegex is empty, so Helm credentials were not forwarded" in withheld
    assert "error code: 401" in other
    assert "helmRepoURLRegex is empty" not in other
    assert "error parsing regexp: missing closing ): `a(b`" in invalid
    assert {given for _, given in server.asked} == {""}
    assert await read_with_charts(tmp_path / "d", files, ChartCredentials(good, url_regex=r"https://127\..*"))


@pytest.mark.rule(id="12.1-33")
async def test_b18_of_credentials_by_path_the_first_pattern_in_lexical_order_counts(
    tmp_path: Path, server: ChartServer, good: ChartAuth
) -> None:
    wrong = ChartAuth("fleet", "wrong", ca_bundle=good.ca_bundle)
    files = {f"repo_url/{name}": text for name, text in naming(server).items()}

    def by(paths: dict[str, ChartAuth]) -> ChartCredentials:
        return ChartCredentials(wrong, paths, server.url)

    assert await read_with_charts(tmp_path / "a", files, by({"*_url": wrong, "*": good}))
    assert await read_with_charts(tmp_path / "b", files, by({"repo_url": good, "*": wrong}))
    assert "error code: 401" in await refused(tmp_path / "c", files, by({"other": good}))
    assert "failed to check for matches" in await refused(tmp_path / "d", files, by({"repo\\": good}))


@pytest.mark.rule(id="12.1-42")
async def test_a_server_of_an_unknown_authority_is_asked_only_where_that_is_said(
    tmp_path: Path, server: ChartServer
) -> None:
    anybody = ChartAuth(*PAIR, insecure_skip_verify=True)

    message = await refused(
        tmp_path, naming(server), ChartCredentials(ChartAuth(*PAIR), url_regex=server.url)
    )
    assert "tls: failed to verify certificate" in message
    assert await read_with_charts(tmp_path, naming(server), ChartCredentials(anybody, url_regex=server.url))


async def test_an_archive_is_fetched_once_and_given_to_nobody_whom_the_server_lets_not_in(
    tmp_path: Path, server: ChartServer, good: ChartAuth
) -> None:
    allowed = ChartCredentials(good, url_regex=server.url)
    for workspace in ("one", "two"):
        assert await read_with_charts(tmp_path, naming(server), allowed, workspace=workspace)
    assert server.count(".tgz") == 1

    direct = {"fleet.yaml": f"helm:\n  chart: {server.url}/web-1.0.0.tgz\n"}
    assert await read_with_charts(tmp_path, direct, allowed)
    nobody = ChartCredentials(ChartAuth(ca_bundle=good.ca_bundle), url_regex=server.url)
    assert "unexpected status 401" in await refused(tmp_path, direct, nobody)
    assert "error code: 401" in await refused(tmp_path, naming(server), nobody)


async def test_a_damaged_archive_in_the_cache_is_fetched_again(
    tmp_path: Path, server: ChartServer, good: ChartAuth
) -> None:
    allowed = ChartCredentials(good, url_regex=server.url)
    await read_with_charts(tmp_path, naming(server), allowed)
    for path in (tmp_path / "charts" / "archives").iterdir():
        path.write_bytes(b"half")

    assert await read_with_charts(tmp_path, naming(server), allowed)
    assert server.count(".tgz") == 2


async def test_a_redirect_to_another_host_carries_no_credentials(
    tmp_path: Path, server: ChartServer, good: ChartAuth, certificate: Certificate
) -> None:
    with serving_charts(tls=certificate.context()) as other:
        other.files["/web.tgz"] = CHARTS[0][2]
        server.files["/moved.tgz"] = f"{other.url}/web.tgz"
        files = {"fleet.yaml": f"helm:\n  chart: {server.url}/moved.tgz\n"}
        (found,) = await read_with_charts(tmp_path, files, ChartCredentials(good, url_regex="https?://"))

    assert any(name.endswith("/web/Chart.yaml") for name in names_in(found))
    assert other.asked == [("/web.tgz", "")]


async def test_an_archive_on_another_host_than_its_repository_gets_no_credentials(
    tmp_path: Path, server: ChartServer, good: ChartAuth, certificate: Certificate
) -> None:
    with serving_charts(tls=certificate.context()) as other:
        other.put(*CHARTS)
        server.put(*CHARTS, base=f"{other.url}/")
        assert await read_with_charts(tmp_path, naming(server), ChartCredentials(good, url_regex=server.url))

    assert {given for _, given in other.asked} == {""}


async def test_each_customization_brings_the_chart_that_it_names(
    tmp_path: Path, server: ChartServer, good: ChartAuth
) -> None:
    files = naming(server, version="1.0.0")
    files["fleet.yaml"] += "targetCustomizations:\n- helm: {version: 1.2.0}\n- helm: {values: {a: 1}}\n"
    (found,) = await read_with_charts(tmp_path, files, ChartCredentials(good, url_regex=server.url))

    below = [prefix("web", server.url, version) for version in ("1.0.0", "1.2.0")]
    assert {name.rsplit("/web/", 1)[0] for name in names_in(found)} == set(below)


@pytest.mark.rule(id="12.1-39")
@pytest.mark.rule(id="12.1-52")
@pytest.mark.parametrize(
    ("ending", "message"),
    [
        ("?checksum=sha256:" + hashlib.sha256(CHARTS[0][2]).hexdigest(), ""),
        ("?checksum=md5:" + hashlib.md5(CHARTS[0][2]).hexdigest(), ""),
        ("?checksum=sha256:00", "checksum mismatch"),
        ("?checksum=file:x", 'invalid ?checksum=: "file:" is not supported'),
        ("//web", ""),
        ("//web/../..", "leads out of what is fetched"),
        ("//nowhere", "there is no folder nowhere in it"),
        ("?archive=zip", "cannot be unpacked: it cannot be read"),
    ],
)
async def test_an_archive_may_be_checked_and_a_folder_of_it_be_meant(
    tmp_path: Path, ending: str, message: str
) -> None:
    with serving_charts() as server:
        server.put(*CHARTS)
        url = f"{server.url}/web-1.0.0.tgz"
        meant = url.replace(".tgz", f".tgz{ending}")
        files = {"fleet.yaml": f"helm:\n  chart: {meant}\n"}
        if message:
            assert message in await refused(tmp_path, files, ChartCredentials())
        else:
            (found,) = await read_with_charts(tmp_path, files)
            folder = "" if ending == "//web" else "web/"
            assert names_in(found)[0] == f"{prefix(meant, '')}/{folder}Chart.yaml"


async def test_the_dependencies_of_a_chart_in_the_repository_are_fetched(tmp_path: Path) -> None:
    with serving_charts() as server:
        server.put(*CHARTS)
        chart = (
            "apiVersion: v2\nname: shop\nversion: 0.1.0\ndependencies:\n"
            f"- name: web\n  version: 1.x\n  repository: {server.url}\n"
            "- name: lib\n  version: '*'\n  repository: file://../lib\n"
        )
        files = {
            "shop/Chart.yaml": chart,
            "lib/Chart.yaml": "apiVersion: v2\nname: lib\nversion: 3.0.0\n",
            "lib/templates/a.yaml": "a: b\n",
        }
        first, second = [await read_with_charts(tmp_path / name, files) for name in ("a", "b")]
        off = files | {"fleet.yaml": "helm: {disableDependencyUpdate: true}\n"}
        (without,) = await read_with_charts(tmp_path / "c", off)

    names = names_in(first[0])
    assert "shop/charts/web-1.2.0.tgz" in names
    assert "shop/charts/lib-3.0.0.tgz" in names
    assert "shop/Chart.lock" in names
    assert [one.bundle for one in first] == [one.bundle for one in second]
    assert not [name for name in names_in(without) if "charts/" in name]


@pytest.mark.rule(id="12.1-18")
async def test_a_remote_chart_brings_its_dependencies_unless_that_is_off(tmp_path: Path) -> None:
    with serving_charts() as server:
        needed = ("web", "1.0.0", packed_chart("web", "1.0.0"))
        wants = [{"name": "web", "version": "1.0.0", "repository": server.url}]
        server.put(needed, ("shop", "1.0.0", packed_chart("shop", "1.0.0", dependencies=wants)))
        files = naming(server, chart="shop")
        (found,) = await read_with_charts(tmp_path / "a", files)
        files["fleet.yaml"] += "  disableDependencyUpdate: true\n"
        (without,) = await read_with_charts(tmp_path / "b", files)

    below = prefix("shop", server.url)
    assert f"{below}/shop/charts/web-1.0.0.tgz" in names_in(found)
    assert f"{below}/shop/Chart.lock" in names_in(found)
    assert names_in(without) == [f"{below}/shop/Chart.yaml", f"{below}/shop/templates/config.yaml"]


@pytest.mark.parametrize(
    ("helm", "message"),
    [
        ({"chart": "nope"}, 'no chart name "nope" found'),
        ({"version": "9.x"}, "no chart version found for web-9.x"),
        ({"version": "foo"}, 'improper constraint: "foo"'),
    ],
)
async def test_what_a_repository_does_not_have_is_told_at_the_field(
    tmp_path: Path, helm: dict[str, str], message: str
) -> None:
    with serving_charts() as server:
        server.put(*CHARTS)
        found = await refused(tmp_path, naming(server, **helm), ChartCredentials())

    assert found.startswith("fleet.yaml:2: helm.repo: the chart could not be fetched: ")
    assert message in found


async def test_a_host_that_is_not_there_or_says_nothing_is_told(tmp_path: Path) -> None:
    gone: Any = {"fleet.yaml": "helm:\n  repo: http://127.0.0.1:1\n  chart: web\n"}
    assert "cannot connect to 127.0.0.1:1" in await refused(tmp_path, gone, ChartCredentials())
