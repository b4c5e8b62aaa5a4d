"""Rules of charts (fleet.md 12.1) that no other test states; docs/reading-rules.md says where those are."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet.bundler.charts import ChartAuth, ChartCredentials
from fleet.bundler.domain.errors import BadInput
from fleet.git.credentials import BasicAuth
from fleet.git.serve import GitServer, serving
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
from support.gitserver import Repository, another_key, serving_ssh

WEB = packed_chart("web", "1.0.0")
SHOP = """\
apiVersion: v2
name: shop
version: 0.1.0
dependencies:
- {name: web, version: 1.x, repository: '%s'}
"""


@pytest.fixture
def server() -> Iterator[ChartServer]:
    """A repository that asks for nothing."""
    with serving_charts() as running:
        running.put(("web", "1.0.0", WEB))
        yield running


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return make_certificate(tmp_path / "tls")


@pytest.fixture
def charts(tmp_path: Path) -> Path:
    """A folder with one repository of git, which has one chart."""
    repository = Repository(tmp_path / "repos" / "charts.git")
    repository.commit({"web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n"})
    return repository.folder.parent


async def refused(folder: Path, files: dict[str, str], credentials: ChartCredentials | None = None) -> str:
    with pytest.raises(BadInput) as caught:
        await read_with_charts(folder, files, credentials)
    return str(caught.value)


def dependency(name: str) -> bool:
    return "charts/web-1.0.0.tgz" in name


@pytest.mark.rule(id="12.1-15")
@pytest.mark.rule(id="12.1-16")
@pytest.mark.rule(id="12.1-17")
@pytest.mark.rule(id="12.1-19")
async def test_each_chart_brings_its_dependencies_unless_its_own_fleet_yaml_says_no(
    tmp_path: Path, server: ChartServer
) -> None:
    settings = {
        "unset": "namespace: web\n",
        "off": "helm: {disableDependencyUpdate: true}\n",
        "on": "helm: {disableDependencyUpdate: false}\n",
    }
    files = {f"{name}/fleet.yaml": text for name, text in settings.items()}
    files |= {f"{name}/Chart.yaml": SHOP % server.url for name in settings}
    found = {
        one.place.folder: any(map(dependency, names_in(one)))
        for one in await read_with_charts(tmp_path / "a", files)
    }
    (alone,) = await read_with_charts(tmp_path / "b", {"none/Chart.yaml": SHOP % server.url})

    assert {folder: found[folder] for folder in settings} == {"unset": True, "off": False, "on": True}
    assert [name for name in names_in(alone) if dependency(name)] == ["none/charts/web-1.0.0.tgz"]


@pytest.mark.rule(id="12.1-32")
async def test_a_repository_that_asks_for_nothing_needs_no_credentials(
    tmp_path: Path, server: ChartServer
) -> None:
    files = {"fleet.yaml": f"helm: {{repo: '{server.url}', chart: web}}\n"}
    credentials = ChartCredentials(ChartAuth(*PAIR), url_regex="https://elsewhere")

    assert await read_with_charts(tmp_path / "a", files)
    assert await read_with_charts(tmp_path / "b", files, credentials)
    assert {given for _, given in server.asked} == {""}


@pytest.mark.rule(id="12.1-39")
async def test_a_checksum_is_looked_at_before_anything_is_unpacked(
    tmp_path: Path, server: ChartServer
) -> None:
    server.files["/broken.tgz"] = b"this is no archive"
    url = f"{server.url}/broken.tgz"
    with_sum = await refused(tmp_path, {"fleet.yaml": f"helm: {{chart: '{url}?checksum=sha256:00'}}\n"})
    without = await refused(tmp_path, {"fleet.yaml": f"helm: {{chart: '{url}'}}\n"})

    assert "checksum mismatch" in with_sum
    assert "cannot be unpacked" in without


@pytest.mark.rule(id="12.1-52")
async def test_a_file_that_is_no_archive_is_brought_as_it_is(tmp_path: Path, server: ChartServer) -> None:
    server.files["/notes.yaml"] = b"a: 1\n"
    (found,) = await read_with_charts(
        tmp_path, {"fleet.yaml": f"helm: {{chart: '{server.url}/notes.yaml'}}\n"}
    )

    assert [file["content"] for file in resources_of(found)] == ["a: 1\n"]
    assert names_in(found)[0].endswith("/notes.yaml")


def from_git(server: GitServer) -> dict[str, str]:
    return {"fleet.yaml": f"helm: {{chart: 'git::{server.url_of('charts.git')}//web'}}\n"}


@pytest.mark.rule(id="12.1-43")
@pytest.mark.rule(id="12.1-51")
async def test_git_over_https_is_asked_where_its_certificate_is_known_or_any_will_do(
    tmp_path: Path, charts: Path, certificate: Certificate
) -> None:
    other = make_certificate(tmp_path / "other")
    with serving(charts, credentials=BasicAuth(*PAIR), tls=certificate.context()) as server:
        files = from_git(server)

        def given(name: str, **auth: object) -> ChartCredentials:
            return ChartCredentials(ChartAuth(*PAIR, **auth), url_regex="git::https://127")

        assert await read_with_charts(tmp_path / "a", files, given("ca", ca_bundle=certificate.pem))
        assert await read_with_charts(tmp_path / "b", files, given("any", insecure_skip_verify=True))
        wrong = [
            await refused(tmp_path / "c", files, given("none")),
            await refused(tmp_path / "d", files, given("another", ca_bundle=other.pem)),
            await refused(tmp_path / "e", files, given("no certificate", ca_bundle=b"none")),
        ]

    assert all("certificate" in message for message in wrong), wrong
    assert not any(PAIR[1] in message for message in wrong)


@pytest.mark.rule(id="12.1-51")
async def test_credentials_in_the_url_of_git_count_before_others(tmp_path: Path, charts: Path) -> None:
    with serving(charts, credentials=BasicAuth(*PAIR)) as server:
        url = server.url_of("charts.git").replace("://", f"://{':'.join(PAIR)}@")
        files = {"fleet.yaml": f"helm: {{chart: 'git::{url}//web'}}\n"}
        wrong = ChartCredentials(ChartAuth("fleet", "wrong"), url_regex="git::http")
        assert await read_with_charts(tmp_path / "a", files, wrong)
        message = await refused(tmp_path / "b", from_git(server), wrong)

    assert "access denied" in message


@pytest.mark.rule(id="12.1-51")
async def test_a_host_of_git_whose_key_is_another_is_not_trusted(tmp_path: Path, charts: Path) -> None:
    async with serving_ssh(charts) as server:
        files = {"fleet.yaml": f"helm: {{chart: 'git::{server.url_of('charts.git')}//web'}}\n"}
        known, host = another_key().known_hosts.split(b" ", 1)[1], f"[127.0.0.1]:{server.port} ".encode()
        key = ChartAuth(ssh_private_key=server.key.private_key, known_hosts=host + known)
        message = await refused(tmp_path, files, ChartCredentials(key, url_regex="git::ssh"))

    assert "host key" in message.lower()
