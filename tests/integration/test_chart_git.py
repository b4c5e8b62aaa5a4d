"""Charts in git repositories, named by `git::` with a folder and a reference."""

from pathlib import Path

import pytest

from fleet.bundler.charts import ChartAuth, ChartCredentials
from fleet.bundler.domain.errors import BadInput
from fleet.git.credentials import BasicAuth
from fleet.git.serve import serving
from support.chart_repository import PAIR, names_in, read_with_charts, resources_of
from support.gitserver import Repository, serving_ssh

CHART = "apiVersion: v2\nname: web\nversion: %s\n"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    found = Repository(tmp_path / "repos" / "charts.git")
    first = found.commit(
        {"README.md": "charts", "web/Chart.yaml": CHART % "1.0.0", "web/templates/a.yaml": "a: b\n"}
    )
    found.git("tag", "v1.0.0", first)
    found.commit({"web/Chart.yaml": CHART % "2.0.0"})
    found.commit({"web/Chart.yaml": CHART % "3.0.0", "web/templates/a.yaml": "a: b\n"}, branch="next")
    return found


@pytest.mark.rule(id="12.1-51")
@pytest.mark.parametrize(
    ("ref", "version"), [("", "2.0.0"), ("?ref=next", "3.0.0"), ("?ref=v1.0.0&depth=3", "1.0.0")]
)
async def test_a_folder_of_a_repository_at_a_reference_is_a_chart(
    tmp_path: Path, repository: Repository, ref: str, version: str
) -> None:
    with serving(repository.folder.parent, credentials=BasicAuth(*PAIR)) as server:
        files = {"fleet.yaml": f"helm:\n  chart: git::{server.url_of('charts.git')}//web{ref}\n"}
        credentials = ChartCredentials(ChartAuth(*PAIR), url_regex="git::http://127")
        (found,) = await read_with_charts(tmp_path, files, credentials)
        (again,) = await read_with_charts(tmp_path / "again", files, credentials)

    assert [name.split("/", 2)[2] for name in names_in(found)] == ["Chart.yaml", "templates/a.yaml"]
    assert f"version: {version}\n" in resources_of(found)[0]["content"]
    assert found.bundle == again.bundle


async def test_a_commit_is_a_reference_too_and_what_is_none_is_told(
    tmp_path: Path, repository: Repository
) -> None:
    commit = repository.git("rev-parse", "master")
    with serving(repository.folder.parent) as server:
        url = server.url_of("charts.git")
        assert await read_with_charts(
            tmp_path, {"fleet.yaml": f"helm:\n  chart: git::{url}//web?ref={commit}\n"}
        )
        with pytest.raises(BadInput, match=r"fleet.yaml:2: helm.chart: .*no such reference"):
            await read_with_charts(tmp_path, {"fleet.yaml": f"helm:\n  chart: git::{url}//web?ref=gone\n"})
        with pytest.raises(BadInput, match=r"there is no folder other in it"):
            await read_with_charts(tmp_path, {"fleet.yaml": f"helm:\n  chart: git::{url}//other\n"})


@pytest.mark.rule(id="12.1-51")
async def test_a_locked_repository_needs_credentials_that_may_go_there(
    tmp_path: Path, repository: Repository
) -> None:
    with serving(repository.folder.parent, credentials=BasicAuth(*PAIR)) as server:
        files = {"fleet.yaml": f"helm:\n  chart: git::{server.url_of('charts.git')}//web\n"}
        with pytest.raises(BadInput, match=r"access denied.*helmRepoURLRegex is empty"):
            await read_with_charts(tmp_path, files, ChartCredentials(ChartAuth(*PAIR)))


@pytest.mark.rule(id="12.1-51")
async def test_a_key_opens_a_repository_over_ssh(tmp_path: Path, repository: Repository) -> None:
    async with serving_ssh(repository.folder.parent) as server:
        key = ChartAuth(ssh_private_key=server.key.private_key, known_hosts=server.key.known_hosts)
        files = {"fleet.yaml": f"helm:\n  chart: git::{server.url_of('charts.git')}//web\n"}
        (found,) = await read_with_charts(tmp_path, files, ChartCredentials(key, url_regex="git::ssh"))

    assert len(names_in(found)) == 2
