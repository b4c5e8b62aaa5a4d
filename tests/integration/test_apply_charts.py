"""Charts for `fleet apply -o - NAME PATH...`: which credentials go where; B17 and B18 by their ids."""

import pytest

from fleet.yaml import write as to_yaml
from support.certificates import make_certificate
from support.chart_repository import PAIR, packed_chart, serving_charts
from support.command import fleet
from support.folders import objects_of, resources, write

USER, PASSWORD = PAIR
WRONG = {"username": USER, "password": "wrong"}
RIGHT = {"username": USER, "password": PASSWORD}


@pytest.fixture
def here(tmp_path, monkeypatch):
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.delenv("COMMIT", raising=False)
    (tmp_path / "password").write_text(PASSWORD)
    return folder


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def server(certificate, tmp_path):
    """A chart repository over HTTPS that wants a password."""
    (tmp_path / "ca.pem").write_bytes(certificate.pem)
    with serving_charts(pair=PAIR, tls=certificate.context()) as running:
        running.put(("web", "1.0.0", packed_chart("web", "1.0.0")))
        yield running


def a_bundle(server, folder, path="web"):
    write(folder, {f"{path}/fleet.yaml": f"helm: {{repo: '{server.url}', chart: web, version: 1.x}}\n"})


async def run(*flags):
    return await fleet("apply", "-o", "-", *flags, "repo")


def by_path(folder, **credentials):
    (folder.parent / "paths").write_text(to_yaml(credentials))
    return f"--helm-credentials-by-path-file={folder.parent / 'paths'}"


@pytest.mark.rule(id="12.1-32")
@pytest.mark.parametrize(
    ("regex", "message"),
    [
        ("", "helmRepoURLRegex is empty, so Helm credentials were not forwarded"),
        ("https://other", "401"),
        ("[", "error parsing regexp"),
        ("https://(localhost|127)", None),
    ],
    ids=["empty", "other", "invalid", "right"],
)
async def test_b17_credentials_go_where_the_expression_fits(here, server, regex, message):
    a_bundle(server, here)
    general = [f"--username={USER}", "--password-file=../password", "--cacerts-file=../ca.pem"]
    done = await run(*general, f"--helm-repo-url-regex={regex}")
    assert PASSWORD not in done.err
    if message:
        assert (done.code, done.out) == (1, "")
        assert message in done.err
        return
    assert done.code == 0, done.err
    (bundle,) = objects_of(done)
    assert [name.partition("/")[0] for name in resources(bundle)] == [".chart"] * 2
    assert bundle["spec"]["helm"] == {"repo": server.url, "chart": "web", "version": "1.x"}
    assert PASSWORD not in done.out


async def test_without_the_certificate_of_the_host_nothing_is_sent_unless_any_will_do(here, server):
    a_bundle(server, here)
    general = [f"--username={USER}", "--password-file=../password", "--helm-repo-url-regex=https"]
    done = await run(*general)
    assert (done.code, "certificate" in done.err) == (1, True)
    assert (await run(*general, "--helm-insecure-skip-tls")).code == 0


@pytest.mark.rule(id="12.1-33")
async def test_b18_the_lexically_first_pattern_that_fits_a_folder_counts(here, server, certificate):
    a_bundle(server, here)
    tls = {"insecureSkipVerify": True}
    regex = "--helm-repo-url-regex=https"
    done = await run(by_path(here, **{"*_url": WRONG | tls, "*": RIGHT | tls}), regex)
    assert done.code == 0, done.err
    done = await run(by_path(here, **{"*": WRONG | tls, "w*": RIGHT | tls}), regex)
    assert (done.code, "401" in done.err) == (1, True)
    done = await run(by_path(here, **{"*": WRONG | tls, "web": RIGHT | tls}), regex)
    assert done.code == 0, done.err


@pytest.mark.rule(id="12.1-33")
async def test_b18_a_pattern_that_is_none_is_an_error(here, server):
    a_bundle(server, here)
    done = await run(by_path(here, **{"a\\": RIGHT}), "--helm-repo-url-regex=https")
    assert (done.code, done.out) == (1, "")
    assert "a\\: is not a valid pattern for paths" in done.err


@pytest.mark.rule(id="12.1-30")
async def test_b18_a_folder_that_no_pattern_fits_gets_none(here, certificate):
    with serving_charts(pair=PAIR) as plain:
        plain.put(("web", "1.0.0", packed_chart("web", "1.0.0")))
        a_bundle(plain, here)
        a_bundle(plain, here, "other")
        done = await run(by_path(here, web=RIGHT), "--helm-repo-url-regex=http")
        assert (done.code, "401" in done.err, "other/fleet.yaml" in done.err) == (1, True, True)
        assert (await run(by_path(here, web=RIGHT, other=RIGHT), "--helm-repo-url-regex=http")).code == 0
